#!/usr/bin/env python3
"""simgatectl import: a file's devices are added and updated, none is removed, twice changes nothing."""

import os
import pty
import re
import signal
import subprocess
import time

from ctl import ICCID, NO, OTHER, SIMGATECTL, STORE, THIRD, USAGE, Ctl, contents
from harness import Redis, tap, wait_until

FIRST = 8988280600000000000
PREFIX_MAX = 1 << 20


class Import:
    """A Redis, and files for it."""

    def __init__(self, scope, *options):
        self.redis = Redis(scope)
        self.ctl = Ctl(self.redis.url, *options)
        self.path = os.path.join(scope.directory(), 'devices.csv')
        self.wrong = 0

    def write(self, text):
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)

    def __call__(self, text, *options, status=0):
        """Returns how many were added, updated, unchanged and refused, and standard error."""
        self.write(text)
        out, err = self.ctl('import', self.path, *options, status=status)
        match = re.fullmatch(r'(\d+) added, (\d+) updated, (\d+) unchanged(?:, (\d+) refused)?(?:, (\d+) wrong)? '
                             r'in [\d.]+ s\n', out)
        self.wrong = match and int(match.group(5) or 0)
        return match and tuple(int(n or 0) for n in match.groups()[:4]), err

    def device(self, iccid):
        return contents(self.redis).get(f'dev:{{{iccid}}}')

    def owners(self):
        return {key[5:]: value for key, value in contents(self.redis).items() if key.startswith('addr:')}


def test_rows_become_devices(scope):
    importing = Import(scope)
    counts, err = importing(f'''\
# a comment
iccid,address,status,imsi,location_allowed,template
{ICCID},100.91.200.24,active,901405100002864,yes,"meter-3"
{OTHER},fd00:0:0:1::/64,inactive,,no,
{THIRD},10.0.0.1,active,,,
''')
    assert (counts, err) == ((3, 0, 0, 0), '')
    assert contents(importing.redis) == {
        f'dev:{{{ICCID}}}': {'status': 'active', 'addresses': '100.91.200.24', 'imsi': '901405100002864',
                             'location_allowed': 'true', 'template': 'meter-3'},
        f'dev:{{{OTHER}}}': {'status': 'inactive', 'addresses': 'fd00:0:0:1::', 'location_allowed': 'false'},
        f'dev:{{{THIRD}}}': {'status': 'active', 'addresses': '10.0.0.1', 'location_allowed': 'false'},
        'addr:100.91.200.24': ICCID, 'addr:fd00:0:0:1::': OTHER, 'addr:10.0.0.1': THIRD,
    }


def test_twice_changes_nothing(scope):
    importing = Import(scope)
    text = f'iccid,address,status,imsi\n{ICCID},10.1.0.0/22,active,901405000000000\n{FIRST},fd00::/60,active,\n'
    assert importing(text)[0] == (1040, 0, 0, 0)
    before = contents(importing.redis)
    writes = re.search('rdb_changes_since_last_save:.*', importing.redis.command('INFO').decode()).group()
    assert importing(text)[0] == (0, 0, 1040, 0)
    assert contents(importing.redis) == before
    assert writes in importing.redis.command('INFO').decode(), 'something was written'


def test_updates_what_the_file_has(scope):
    importing = Import(scope)
    header = 'iccid,address,status\n'
    importing(f'iccid,address,status,imsi,template\n{ICCID},10.0.0.1,active,123456,a\n{OTHER},10.0.0.2,active,,\n')
    importing.ctl('device', 'set', ICCID, '--address', '10.0.0.1,10.0.0.9')
    assert importing(header + f'{ICCID},10.0.0.3,inactive\n')[0] == (0, 1, 0, 0)
    assert importing.device(ICCID) == {'status': 'inactive', 'addresses': '10.0.0.3', 'imsi': '123456', 'template': 'a'}
    assert importing.owners() == {'10.0.0.3': ICCID, '10.0.0.2': OTHER}
    assert importing(f'iccid,address,status,imsi\n{ICCID},10.0.0.3,inactive,\n')[0] == (0, 1, 0, 0)
    assert importing.device(ICCID) == {'status': 'inactive', 'addresses': '10.0.0.3', 'template': 'a'}


def test_a_prefix_is_a_device_for_each_address(scope):
    importing = Import(scope)
    counts, err = importing('iccid,address,status,imsi\n'
                            f'{FIRST},10.1.0.0/24,active,901405000000000\n'
                            f'{ICCID},10.1.0.7,active,\n'
                            '8988280601000000000,fd00:0:1::/62,active,\n')
    assert counts == (255 + 1 + 4, 0, 0, 0)
    assert 'note: 1 devices of prefixes were left out' in err, err
    owners = importing.owners()
    assert owners['10.1.0.7'] == ICCID
    assert owners['10.1.0.255'] == f'{FIRST + 255}'
    assert owners['fd00:0:1:3::'] == '8988280601000000003'
    assert importing.device(FIRST + 258 - 3)['imsi'] == '901405000000255'
    assert importing.device(FIRST + 7) is None, 'its address is another\'s'


def test_make_run_s_devices(scope):
    counts, err = Import(scope)('iccid,address,status\n8988280666000000000,127.0.0.0/24,active\n'
                                '8988280666900000001,::/64,active\n')
    assert (counts, err) == ((257, 0, 0, 0), '')


def test_addresses_of_others_are_refused_or_taken(scope):
    importing = Import(scope)
    header = 'iccid,address,status\n'
    importing(header + f'{ICCID},10.0.0.1,active\n{OTHER},10.0.0.2,active\n')
    swapped = header + f'{THIRD},10.0.0.3,active\n{ICCID},10.0.0.2,active\n{OTHER},10.0.0.1,active\n'
    counts, err = importing(swapped, status=NO)
    assert counts == (1, 0, 0, 2)
    assert f'{importing.path}:3: column address: 10.0.0.2 is not made one of {ICCID}: it is one of {OTHER}' in err, err
    assert f'{importing.path}:4: ' in err and '--take-address' in err, err
    assert importing.owners() == {'10.0.0.1': ICCID, '10.0.0.2': OTHER, '10.0.0.3': THIRD}
    assert importing(swapped, '--take-address')[0] == (0, 2, 1, 0)
    assert importing.owners() == {'10.0.0.1': OTHER, '10.0.0.2': ICCID, '10.0.0.3': THIRD}
    assert importing(swapped)[0] == (0, 0, 3, 0)
    assert (importing.device(ICCID)['addresses'], importing.device(OTHER)['addresses']) == ('10.0.0.2', '10.0.0.1')


def test_a_wrong_file_changes_nothing(scope):
    importing = Import(scope)
    header = 'iccid,address,status\n'
    for text, problems in (
            (header + f'{ICCID},10.0.0.1,active\n12,10.0.0.2,on\n', [':3: column iccid', ':3: column status']),
            (header + f'{ICCID},10.0.0.1,active\n{ICCID},10.0.0.2,active\n', [':3: column iccid']),
            (header + f'{ICCID},10.0.0.1,active\n{OTHER},10.0.0.1,active\n', [':3: column address']),
            ('iccid,address\n', [':1: column status']), ('', [': no header']),
            (header + f'{ICCID},10.0.0.1,active\n{OTHER},"10.0.0.2,10.0.0.1",active\n', [':3: column address']),
            (header + f'{ICCID},10.0.0.1,active\n{FIRST},10.0.0.0/8,active\n8988280700000000000,fd00::/40,active\n',
             [':3: column address: a prefix with more than 1048576 devices', ':4: column address'])):
        out, err = importing(text, '--strict', status=NO)
        assert out is None
        assert all(importing.path + problem in err for problem in problems), err
        assert len(err.splitlines()) == len(problems), err
        assert importing.redis.keys() == []
    for path in '/nonexistent.csv', scope.directory():
        assert path in importing.ctl('import', path, status=NO)[1]
    pipe = os.path.join(scope.directory(), 'pipe')
    os.mkfifo(pipe)
    assert 'not a regular file' in importing.ctl('import', pipe, status=NO)[1]


def test_ipv6_addresses_are_cut(scope):
    importing = Import(scope)
    text = f'iccid,address,status\n{ICCID},fd00::5,active\n{OTHER},10.0.0.1,active\n{FIRST},fd00:0:0:1::/120,active\n'
    counts, err = importing(text)
    assert counts == (3, 0, 0, 0)
    assert 'note: 1 IPv6 addresses were cut to their first 64 bits' in err, err
    assert 'note: 255 devices of prefixes were left out' in err, err
    assert importing.owners() == {'fd00::': ICCID, '10.0.0.1': OTHER, 'fd00:0:0:1::': str(FIRST)}

    importing.redis.command('FLUSHALL')
    counts, err = importing(text, '--ipv6-prefix', '128')
    assert (counts, err) == ((258, 0, 0, 0), '')
    assert importing.owners()['fd00::5'] == ICCID
    assert importing.owners()['fd00:0:0:1::ff'] == str(FIRST + 255)
    counts, err = importing(f'iccid,address,status\n{ICCID},fd00::/64,active\n', '--ipv6-prefix', '128', status=NO)
    assert ':2: column address: a prefix of up to 64 bits is not legal with --ipv6-prefix 128' in err


def test_bad_lines_are_told_and_the_others_imported(scope):
    importing = Import(scope)
    counts, err = importing(f'''\
iccid,address,status,psk,psk_format
{ICCID},10.0.0.1,active,,
12,10.0.0.2,active,,
{OTHER},10.0.0.3,on,,
{OTHER},10.0.0.3,active,short,
# a comment
{FIRST},10.0.0.0/8,active,,
{OTHER},10.0.0.3
{FIRST},"10.0.0.4,10.0.0.0/24",active,,
9999999999999999999,10.9.0.0/24,active,,
{FIRST},10.9.0.0/24,active,my-own-secret,
{OTHER},10.0.0.1,active,,
{THIRD},"10.0.0.5",active,my-own-secret,
''', status=NO)
    assert counts == (2, 0, 0, 1) and importing.wrong == 8, (counts, importing.wrong, err)
    lines = err.splitlines()
    for number, text in ((3, 'column iccid'), (4, 'column status'), (5, 'column psk'), (7, 'column address'), (8, '2 fields'),
                         (9, 'column address'), (10, 'column iccid'), (11, 'column psk'), (12, 'column address')):
        told = [line for line in lines if line.startswith(f'{importing.path}:{number}: ')]
        assert len(told) == 1 and text in told[0], (number, err)
    assert len(lines) == 10 and 'my-own-secret' not in err, err
    assert sorted(importing.owners().items()) == [('10.0.0.1', ICCID), ('10.0.0.5', THIRD)]
    assert importing('iccid,address,status,colour\n', status=NO) == (
        (0, 0, 0, 0), f'{importing.path}:1: there is no column "colour": legal are iccid, address, status, imsi, psk, '
        'psk_format, location_allowed, longitude, latitude, source, sample_time, template\n')


def test_keys_of_another_type_stop_nothing(scope):
    importing = Import(scope)
    importing.redis.command('SET', f'simgate:dev:{{{ICCID}}}', 'x')
    importing.redis.command('HSET', 'simgate:addr:10.0.0.2', 'x', 'y')
    counts, err = importing(f'iccid,address,status\n{ICCID},10.0.0.1,active\n{OTHER},10.0.0.2,active\n'
                            f'{THIRD},10.0.0.3,active\n', status=NO)
    assert counts == (1, 0, 0, 2), err
    assert err.splitlines() == [
        f'{importing.path}:{line}: {iccid} is left out: simgate:{key} has another type than docs/redis.md says'
        for line, iccid, key in ((2, ICCID, f'dev:{{{ICCID}}}'), (3, OTHER, 'addr:10.0.0.2'))]


def test_every_bad_line_is_told(scope):
    importing = Import(scope)
    counts, err = importing('iccid,address,status\n' + f'{ICCID},x,active\n' * 1000, status=NO)
    assert counts == (0, 0, 0, 0) and importing.wrong == 1000
    assert [int(line.split(':')[1]) for line in err.splitlines()] == list(range(2, 1002))


def test_several_addresses(scope):
    importing = Import(scope)
    assert importing(f'iccid,address,status\n{ICCID},"10.0.0.1,fd00:0:0:1::5,fd00:0:0:1::6",active\n{OTHER},,active\n')[0] == (
        2, 0, 0, 0)
    assert importing.device(ICCID)['addresses'] == '10.0.0.1,fd00:0:0:1::'
    assert importing.device(OTHER) == {'status': 'active'}
    assert importing(f'iccid,address,status\n{ICCID},"10.0.0.2,10.0.0.1",active\n{OTHER},10.0.0.3,active\n')[0] == (0, 2, 0, 0)
    assert importing.owners() == {'10.0.0.1': ICCID, '10.0.0.2': ICCID, '10.0.0.3': OTHER}
    for wrong in '10.0.0.1,10.0.0.1', '10.0.0.1,', ',10.0.0.1', '10.0.0.0/24,10.1.0.1', ','.join(
            f'10.1.0.{n}' for n in range(33)):
        importing(f'iccid,address,status\n{ICCID},"{wrong}",active\n', status=NO)
        assert importing.wrong == 1, wrong


def test_locations(scope):
    importing = Import(scope)
    header = 'iccid,address,status,longitude,latitude,source,sample_time\n'
    text = header + f'{ICCID},10.0.0.1,active,13.4049540,-0.50,GPS,1700000000\n{OTHER},10.0.0.2,active,,,,\n'
    assert importing(text) == ((2, 0, 0, 0), '')
    place = {'longitude': '13.4049540', 'latitude': '-0.50', 'source': 'GPS', 'sample_time': '1700000000'}
    found = contents(importing.redis)
    assert found[f'loc:{{{ICCID}}}'] == place and f'loc:{{{OTHER}}}' not in found
    assert importing(text)[0] == (0, 0, 2, 0)
    assert importing(header + f'{ICCID},10.0.0.1,active,13.4,1,,\n')[0] == (0, 1, 0, 0)
    assert contents(importing.redis)[f'loc:{{{ICCID}}}'] == {'longitude': '13.4', 'latitude': '1'}
    assert importing(header + f'{ICCID},10.0.0.1,active,,,,\n')[0] == (0, 0, 1, 0)
    assert contents(importing.redis)[f'loc:{{{ICCID}}}'] == {'longitude': '13.4', 'latitude': '1'}


def test_json_lines(scope):
    importing = Import(scope)
    importing.path = importing.path.replace('.csv', '.jsonl')
    counts, err = importing(f'''\
{{"iccid":"{ICCID}","address":["10.0.0.1","fd00:0:0:1::"],"status":"active","imsi":901405100002864,"location_allowed":true}}

{{ "address" : "10.0.0.2" , "iccid" : {OTHER} , "status":"in\\u0061ctive","longitude":13.4049540,"latitude":-0.50,"template":null}}
{{"iccid":"{FIRST}","address":"10.1.0.0/30","status":"active","imsi":"901405000000000","psk":null}}
{{"iccid":"{THIRD}","address":[],"status":"active","psk":"a \\"key\\" of mine"}}
''')
    assert (counts, err) == ((7, 0, 0, 0), ''), (counts, err)
    found = contents(importing.redis)
    assert found[f'dev:{{{ICCID}}}'] == {'status': 'active', 'imsi': '901405100002864', 'location_allowed': 'true',
                                         'addresses': '10.0.0.1,fd00:0:0:1::'}
    assert found[f'dev:{{{OTHER}}}'] == {'status': 'inactive', 'addresses': '10.0.0.2'}
    assert found[f'loc:{{{OTHER}}}'] == {'longitude': '13.4049540', 'latitude': '-0.50'}
    assert found[f'dev:{{{FIRST + 3}}}'] == {'status': 'active', 'imsi': '901405000000003', 'addresses': '10.1.0.3'}
    assert found[f'psk:{{{THIRD}}}']['key'] == 'a "key" of mine'


def test_bad_json_lines(scope):
    importing = Import(scope, '--format', 'jsonl')
    good = f'"iccid":"{ICCID}","address":"10.0.0.1","status":"active"'
    bad = ['', '{', '[]', '1', f'{{{good}', f'{{{good},}}', f'{{{good}}} x', f'{{{good}}}{{}}', f'{{{good},"colour":"red"}}',
           f'{{{good},"iccid":"{ICCID}"}}', '{"iccid":"x"}', f'{{{good},"imsi":{{}}}}', f'{{{good},"imsi":[]}}',
           f'{{{good},"imsi":12345678901234567}}', f'{{{good},"imsi":0123456}}', f'{{{good},"imsi":1e9}}', f'{{{good},"imsi":}}',
           f'{{{good},"template":"\\u0000"}}', f'{{{good},"template":"\\ud800"}}', f'{{{good},"template":"\\x"}}',
           f'{{{good},"template":"a\tb"}}', f'{{{good},"template":"\\u00e4"}}', f'{{{good},"template":nul}}',
           f'{{{good},"template":"' + 'x' * 4100 + '"}', f'{{"iccid":"{ICCID}","address":["10.0.0.1",],"status":"active"}}',
           f'{{"iccid":"{ICCID}","address":["10.0.0.1,10.0.0.2"],"status":"active"}}',
           f'{{"iccid":"{ICCID}","address":[""],"status":"active"}}', f'{{{good},"location_allowed":"perhaps"}}',
           f'{{{good},"longitude":1}}', f'{{{good},"\\u001b[2J":1}}', f'{{{good},"psk":"short-\\n"}}']
    counts, err = importing('\n'.join([f'{{{good}}}', *bad, f'{{{good}}}']) + '\n', status=NO)
    assert counts == (1, 0, 1, 0)
    told = [int(line[len(importing.path) + 1:].split(':')[0]) for line in err.splitlines()]
    assert sorted(set(told)) == list(range(3, 2 + len(bad))), (told, err)
    assert '\x1b' not in err
    assert ':3: not an object\n' not in err and ':4: not an object\n' in err, err
    assert importing.redis.keys('dev:*') == [f'dev:{{{ICCID}}}'.encode()]
    importing.redis.command('FLUSHALL')
    out, err = importing(f'{{{good}}}\n{{{good}}}\n', '--strict', status=NO)
    assert out is None and ':2: column iccid: line 1 has' in err and ':2: column address: line 1 has the same' in err, err
    assert importing.redis.keys() == []


def test_formats(scope):
    importing = Import(scope)
    line = f'{{"iccid":"{ICCID}","address":"10.0.0.1","status":"active"}}\n'
    importing(line, status=NO)
    assert importing(line, '--format', 'jsonl')[0] == (1, 0, 0, 0)
    for name in 'x.jsonl', 'x.ndjson', 'x.json':
        importing.path = os.path.join(os.path.dirname(importing.path), name)
        assert importing(line)[0] == (0, 0, 1, 0)
    assert importing(f'iccid,address,status\n{ICCID},10.0.0.1,active\n', '--format=csv')[0] == (0, 0, 1, 0)
    importing(line, '--format', 'xml', status=USAGE)


def test_standard_input(scope):
    importing = Import(scope)
    text = f'iccid,address,status\n{ICCID},10.0.0.1,active\n{FIRST},10.1.0.0/30,active\n'
    done = subprocess.run([SIMGATECTL, 'import', '-', *importing.ctl.options], input=text, text=True, capture_output=True,
                          timeout=30, check=False)
    assert done.returncode == NO and done.stdout.startswith('1 added, 0 updated, 0 unchanged, 1 wrong'), done
    assert 'standard input:3: column address: a prefix is not legal' in done.stderr, done.stderr
    importing.ctl('import', '-', '--strict', status=USAGE)


def test_from_a_line_on(scope):
    importing = Import(scope)
    text = ('# a comment\niccid,address,status\n'
            + ''.join(f'{FIRST + n},10.0.0.{n},active\nx,10.0.0.{n},active\n' for n in range(10)))
    counts, err = importing(text, '--from-line', '19', status=NO)
    assert counts == (2, 0, 0, 0) and importing.wrong == 2 and len(err.splitlines()) == 2
    assert importing.owners() == {f'10.0.0.{n}': str(FIRST + n) for n in (8, 9)}
    for wrong in '-1', 'x', '', '1' * 10:
        importing(text, f'--from-line={wrong}', status=USAGE)


@tap.timeout(200)
def test_the_limit_of_a_prefix(scope):
    importing = Import(scope)
    half = PREFIX_MAX // 2
    importing.write(f'iccid,address,status\n{FIRST},10.16.0.0/12,active\n')
    start = time.monotonic()
    out, _ = importing.ctl('import', importing.path)
    print(f'# {PREFIX_MAX / (time.monotonic() - start):.0f} devices a second, {PREFIX_MAX} of one row')
    assert out.startswith(f'{PREFIX_MAX} added, 0 updated, 0 unchanged')
    assert importing.redis.command('DBSIZE') == 2 * PREFIX_MAX
    assert importing.ctl.show(f'{FIRST + half}')[0]['address'] == '10.24.0.0'


def test_a_hundred_thousand_rows(scope):
    """They take seconds, and little memory wherever they are looked at."""
    importing = Import(scope)
    count = 100000
    importing.write('iccid,address,status,imsi\n' + ''.join(
        f'{FIRST + n},10.{n >> 16}.{n >> 8 & 255}.{n & 255},active,{901405000000000 + n}\n' for n in range(count)))
    for expected in (f'{count} added, 0 updated, 0 unchanged', f'0 added, 0 updated, {count} unchanged'):
        start = time.monotonic()
        out, _ = importing.ctl('import', importing.path)
        seconds = time.monotonic() - start
        print(f'# {count / seconds:.0f} devices a second: {out.strip()}')
        assert out.startswith(expected), out
        assert seconds < 30
    assert len(set(importing.ctl.list())) == count


def test_redis_is_killed_in_the_middle(scope):
    """What was imported until then is whole, and a second import goes on."""
    importing = Import(scope)
    importing.redis = Redis(scope, persistent=True)
    importing.write(f'iccid,address,status\n{FIRST},10.16.0.0/15,active\n')
    with subprocess.Popen([SIMGATECTL, 'import', importing.path, '--store', importing.redis.url], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        wait_until(lambda: importing.redis.command('DBSIZE') > 2000, 'the import is under way')
        importing.redis.kill()
        _, err = process.communicate(timeout=30)
    assert process.returncode == STORE
    assert 'the connection broke' in err and 'the import ended early, at ' in err, err
    importing.redis.start()
    devices, addresses = (len(importing.redis.keys(f'{kind}*')) for kind in ('dev:', 'addr:'))
    assert devices == addresses and devices > 1000
    out, _ = Ctl(importing.redis.url)('import', importing.path)
    assert out.startswith(f'{(1 << 17) - devices} added, 0 updated, {devices} unchanged'), out


def test_scripts_are_forgotten_in_the_middle(scope):
    importing = Import(scope)
    importing('iccid,address,status\n' + f'{ICCID},10.0.0.1,active\n')
    importing.redis.command('SCRIPT', 'FLUSH')
    assert importing('iccid,address,status\n' + f'{ICCID},10.0.0.2,active\n')[0] == (0, 1, 0, 0)


def test_goes_on_after_ctrl_c(scope):
    """It ends in order, and says how to go on: what was done is not done again, and nothing is left out."""
    importing = Import(scope)
    count = 150000
    importing.write('iccid,address,status\n' + ''.join(
        f'{FIRST + n},10.{n >> 16}.{n >> 8 & 255}.{n & 255},active\n' for n in range(count)))
    for number in signal.SIGINT, signal.SIGTERM:
        before = importing.redis.command('DBSIZE')
        with subprocess.Popen([SIMGATECTL, 'import', importing.path, '--store', importing.redis.url], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_until(lambda: importing.redis.command('DBSIZE') > before + 2000, 'the import is under way')
            process.send_signal(number)
            out, err = process.communicate(timeout=30)
        assert process.returncode == -number
        devices = len(importing.redis.keys('dev:*'))
        assert devices == len(importing.redis.keys('addr:*')) < count
        added = re.match(r'(\d+) added, 0 updated, (\d+) unchanged in ', out).groups()
        assert (int(added[0]), sum(map(int, added))) == (devices - before // 2, devices), out
        match = re.search(rf'the import ended early, at {devices} of {count} devices; to go on: simgatectl import '
                          rf'{importing.path} --from-line (\d+), with the same options\n', err)
        assert match, err
        assert int(match.group(1)) == devices + 1, 'the line of the last device, behind the header'
    out, _ = importing.ctl('import', importing.path, '--from-line', match.group(1))
    assert out.startswith(f'{count - devices} added, 0 updated, 1 unchanged in '), out
    assert len(importing.redis.keys('dev:*')) == count


def test_progress(scope):
    """Lines elsewhere, a bar on a terminal, which bad lines do not tear up."""
    importing = Import(scope)
    importing.write(f'iccid,address,status\n{FIRST},10.16.0.0/15,active\n' + 'x,10.0.0.1,active\n' * 3)
    ours, theirs = pty.openpty()
    with subprocess.Popen([SIMGATECTL, 'import', importing.path, '--store', importing.redis.url],
                          stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        seen = b''
        while True:
            try:
                seen += os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
        os.close(ours)
        assert process.wait(30) == NO
    text = seen.decode()
    assert re.search(r'\r\x1b\[K\[#+\.+\]  ?\d+ %, \d+ devices, \d+ a second, \d+ s left', text), text
    for number in 3, 4, 5:
        assert re.search(rf'(\n|\x1b\[K|^){importing.path}:{number}: column iccid: [^\r\n]*\r\n', text), text
    assert text.endswith(('\n', '\r\x1b[K')), 'the bar is gone in the end'


def test_usage(scope):
    importing = Import(scope)
    importing('iccid,address,status\n', status=0)
    importing('iccid,address,status\n', '--ipv6-prefix', '3', status=USAGE)


if __name__ == '__main__':
    tap.main()
