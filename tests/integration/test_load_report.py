#!/usr/bin/env python3
"""What simgate-load reports: the JSON file is as documented, the page stands alone and has the same figures,
and thresholds decide on the exit status."""

import json
import os
import pty
import re
import subprocess

from harness import Broker, Gateway, tap
from html_page import Page
from loading import FIRST_ICCID, SIMGATELOAD, SOURCES, coap, load

DOCUMENTATION = os.path.join(os.path.dirname(__file__), '../../docs/load-report.md')

# Their names depend on the run.
FREE = ('settings', 'machine', 'codes', 'steps')

TYPES = {'text': str, 'number': (int, float), 'boolean': bool, 'array': list, 'null': type(None)}
SECONDS = {'ns': 1e-9, 'µs': 1e-6, 'ms': 1e-3, 's': 1}


def documented():
    """Field → types, of the documentation's table."""
    with open(DOCUMENTATION, encoding='utf-8') as file:
        rows = re.findall(r'^\| `([^`]+)` \| (\w+(?: or \w+)*) \|', file.read(), re.M)
    fields = {name: words.split(' or ') for name, words in rows}
    assert len(fields) == len(rows) > 80, 'a field stands there twice, or the table was not found'
    return fields


def fields(value, name=''):
    """(field, value) of each leaf, named as the documentation names them."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from fields(inner, f'{name}.{"*" if name in FREE else key}' if name else key)
    elif isinstance(value, list) and not name.endswith('[]'):
        for inner in value:
            yield from fields(inner, f'{name}[]')
    else:
        yield name, value


def is_empty(figures, name):
    """Whether a field is missing because what would hold it is empty."""
    parts = re.split(r'(?<=\w)\[\]|\.\*', name)[0].split('.')
    for part in parts:
        figures = figures[part]
    return len(parts) < len(name.split('.')) + name.count('[]') and figures in ([], {})


def right_type(value, words):
    """A boolean is an int to Python."""
    return any(isinstance(value, TYPES[word]) and isinstance(value, bool) == (word == 'boolean') for word in words)


def check_documented(figures):
    expected, found = documented(), {}
    for name, value in fields(figures):
        found.setdefault(name, []).append(value)
    for name, values in found.items():
        assert name in expected, f'{name} is not documented'
        for value in values:
            assert right_type(value, expected[name]), f'{name} is {value!r}, and should be {expected[name]}'
    for name in expected:
        assert name in found or is_empty(figures, name), f'{name} is not in the file'


def run(scope, target, *arguments, **rest):
    """A run, its figures and its page."""
    path = os.path.join(scope.directory(), 'run.html')
    result = load(scope, target, '--html', path, *arguments, **rest)
    with open(path, encoding='utf-8') as file:
        text = file.read()
    return result, Page(text), text


def seconds(text):
    number, unit = text.split()
    return float(number) * SECONDS[unit]


def check_page(page, text):
    assert not page.faults, page.faults
    assert not page.foreign(), page.foreign()
    style = text[text.index('<style>'):text.index('</style>')]
    assert 'http://' not in text and 'https://' not in text
    assert not re.search(r'@import|url\(|expression', style), 'the style sheet loads something'
    assert 'prefers-color-scheme:dark' in style and '@media print' in style
    assert ('meta', 'name', 'viewport') in page.attributes
    assert ('meta', 'content', "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    pictures = page.elements.count('svg') - text.count('aria-hidden="true"')
    assert pictures > 0 and text.count('role="img"') == pictures, 'each chart has a title and a description'
    for _, _, ids in (a for a in page.attributes if a[1] == 'aria-labelledby'):
        assert set(ids.split()) <= page.ids, ids


def check_same_figures(page, figures):
    operations = figures['operations']
    assert page.value('Operations', 'sent') == f'{operations["sent"]:,}'
    assert page.value('Operations', 'succeeded') == f'{operations["succeeded"]:,}'
    assert page.value('Datagrams', 'retransmissions') == f'{figures["datagrams"]["retransmissions"]:,}'
    assert [row[:2] for row in page.table('Responses by code')] == \
        [[code, f'{count:,}'] for code, count in sorted(figures['codes'].items())]
    assert [row[0] for row in page.table('Settings')] == list(figures['settings'])
    assert [row[1] for row in page.table('Machine')] == list(figures['machine'].values())
    rate = figures['measured']['answered_per_second']
    assert f'{round(rate):,}' in page.texts, rate
    caption = 'Latency, from ' + {'schedule': 'the scheduled time', 'sending': 'sending'}[
        figures['latency_seconds']['from']]
    for name in ('p50', 'p99', 'p99.9', 'max'):
        shown, exact = page.value(caption, name), figures['latency_seconds'][name]
        assert abs(seconds(shown) - exact) <= 0.006 * exact, (name, shown, exact)


def check_sums(figures):
    """What is said twice is the same."""
    operations, latency = figures['operations'], figures['latency_seconds']
    assert sum(s['sent'] for s in figures['series']) == operations['sent']
    assert sum(s['answered'] for s in figures['series']) == operations['answered'] == latency['count']
    assert sum(count for _, count in latency['buckets']) == latency['count']
    assert latency['p50'] <= latency['p90'] <= latency['p99'] <= latency['p99.9'] <= latency['max']
    assert max(s['max'] for s in figures['series']) == latency['max']
    assert abs(figures['measured']['answered'] / figures['measured']['seconds'] -
               figures['measured']['answered_per_second']) < 0.01


def test_a_run_is_reported_as_documented(scope):
    gateway = Gateway(scope)
    result, page, text = run(scope, coap(gateway), '--rate', '1000', '--duration', '3s',
                             '--server-pid', str(gateway.process.pid))
    figures = result.figures
    assert result.status == 0 and figures['passed'], result.output
    assert figures['schema'] == 'simgate-load/1'
    assert figures['operations']['sent'] == figures['operations']['succeeded'] == 3000, figures['operations']
    assert len(figures['series']) >= 3, figures['series']
    assert figures['latency_seconds']['from'] == 'schedule'
    assert figures['verification']['result'] == 'not_asked_for'
    assert figures['measured']['server_cpu_us_per_answered'] > 0
    check_documented(figures)
    check_sums(figures)
    check_page(page, text)
    check_same_figures(page, figures)
    assert 'delivery was not verified' in page.texts, page.texts


def test_a_closed_loop_says_so(scope):
    gateway = Gateway(scope)
    result, page, text = run(scope, coap(gateway), '--window', '10', '--count', '500')
    assert result.status == 0, result.output
    assert result['latency_seconds']['from'] == 'sending'
    assert result['measured']['server_cpu_seconds'] is None
    check_documented(result.figures)
    check_page(page, text)
    check_same_figures(page, result.figures)


def test_delivery_is_said_on_top(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    result, page, text = run(scope, coap(gateway), '--rate', '500', '--duration', '1s', '--verify', broker.url)
    assert result.status == 0, result.output
    assert result['verification']['result'] == 'delivered'
    assert 'every acknowledged message was delivered' in page.texts
    assert 'every acknowledged message was delivered' in result.output
    check_page(page, text)


def test_what_was_lost_is_said_on_top(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    # who listens to one device only misses those of the other
    result, page, _ = run(scope, coap(gateway), '--devices', '2', '--count', '20', '--window', '1',
                          '--verify-wait', '300ms', '--verify', f'{broker.url}/{FIRST_ICCID}/#')
    verdict = '10 of 20 acknowledged messages were never delivered'
    assert result.status == 1 and not result['passed'], result.output
    assert all(t['passed'] for t in result['thresholds']), 'it failed for no other reason'
    assert result['verification']['result'] == 'lost'
    check_documented(result.figures)
    assert verdict in page.texts and verdict in result.output, page.texts
    assert set(result['verification']['lost_names']) <= set(page.texts), page.texts


def test_nothing_is_answered(scope):
    result, page, text = run(scope, 'coap://127.0.0.1:9', '--devices', '5', '--storm', '100ms', '--drain', '100ms')
    assert result.status == 1, result.output
    check_documented(result.figures)
    check_page(page, text)
    assert 'nothing was answered' in page.texts


def outcome(result, name):
    return next(t for t in result['thresholds'] if t['name'] == name)


def test_thresholds_decide(scope):
    gateway = Gateway(scope)
    usual = ('--rate', '500', '--duration', '1s')
    cases = [(['--max-p99', '1h'], 0), (['--max-p99', '1ns'], 1), (['--min-rate', '100'], 0),
             (['--min-rate', '600'], 1), (['--max-latency', '1us'], 1), (['--max-retransmissions', '50%'], 0),
             (['--max-cpu', '1h'], 1),  # the server's is not measured
             (['--max-p50', '1h', '--max-p99.9', '1us'], 1)]
    for arguments, status in cases:
        result = load(scope, coap(gateway), *usual, *arguments)
        missed = [t['name'] for t in result['thresholds'] if not t['passed']]
        assert result.status == status, (arguments, result.output)
        assert missed == ([arguments[-2][2:]] if status else []), (arguments, missed)
        assert ('FAIL' in result.output) == bool(status), result.output
        assert outcome(result, 'max-loss')['default'], result.output


def test_losses_and_errors_are_forgiven_as_far_as_is_said(scope):
    gateway = Gateway(scope)
    strangers = {'sources': '127.77.0.0/22'}
    usual = ('--count', '50', '--window', '5')
    assert load(scope, coap(gateway), *usual, **strangers).status == 1
    assert load(scope, coap(gateway), *usual, '--max-loss', '100%', **strangers).status == 1
    assert load(scope, coap(gateway), *usual, '--max-errors', '99.9%', **strangers).status == 1
    assert load(scope, coap(gateway), *usual, '--max-errors', '100%', **strangers).status == 0
    silent = ('--devices', '5', '--storm', '100ms', '--drain', '100ms')
    assert load(scope, 'coap://127.0.0.1:9', *silent, '--max-errors', '100%').status == 1
    assert load(scope, 'coap://127.0.0.1:9', *silent, '--max-loss', '100%').status == 0


def test_wrong_thresholds_and_files_are_said(scope):
    for arguments, message in ((['--max-p99', '5'], 'max-p99 must be a time'),
                               (['--max-loss', '2'], 'max-loss must be a share'),
                               (['--min-rate', 'fast'], 'min-rate must be a number')):
        result = load(scope, 'coap://127.0.0.1', *arguments)
        assert result.status == 2 and message in result.output, result.output
    gateway = Gateway(scope)
    result = load(scope, coap(gateway), '--count', '10', '--window', '1', '--html', '/nowhere/run.html')
    assert result.status == 3 and 'cannot write /nowhere/run.html' in result.output, result.output


def on_a_terminal(command, environment):
    """What a command writes to standard error when that is a terminal."""
    master, slave = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=slave, stdin=subprocess.DEVNULL,
                          env={**os.environ, **environment}) as process:
        os.close(slave)
        output = b''
        try:
            while chunk := os.read(master, 4096):
                output += chunk
        except OSError:  # EIO: nobody has the terminal any more
            pass
        os.close(master)
        assert process.wait(timeout=20) == 0
    return output.decode()


def test_progress_on_a_terminal(scope):
    gateway = Gateway(scope)
    command = [SIMGATELOAD, '--sources', SOURCES, '--devices', '100', '--rate', '500', '--duration', '2s',
               coap(gateway)]
    colours = [({'TERM': 'xterm', 'NO_COLOR': ''}, True), ({'TERM': 'xterm', 'NO_COLOR': '1'}, False),
               ({'TERM': 'dumb', 'NO_COLOR': ''}, False)]
    for environment, coloured in colours:
        output = on_a_terminal(command, environment)
        assert output.count('answered/s') >= 1 and '\r\x1b[K' in output, output
        assert ('\x1b[0m' in output) == coloured, (environment, output)
        assert output.endswith('\r\x1b[K'), 'the line is cleared in the end'
        assert '\n' not in output, output


def test_json_is_json_whatever_the_texts_are(scope):
    gateway = Gateway(scope)
    topic = '"\\</script><b>&\x01'
    result, page, text = run(scope, coap(gateway), '--count', '10', '--window', '1', '--topic', topic)
    assert result['settings']['topic'] == topic, json.dumps(result['settings'])
    check_page(page, text)
    assert page.value('Settings', 'topic') == topic.replace('\x01', '\ufffd')


if __name__ == '__main__':
    tap.main()
