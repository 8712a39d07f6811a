#!/usr/bin/env python3
"""simgatectl import: a file's devices are added and updated, none is removed, twice changes nothing."""

import os
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

    def write(self, text):
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)

    def __call__(self, text, *options, status=0):
        """Returns how many were added, updated, unchanged and refused, and standard error."""
        self.write(text)
        out, err = self.ctl('import', self.path, *options, status=status)
        match = re.fullmatch(r'(\d+) added, (\d+) updated, (\d+) unchanged(?:, (\d+) refused)? in [\d.]+ s\n', out)
        return match and tuple(int(n or 0) for n in match.groups()), err

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
            (header + f'{ICCID},10.0.0.1,active\n{FIRST},10.0.0.0/8,active\n8988280700000000000,fd00::/40,active\n',
             [':3: column address: a prefix with more than 1048576 devices', ':4: column address'])):
        out, err = importing(text, status=NO)
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


def test_columns_that_nothing_uses_yet(scope):
    importing = Import(scope)
    counts, err = importing(f'iccid,address,status,source\n{ICCID},10.0.0.1,active,GPS\n')
    assert counts == (1, 0, 0, 0)
    assert 'note: column source is not imported' in err, err
    assert 'GPS' not in str(contents(importing.redis))


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
    importing.write(f'iccid,address,status\n{FIRST},10.16.0.0/14,active\n')
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
    assert out.startswith(f'{(1 << 18) - devices} added, 0 updated, {devices} unchanged'), out


def test_scripts_are_forgotten_in_the_middle(scope):
    importing = Import(scope)
    importing('iccid,address,status\n' + f'{ICCID},10.0.0.1,active\n')
    importing.redis.command('SCRIPT', 'FLUSH')
    assert importing('iccid,address,status\n' + f'{ICCID},10.0.0.2,active\n')[0] == (0, 1, 0, 0)


def test_ends_on_ctrl_c(scope):
    importing = Import(scope)
    importing.write(f'iccid,address,status\n{FIRST},10.16.0.0/12,active\n')
    with subprocess.Popen([SIMGATECTL, 'import', importing.path, '--store', importing.redis.url]) as process:
        wait_until(lambda: importing.redis.command('DBSIZE') > 2000, 'the import is under way')
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == -signal.SIGINT
    wait_until(lambda: 'cmd=evalsha' not in importing.redis.command('CLIENT', 'LIST').decode(), 'it is through')
    assert len(importing.redis.keys('dev:*')) == len(importing.redis.keys('addr:*'))


def test_usage(scope):
    importing = Import(scope)
    importing('iccid,address,status\n', status=0)
    importing('iccid,address,status\n', '--ipv6-prefix', '3', status=USAGE)


if __name__ == '__main__':
    tap.main()
