#!/usr/bin/env python3
"""Metrics and health over HTTP."""

import http.client
import re
import urllib.parse

from harness import coap, has_ipv6, tap, wait_until
from rig import Rig, assert_code

ICCID = '8988280666000000007'
DURATION = 'simgate_request_duration_seconds'


def request(gateway, method, path, body=None):
    """(status, headers, body)"""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(gateway.admin).netloc, timeout=5)
    connection.request(method, path, body)
    response = connection.getresponse()
    result = response.status, response.headers, response.read()
    connection.close()
    return result


def rig_with_traffic(scope):
    rig = Rig(scope)
    device = rig.device()
    assert_code(device, coap.post('data', 't=a', b'x'), '2.04')
    assert_code(device, coap.post('data', 't=a//b', b'x'), '4.00')
    assert device.request(coap.get('.well-known/core')).code == coap.CONTENT
    wait_until(lambda: rig.count(f'{DURATION}_count') == 3, 'all is counted, which is after it is answered')
    return rig


def test_metrics_are_well_formed(scope):
    """Each family is declared once, before its samples, which stand together; no label names a device."""
    status, headers, body = request(rig_with_traffic(scope).gateway, 'GET', '/metrics')
    assert status == 200
    assert headers['Content-Type'] == 'text/plain; version=0.0.4; charset=utf-8'
    text = body.decode()
    families = re.findall(r'^# HELP (\S+) \S.*\n# TYPE (\S+) (counter|gauge|histogram)$', text, re.M)
    assert len(families) > 30 and len(families) == text.count('# TYPE') == text.count('# HELP')
    assert all(a == b for a, b, _ in families)
    kinds = {name: kind for name, _, kind in families}
    assert len(kinds) == len(families), 'a family is declared twice'
    current = None
    for line in text.splitlines():
        if line.startswith('#'):
            current = line.split()[2]
            continue
        name, value = re.fullmatch(r'([a-z_][a-z0-9_]*)(?:\{[^{}]+\})? ([0-9.e+-]+|\+Inf)', line).groups()
        assert re.sub('_(bucket|sum|count)$', '', name) == current or name == current, line
        assert (kinds[current] == 'counter') == name.endswith('_total'), line
        assert float(value) >= 0, line
    assert 'iccid' not in text and ICCID not in text and '127.0.0.7' not in text
    assert text.endswith('\n')


def test_metrics_count(scope):
    rig = rig_with_traffic(scope)
    metrics = rig.gateway.metrics()
    expected = {
        'simgate_datagrams_received_total': 3,
        'simgate_datagrams_sent_total': 3,
        'simgate_ready': 1,
        'simgate_broker_connections': 2,
        'simgate_dedup_entries': 1,
        'simgate_coap_exchanges': 0,
        'simgate_publications_outstanding': 0,
    }
    for name, value in expected.items():
        assert metrics.value(name) == value, name
    assert metrics.value('simgate_coap_messages_received_total', type='con') == 3
    assert metrics.value('simgate_publications_total', result='acknowledged') == 1
    for code in ('2.04', '2.05', '4.00'):
        assert metrics.value('simgate_responses_total', code=code) == 1, code


def test_histograms(scope):
    """Buckets grow with their bounds and end at the count (by resource)."""
    metrics = rig_with_traffic(scope).gateway.metrics()
    for resource, count in (('telemetry', 2), ('well_known_core', 1), ('none', 0)):
        buckets = sorted((float(dict(labels)['le']), value) for (n, labels), value in metrics.samples.items()
                         if n == f'{DURATION}_bucket' and ('resource', resource) in labels)
        counts = [value for _, value in buckets]
        assert counts == sorted(counts) and counts[-1] == count, counts
        assert buckets[-1][0] == float('inf')
        assert metrics.value(f'{DURATION}_count', resource=resource) == count
        assert (metrics.value(f'{DURATION}_sum', resource=resource) > 0) == (count > 0)


def test_health(scope):
    rig = Rig(scope)
    assert rig.gateway.get('/healthz') == (200, 'ok\n')
    assert rig.gateway.get('/readyz') == (200, 'ready\n')
    rig.broker.stop()
    rig.gateway.wait_ready(False)
    assert rig.gateway.get('/readyz') == (503, 'the broker is unreachable\n')
    assert rig.gateway.get('/healthz') == (200, 'ok\n')
    assert rig.count('simgate_ready') == 0
    rig.broker.start()
    rig.gateway.wait_ready()


def test_what_is_not_there(scope):
    gateway = Rig(scope).gateway
    for path in ('/', '/metrics/', '/healthz/x', '/Metrics', '/' + 'x' * 1000):
        assert request(gateway, 'GET', path)[0] == 404, path
    for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'):
        for path in ('/metrics', '/healthz', '/readyz'):
            for body in (None, b'', b'x', b'x' * 100000):
                assert request(gateway, method, path, body)[0] == 405, f'{method} {path}'
    assert gateway.get('/healthz') == (200, 'ok\n')


def test_head_and_query(scope):
    gateway = Rig(scope).gateway
    status, headers, body = request(gateway, 'HEAD', '/healthz')
    assert (status, headers['Content-Length'], body) == (200, '3', b'')
    assert request(gateway, 'GET', '/healthz?verbose=1')[0] == 200


def test_405_names_what_is_allowed(scope):
    """RFC 9110 §15.5.6"""
    _, headers, _ = request(Rig(scope).gateway, 'POST', '/metrics')
    assert {method.strip() for method in headers['Allow'].split(',')} == {'GET', 'HEAD'}


def test_admin_over_ipv6(scope):
    if not has_ipv6():
        raise tap.Skip('no IPv6 here')
    gateway = Rig(scope, {'admin.listen': '[::1]:0'}).gateway
    assert gateway.admin.startswith('http://[::1]:')
    assert gateway.get('/healthz') == (200, 'ok\n')


if __name__ == '__main__':
    tap.main()
