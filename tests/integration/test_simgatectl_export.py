#!/usr/bin/env python3
"""simgatectl export, from both stores: what is written can be imported, and comes out again the same."""

import json
import os
import stat
import subprocess

from ctl import ICCID, NO, OTHER, SIMGATECTL, THIRD, USAGE, Ctl, contents
from harness import Redis, tap

HEADER = 'iccid,address,status,imsi,location_allowed,template,longitude,latitude,source,sample_time'
ROWS = f'''\
{ICCID},"100.91.200.24,10.0.0.1,fd00:0:0:1::",active,901405100002864,true,meter-3,13.4049540,-0.50,GPS,1700000000
{OTHER},10.0.0.2,inactive,,false,-,,,,
{THIRD},,active,,false,,013.40,52.5,,
'''
KEYS = {ICCID: ('a "key", of mine'.replace(',', ';'), 'text'), OTHER: ('00112233445566778899', 'hex')}


def sorted_lines(text):
    return sorted(text.splitlines())


def with_keys(rows):
    """The rows with the columns of their keys."""
    return '\n'.join(row + ',' + {ICCID: '"a ""key""; of mine",text', OTHER: '00112233445566778899,hex'}.get(
        row.split(',')[0], ',') for row in rows.splitlines()) + '\n'


def filled(scope):
    """A Redis that has the rows, and their keys."""
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    path = os.path.join(scope.directory(), 'devices.csv')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'{HEADER},psk,psk_format\n{with_keys(ROWS)}')
    ctl('import', path)
    return redis, ctl


def test_export_as_csv(scope):
    redis, ctl = filled(scope)
    out, err = ctl('export')
    assert err == '' and out.splitlines()[0] == HEADER
    assert sorted_lines(out) == sorted_lines(HEADER + '\n' + ROWS), out
    for key, _ in KEYS.values():
        assert key not in out
    out, _ = ctl('export', '-', '--reveal', '--format', 'csv')
    assert sorted_lines(out) == sorted_lines(f'{HEADER},psk,psk_format\n{with_keys(ROWS)}'), out
    redis.command('FLUSHALL')
    assert ctl('export')[0] == HEADER + '\n'


def test_export_as_json_lines(scope):
    _, ctl = filled(scope)
    out, _ = ctl('export', '--format', 'jsonl', '--reveal')
    devices = {device['iccid']: device for device in map(json.loads, out.splitlines())}
    assert devices == {
        ICCID: {'iccid': ICCID, 'address': ['100.91.200.24', '10.0.0.1', 'fd00:0:0:1::'], 'status': 'active',
                'imsi': '901405100002864', 'location_allowed': True, 'template': 'meter-3', 'longitude': 13.404954,
                'latitude': -0.5, 'source': 'GPS', 'sample_time': 1700000000, 'psk': 'a "key"; of mine',
                'psk_format': 'text'},
        OTHER: {'iccid': OTHER, 'address': ['10.0.0.2'], 'status': 'inactive', 'imsi': None, 'location_allowed': False,
                'template': '-', 'longitude': None, 'latitude': None, 'source': None, 'sample_time': None,
                'psk': '00112233445566778899', 'psk_format': 'hex'},
        THIRD: {'iccid': THIRD, 'address': [], 'status': 'active', 'imsi': None, 'location_allowed': False,
                'template': None, 'longitude': '013.40', 'latitude': 52.5, 'source': None, 'sample_time': None,
                'psk': None, 'psk_format': None}}
    out, _ = ctl('export', '--format', 'jsonl')
    assert 'psk' not in out and all(key not in out for key, _ in KEYS.values())


def test_there_and_back(scope):
    """Export, import into an empty store, export: the same bytes, but for Redis' order; and the same keys in Redis."""
    redis, ctl = filled(scope)
    for name in 'devices.csv', 'devices.jsonl':
        path = os.path.join(scope.directory(), name)
        ctl('export', path, '--reveal')
        before = contents(redis)
        redis.command('FLUSHALL')
        out, err = ctl('import', path)
        assert out.startswith('3 added, 0 updated, 0 unchanged in') and err == ''
        assert {key: value for key, value in contents(redis).items() if not key.startswith('dev:')} == {
            key: value for key, value in before.items() if not key.startswith('dev:')}
        again = ctl('export', '--reveal', '--format', name.split('.')[1])[0]
        with open(path, encoding='utf-8') as file:
            assert sorted_lines(again) == sorted_lines(file.read())
        assert ctl('import', path)[0].startswith('0 added, 0 updated, 3 unchanged in')


def test_ten_thousand_there_and_back(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    redis.import_devices('iccid,address,status\n' + f'{ICCID},10.0.0.0/19,active\n8988280800000000000,fd00::/52,inactive\n')
    path = os.path.join(scope.directory(), 'devices.csv')
    ctl('export', path)
    before = contents(redis)
    redis.command('FLUSHALL')
    assert ctl('import', path)[0].startswith(f'{8192 + 4096} added')
    found = contents(redis)
    assert {key: {**value, 'location_allowed': 'false'} if key.startswith('dev:') else value
            for key, value in before.items()} == found


def test_what_makes_no_sense_is_left_out(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1', '--imsi', '123456')
    redis.command('HSET', f'simgate:dev:{{{OTHER}}}', 'status', 'perhaps', 'imsi', 'x\x1b\ny', 'addresses', 'home')
    redis.command('SET', f'simgate:loc:{{{OTHER}}}', 'x')
    redis.command('HSET', f'simgate:loc:{{{ICCID}}}', 'longitude', '181', 'latitude', '1')
    out, err = ctl('export', status=NO)
    assert sorted_lines(out)[:2] == [f'{ICCID},10.0.0.1,active,123456,false,,,,,', f'{OTHER},,inactive,,false,,,,,']
    assert 'note: 2 devices have something that makes no sense' in err and 'of another type' in err, err


def test_addresses_that_make_no_sense_cost_the_others_nothing(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2')
    ctl('device', 'add', OTHER, '--address', '10.0.1.0')
    redis.command('HSET', f'simgate:dev:{{{ICCID}}}', 'addresses', '10.0.0.1,,home,10.0.0.1,10.0.0.2,')
    redis.command('HSET', f'simgate:dev:{{{OTHER}}}', 'addresses', '10.0.1.0/24')
    path = os.path.join(scope.directory(), 'out.csv')
    assert 'note: 2 devices' in ctl('export', path)[1]
    with open(path, encoding='utf-8') as file:
        assert sorted_lines(file.read())[:2] == [f'{ICCID},"10.0.0.1,10.0.0.2",active,,false,,,,,', f'{OTHER},,active,,false,,,,,']


def test_files_are_replaced_as_a_whole(scope):
    _, ctl = filled(scope)
    directory = scope.directory()
    path = os.path.join(directory, 'out.csv')
    ctl('export', path)
    assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0o044 & ~current_umask()
    ctl('export', path, '--reveal')
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600, 'it has keys'
    with open(path, encoding='utf-8') as file:
        before = file.read()
    Ctl('redis+unix:///nonexistent.sock')('export', path, status=3)
    with open(path, encoding='utf-8') as file:
        assert file.read() == before
    assert os.listdir(directory) == ['out.csv']
    ctl('export', '/nonexistent/x.csv', status=NO)
    assert 'not a regular file' in ctl('export', '/dev/null', status=NO)[1]
    ctl('export', path, '--format', 'xml', status=USAGE)
    ctl('export', path, 'more', status=USAGE)


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def test_export_into_something_that_ends(scope):
    redis = Redis(scope)
    redis.import_devices('iccid,address,status\n8988280666000000000,10.0.0.0/16,active\n')
    with subprocess.Popen([SIMGATECTL, 'export', '--store', redis.url], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert err == b'', err
        process.wait(30)


def test_memory_store(scope):
    path = os.path.join(scope.directory(), 'devices.csv')
    rows = (f'{ICCID},100.91.200.24,active,901405100002864,true,meter-3,13.4049540,-0.50,GPS,1700000000\n'
            f'{OTHER},fd00:0:0:1::/64,inactive,,false,-,,,,\n8988280600000000000,10.1.0.0/16,active,,false,,,,,\n')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'# a comment\n{HEADER},psk,psk_format\n{with_keys(rows)}')
    ctl = Ctl(f'memory:{path}')
    assert ctl('export') == (f'{HEADER}\n{rows}', '')
    out, _ = ctl('export', '--reveal')
    assert out == f'{HEADER},psk,psk_format\n{with_keys(rows)}'
    exported = os.path.join(scope.directory(), 'exported.csv')
    ctl('export', exported, '--reveal')
    assert Ctl(f'memory:{exported}')('export', '--reveal')[0] == out, 'it is a devices\' file itself'
    lines = [json.loads(line) for line in ctl('export', '--format', 'jsonl')[0].splitlines()]
    assert [line['address'] for line in lines] == [['100.91.200.24'], ['fd00:0:0:1::/64'], ['10.1.0.0/16']]

    redis = Redis(scope)
    redis_ctl = Ctl(redis.url)
    assert redis_ctl('import', exported)[0].startswith(f'{2 + 65536} added')
    assert redis_ctl.show(ICCID)[0]['longitude'] == '13.4049540'


def test_what_a_memory_store_has_kept(scope):
    """Keys that were generated and places that were told later count, in device show and in exports."""
    path = os.path.join(scope.directory(), 'devices.csv')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('iccid,address,status,longitude,latitude\n'
                   f'{ICCID},10.0.0.1,active,1,2\n{OTHER},10.0.0.2,active,3,4\n{THIRD},10.0.0.3,active,,\n'
                   '8988280600000000000,10.1.0.0/24,active,,\n')
    with open(f'{path}.state', 'w', encoding='utf-8') as file:
        file.write(f'{ICCID} location 13.40 -0.50 GPS 1700000000\n{OTHER} nowhere\n'
                   f'{THIRD} 1700000000000 text abcdefgh12345678\n8988280600000000007 location 5 6 - -\n')
    ctl = Ctl(f'memory:{path}')
    for what, psk, longitude in ((ICCID, 'false', '13.40'), (OTHER, 'false', '-'), (THIRD, 'true', '-'),
                                 ('10.1.0.7', 'false', '5'), ('10.1.0.8', 'false', '-')):
        device, _ = ctl.show(what)
        assert (device['psk'], device['longitude']) == (psk, longitude), (what, device)
    out, _ = ctl('export')
    assert out.splitlines()[1:] == [
        f'{ICCID},10.0.0.1,active,,false,,13.40,-0.50,GPS,1700000000', f'{OTHER},10.0.0.2,active,,false,,,,,',
        f'{THIRD},10.0.0.3,active,,false,,,,,', '8988280600000000000,10.1.0.0/24,active,,false,,,,,']
    assert 'abcdefgh12345678' not in out
    assert ctl('export', '--reveal')[0].splitlines()[3].endswith(',abcdefgh12345678,text')


if __name__ == '__main__':
    tap.main()
