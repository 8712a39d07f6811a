#!/usr/bin/env python3
"""simgatectl where the store is Redis: a device and the keys of its addresses change in one step."""

import subprocess
import threading

from ctl import ICCID, NO, OTHER, SIMGATECTL, THIRD, USAGE, Ctl, contents
from harness import Redis, tap


def start(scope, *options, **arguments):
    redis = Redis(scope)
    return redis, Ctl(redis.url, *options, **arguments)


def dev(iccid):
    return f'dev:{{{iccid}}}'


def test_add(scope):
    redis, ctl = start(scope)
    out, err = ctl('device', 'add', ICCID, '--address', '100.91.200.24', '--imsi', '901405100002864',
                   '--location-allowed', 'yes', '--template', 'meter-3')
    assert (out, err) == (f'{ICCID} added\n', '')
    ctl('device', 'add', OTHER, '--address=100.91.200.25,10.0.0.1', '--status=inactive')
    assert contents(redis) == {
        dev(ICCID): {'status': 'active', 'imsi': '901405100002864', 'location_allowed': 'true',
                     'template': 'meter-3', 'addresses': '100.91.200.24'},
        dev(OTHER): {'status': 'inactive', 'addresses': '100.91.200.25,10.0.0.1'},
        'addr:100.91.200.24': ICCID, 'addr:100.91.200.25': OTHER, 'addr:10.0.0.1': OTHER,
    }


def test_add_refuses_what_is_there(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    before = contents(redis)
    _, err = ctl('device', 'add', ICCID, '--address', '10.0.0.2', status=NO)
    assert f'there is a device {ICCID} already' in err, err
    _, err = ctl('device', 'add', OTHER, '--address', '10.0.0.3,10.0.0.1', status=NO)
    assert f'10.0.0.1 is an address of {ICCID}' in err, err
    assert contents(redis) == before


def test_set_changes_what_is_given(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1', '--imsi', '901405100002864', '--template', 'a')
    expected = contents(redis)
    for options, change in (
            (['--status', 'inactive'], {'status': 'inactive'}),
            (['--imsi', '901405100002865', '--location-allowed', 'yes'],
             {'imsi': '901405100002865', 'location_allowed': 'true'}),
            (['--location-allowed', 'no', '--template', 'b'], {'location_allowed': 'false', 'template': 'b'})):
        assert ctl('device', 'set', ICCID, *options)[0] == f'{ICCID} updated\n'
        expected[dev(ICCID)].update(change)
        assert contents(redis) == expected
    ctl('device', 'set', ICCID, '--imsi', '', '--template', '')
    del expected[dev(ICCID)]['imsi'], expected[dev(ICCID)]['template']
    assert contents(redis) == expected
    _, err = ctl('device', 'set', OTHER, '--status', 'active', status=NO)
    assert f'there is no device {OTHER}' in err
    assert contents(redis) == expected


def test_set_replaces_addresses(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2,10.0.0.3')
    ctl('device', 'add', OTHER, '--address', '10.0.0.9')
    redis.command('SET', 'simgate:addr:10.0.0.3', OTHER)  # somebody else's doing
    ctl('device', 'set', ICCID, '--address', '10.0.0.2,10.0.0.4')
    found = contents(redis)
    assert found[dev(ICCID)]['addresses'] == '10.0.0.2,10.0.0.4'
    assert {key: value for key, value in found.items() if key.startswith('addr:')} == {
        'addr:10.0.0.2': ICCID, 'addr:10.0.0.4': ICCID, 'addr:10.0.0.3': OTHER, 'addr:10.0.0.9': OTHER}
    _, err = ctl('device', 'set', ICCID, '--address', '10.0.0.9', status=NO)
    assert OTHER in err
    assert contents(redis) == found
    ctl('device', 'set', ICCID, '--address', '')
    assert 'addresses' not in contents(redis)[dev(ICCID)]
    assert redis.keys('addr:*') == [b'addr:10.0.0.3', b'addr:10.0.0.9']


def test_an_address_can_be_taken(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2,10.0.0.3')
    ctl('device', 'add', OTHER, '--address', '10.0.0.1,10.0.0.3', '--take-address')
    ctl('device', 'set', OTHER, '--address', '10.0.0.1,10.0.0.3,10.0.0.4')
    found = contents(redis)
    assert found[dev(ICCID)]['addresses'] == '10.0.0.2'
    assert found[dev(OTHER)]['addresses'] == '10.0.0.1,10.0.0.3,10.0.0.4'
    assert [found[f'addr:10.0.0.{n}'] for n in (1, 2, 3, 4)] == [OTHER, ICCID, OTHER, OTHER]
    ctl('device', 'set', OTHER, '--address', '10.0.0.2', '--take-address')
    assert 'addresses' not in contents(redis)[dev(ICCID)]


def test_an_address_without_a_device_is_free(scope):
    redis, ctl = start(scope)
    redis.command('SET', 'simgate:addr:10.0.0.1', THIRD)
    redis.command('SET', 'simgate:addr:10.0.0.2', 'what is this')
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2')
    assert {contents(redis)[f'addr:10.0.0.{n}'] for n in (1, 2)} == {ICCID}


def test_set_repairs_addresses(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    redis.command('DEL', 'simgate:addr:10.0.0.1')
    assert ctl('device', 'set', ICCID, '--address', '10.0.0.1')[0] == f'{ICCID} updated\n'
    assert contents(redis)['addr:10.0.0.1'] == ICCID


def test_activate_and_deactivate(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1', '--imsi', '123456')
    for command, status, said in (('deactivate', 'inactive', 'updated'), ('deactivate', 'inactive', 'unchanged'),
                                  ('activate', 'active', 'updated')):
        assert ctl('device', command, ICCID)[0] == f'{ICCID} {said}\n'
        assert contents(redis)[dev(ICCID)] == {'status': status, 'imsi': '123456', 'addresses': '10.0.0.1'}
        ctl('device', command, OTHER, status=NO)


def test_remove(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2,fd00:0:0:1::')
    ctl('device', 'add', OTHER, '--address', '10.0.0.3')
    redis.command('SET', 'simgate:addr:10.0.0.2', OTHER)
    for iccid in (ICCID, OTHER):
        redis.command('HSET', f'simgate:psk:{{{iccid}}}', 'key', 'my-own-secret')
        redis.command('HSET', f'simgate:loc:{{{iccid}}}', 'longitude', '1', 'latitude', '2')
    assert ctl('device', 'remove', ICCID)[0] == f'{ICCID} removed\n'
    assert redis.keys() == [b'addr:10.0.0.2', b'addr:10.0.0.3', dev(OTHER).encode(),
                            f'loc:{{{OTHER}}}'.encode(), f'psk:{{{OTHER}}}'.encode()]
    _, err = ctl('device', 'remove', ICCID, status=NO)
    assert f'there is no device {ICCID}' in err


def test_ipv6_addresses_are_cut(scope):
    redis, ctl = start(scope)
    _, err = ctl('device', 'add', ICCID, '--address', 'FD00:0:0:1::5,fd00:0:0:1::6,fd00:0:0:2::')
    assert 'FD00:0:0:1::5 is kept as fd00:0:0:1::, which stands for its whole /64' in err
    assert 'fd00:0:0:2::' not in err
    assert contents(redis)[dev(ICCID)]['addresses'] == 'fd00:0:0:1::,fd00:0:0:2::'
    ctl('device', 'set', ICCID, '--address', 'fd00:0:0:1::/64')
    assert redis.keys('addr:*') == [b'addr:fd00:0:0:1::']
    device, err = ctl.show('fd00:0:0:1:2:3:4:5')
    assert device['iccid'] == ICCID and 'is looked for as fd00:0:0:1::' in err

    full = Ctl(redis.url, '--ipv6-prefix', '128')
    assert full('device', 'set', ICCID, '--address', 'fd00:0:0:1::5')[1] == ''
    assert redis.keys('addr:*') == [b'addr:fd00:0:0:1::5']
    Ctl(redis.url, environment={'SIMGATE_IDENTITY_IPV6_PREFIX': '56'})(
        'device', 'set', ICCID, '--address', 'fd00:0:0:1fff::5')
    assert redis.keys('addr:*') == [b'addr:fd00:0:0:1f00::']


def test_show(scope):
    _, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2', '--imsi', '901405100002864')
    expected = {'iccid': ICCID, 'address': '10.0.0.1,10.0.0.2', 'status': 'active', 'imsi': '901405100002864',
                'location_allowed': '-', 'template': '-', 'psk': 'false', 'longitude': '-', 'latitude': '-',
                'source': '-', 'sample_time': '-'}
    for what in ICCID, '10.0.0.1', '10.0.0.2':
        assert ctl.show(what) == (expected, ''), what
    for what in OTHER, '10.0.0.3', 'fd00::':
        assert ctl.show(what, NO)[0] == {}, what


def test_show_tells_of_keys_and_places(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2', '--template', '-', '--location-allowed', 'yes')
    ctl('psk', 'set', ICCID, '--key', 'my-own-secret')
    redis.command('HSET', f'simgate:loc:{{{ICCID}}}', 'longitude', '13.4049540', 'latitude', '-0.5', 'source', 'GPS',
                  'sample_time', '1700000000')
    device, err = ctl.show(ICCID)
    assert err == ''
    assert [device[name] for name in ('psk', 'template', 'longitude', 'latitude', 'source', 'sample_time')] == [
        'true', '(none)', '13.4049540', '-0.5', 'GPS', '1700000000']
    out, _ = ctl('device', 'show', ICCID, '--output', 'json')
    assert '"longitude":13.4049540,"latitude":-0.5,' in out, out
    assert ctl.json('device', 'show', '10.0.0.2') == [
        {'iccid': ICCID, 'address': ['10.0.0.1', '10.0.0.2'], 'status': 'active', 'imsi': None, 'location_allowed': True,
         'template': '-', 'psk': True, 'longitude': 13.404954, 'latitude': -0.5, 'source': 'GPS',
         'sample_time': 1700000000}]
    assert 'my-own-secret' not in out
    redis.command('HSET', f'simgate:loc:{{{ICCID}}}', 'latitude', '91')
    assert ctl.json('device', 'show', ICCID)[0]['longitude'] is None
    ctl('device', 'show', ICCID, '--output', 'yaml', status=USAGE)


def test_psk_show_in_json(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    redis.command('HSET', f'simgate:psk:{{{ICCID}}}', 'key', 'a "key" of mine', 'origin', 'generated', 'called',
                  '1700000000000', 'proved', '00112233445566778899', 'proved_format', 'hex')
    masked = {'iccid': ICCID, 'key': None, 'key_bytes': 15, 'format': None, 'origin': 'generated',
              'called': 1700000000000, 'proved': None, 'proved_bytes': 10, 'proved_is_key': False}
    assert ctl.json('psk', 'show', ICCID) == [masked]
    assert ctl.json('psk', 'show', ICCID, '--reveal') == [
        {**masked, 'key': 'a "key" of mine', 'proved': '00112233445566778899'}]
    redis.command('HDEL', f'simgate:psk:{{{ICCID}}}', 'proved')
    assert ctl.json('psk', 'show', ICCID)[0]['proved'] is None


def test_show_tells_what_disagrees(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2,10.0.0.3')
    ctl('device', 'add', OTHER, '--address', '10.0.0.9')
    redis.command('DEL', 'simgate:addr:10.0.0.1')
    redis.command('SET', 'simgate:addr:10.0.0.2', OTHER)
    redis.command('HSET', f'simgate:{dev(ICCID)}', 'status', 'perhaps', 'addresses',
                  '10.0.0.1,10.0.0.2,10.0.0.3,FD00::1,home')
    redis.command('SET', 'simgate:addr:fd00::1', ICCID)
    device, err = ctl.show(ICCID, NO)
    assert device['status'] == 'perhaps'
    for text in ('simgate:addr:10.0.0.1 is missing', f'simgate:addr:10.0.0.2 says {OTHER}',
                 'the address FD00::1 should be written fd00::1', 'one of the addresses is none: home',
                 'take the device as inactive'):
        assert text in err, (text, err)
    assert err.count('\n') == 5, err

    device, err = ctl.show('10.0.0.2', NO)
    assert device['iccid'] == OTHER and 'list of addresses lacks the one' in err, err
    redis.command('SET', 'simgate:addr:10.0.0.8', THIRD)
    assert f'that of {THIRD}, and there is no such device' in ctl.show('10.0.0.8', NO)[1]
    redis.command('SET', 'simgate:addr:10.0.0.7', 'x y')
    assert 'simgate:addr:10.0.0.7 says x?y, which is no ICCID' in ctl.show('10.0.0.7', NO)[1]


def test_nothing_in_redis_reaches_the_terminal_raw(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    redis.command('HSET', f'simgate:{dev(ICCID)}', 'imsi', b'\x1b[2J\xff\n', 'addresses', '\x1b[31m')
    assert ctl.show(ICCID, NO)[0]['imsi'] == '?[2J??'
    out, err = ctl('device', 'show', ICCID, status=NO)
    assert '\x1b' not in out + err
    assert '\x1b' not in ctl('device', 'list')[0]


def test_list(scope):
    redis, ctl = start(scope)
    assert ctl.list() == []
    devices = [(f'{int(ICCID) + n}', f'10.0.{n >> 8}.{n & 255}') for n in range(5000)]
    redis.import_devices('iccid,address,status,imsi\n' + ''.join(f'{i},{a},active,123456\n' for i, a in devices))
    redis.pipeline([('SET', f'simgate:x:{n}', n) for n in range(5000)])
    assert sorted(set(ctl.list())) == [(iccid, address, 'active', '123456', '-') for iccid, address in devices]
    assert ctl('device', 'list')[0].splitlines()[0].split() == ['ICCID', 'ADDRESS', 'STATUS', 'IMSI', 'TEMPLATE']
    redis.command('HSET', 'simgate:dev:{x}', 'status', 'active')
    redis.command('SET', f'simgate:{dev("1" * 20)}', 'x')
    out, err = ctl('device', 'list', status=NO)
    assert 'are no device\'s: 2\n' in err, err
    assert len(set(out.splitlines())) == 5001


def test_list_in_json(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1,fd00:0:0:1::', '--imsi', '901405100002864', '--template', 'a.b')
    redis.command('HSET', f'simgate:{dev(OTHER)}', 'imsi', b'\x1b"\\\xff\xc3\xa4\n', 'location_allowed', 'perhaps')
    assert sorted(ctl.json('device', 'list'), key=lambda device: device['iccid']) == [
        {'iccid': ICCID, 'address': ['10.0.0.1', 'fd00:0:0:1::'], 'status': 'active', 'imsi': '901405100002864',
         'location_allowed': None, 'template': 'a.b'},
        {'iccid': OTHER, 'address': [], 'status': None, 'imsi': '\x1b"\\\ufffd\xe4\n', 'location_allowed': 'perhaps',
         'template': None}]


def test_list_filters(scope):
    redis, ctl = start(scope)
    redis.import_devices('iccid,address,status,location_allowed,template\n' + ''.join(
        f'{int(ICCID) + n},10.0.{n & 1}.{n},{("active", "inactive")[n >> 1 & 1]},{("yes", "no", "")[n % 3]},'
        f'{("", "-", "a", "b")[n & 3]}\n' for n in range(64)))
    ctl('device', 'add', '8'*19, '--address', '192.168.0.1,10.0.1.200,fd00:0:0:1::')

    def found(*options):
        listed = ctl.json('device', 'list', *options)
        assert len({device['iccid'] for device in listed}) == len(listed)
        return {int(device['iccid']) - int(ICCID) if device['iccid'].startswith('898') else 'x' for device in listed}

    assert found() == set(range(64)) | {'x'}
    assert found('--status', 'inactive') == {n for n in range(64) if n & 2}
    assert found('--template', 'a') == {n for n in range(64) if n & 3 == 2}
    assert found('--template', '-') == {n for n in range(64) if n & 3 == 1}
    assert found('--template', '') == {n for n in range(64) if n & 3 == 0} | {'x'}
    assert found('--location-allowed', 'yes') == {n for n in range(64) if n % 3 == 0}
    assert found('--location-allowed', 'false') == {n for n in range(64) if n % 3} | {'x'}
    assert found('--address', '10.0.1.0/24') == {n for n in range(64) if n & 1} | {'x'}
    assert found('--address', '10.0.0.32/28') == {n for n in range(32, 48) if not n & 1}
    for network in '192.168.0.0/16', 'fd00::/16', 'fd00:0:0:1::7', 'fd00:0:0:1:2::/80', '::/0':
        assert found('--address', network) == {'x'}, network
    assert found('--address', 'fd00:0:0:2::/64') == set()
    assert found('89882806660000028') == {n for n in range(36)}
    assert found(ICCID[:-1], '--status', 'active', '--address', '10.0.0.0/24') == {0, 4}
    assert len(found('--limit', '7')) == 7 and found('--limit', '0') == set()
    assert len(found('--limit', '3', '--status', 'active')) == 3
    assert len(ctl('device', 'list', '--limit', '2')[0].splitlines()) == 3
    assert ctl('device', 'list', '--status', 'active')[1] == ''
    for wrong in (['--status', 'on'], ['--template', 'a b'], ['--location-allowed', 'perhaps'], ['--limit', '-1'],
                  ['--limit', 'x'], ['--address', '10.0.0.1/8'], ['8988x'], ['8' * 23], ['--output', 'csv']):
        ctl('device', 'list', *wrong, status=USAGE)


def test_list_into_something_that_ends(scope):
    redis, ctl = start(scope)
    redis.import_devices('iccid,address,status\n8988280666000000000,10.0.0.0/18,active\n')
    with subprocess.Popen([SIMGATECTL, 'device', 'list', *ctl.options], stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b''
        process.wait(30)


def test_prefixes_keep_fleets_apart(scope):
    redis, ctl = start(scope)
    other = Ctl(redis.url, '--prefix', 'a*[b]?:')
    none = Ctl(redis.url, environment={'SIMGATE_REDIS_PREFIX': ''})
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    other('device', 'add', OTHER, '--address', '10.0.0.1')
    none('device', 'add', THIRD, '--address', '10.0.0.1')
    redis.command('HSET', f'axxb?:{dev(ICCID)}', 'status', 'active')
    assert [c.list()[0][0] for c in (ctl, other, none)] == [ICCID, OTHER, THIRD]
    assert [len(c.list()) for c in (ctl, other, none)] == [1, 1, 1]
    assert contents(redis, 'a*[b]?:') == {dev(OTHER): {'status': 'active', 'addresses': '10.0.0.1'},
                                          'addr:10.0.0.1': OTHER}
    assert other.show('10.0.0.1')[0]['iccid'] == OTHER
    for wrong in 'a b', 'a{b}', 'x' * 65:
        Ctl(redis.url, '--prefix', wrong)('device', 'list', status=USAGE)


def test_databases(scope):
    redis, ctl = start(scope)
    second = Ctl(f'{redis.tcp_url}/2')
    second('device', 'add', ICCID, '--address', '10.0.0.1')
    assert ctl.list() == []
    assert Ctl(f'{redis.url}?db=2').list() == second.list() != []


def test_store_from_the_environment(scope):
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    environment = {**ctl.environment, 'SIMGATE_STORE_URL': redis.url}
    done = subprocess.run([SIMGATECTL, 'device', 'list'], env=environment, capture_output=True, check=True)
    assert ICCID.encode() in done.stdout


def test_a_change_is_one_step(scope):
    """Who looks an address up in the middle of changes always finds a device that has it."""
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1')
    ctl('device', 'add', OTHER, '--address', '10.0.0.2')
    look = "local i = redis.call('GET', KEYS[1]) return {i, redis.call('HGET', 'simgate:dev:{'..i..'}', 'addresses')}"
    client, seen, ended = redis.connect(), set(), threading.Event()

    def watch():
        while not ended.is_set():
            seen.add(tuple(client.command('EVAL', look, 1, 'simgate:addr:10.0.0.1')))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        for _ in range(10):
            ctl('device', 'set', OTHER, '--address', '10.0.0.1', '--take-address')
            ctl('device', 'set', ICCID, '--address', '10.0.0.1', '--take-address')
    finally:
        ended.set()
        watcher.join()
    assert seen == {(ICCID.encode(), b'10.0.0.1'), (OTHER.encode(), b'10.0.0.1')}, seen


def test_nothing_is_written_where_nothing_changes(scope):
    """What is unchanged disturbs no gateway's cache."""
    redis, ctl = start(scope)
    ctl('device', 'add', ICCID, '--address', '10.0.0.1', '--imsi', '123456')
    writes = int(dict(line.split(':', 1) for line in redis.command('INFO', 'persistence').decode().splitlines()
                      if ':' in line)['rdb_changes_since_last_save'])
    ctl('device', 'set', ICCID, '--address', '10.0.0.1', '--imsi', '123456', '--status', 'active')
    ctl('device', 'activate', ICCID)
    assert f'rdb_changes_since_last_save:{writes}\r\n' in redis.command('INFO', 'persistence').decode()


def test_wrong_usage(scope):
    redis, ctl = start(scope)
    for wrong in (
            ['device', 'add', ICCID], ['device', 'add', ICCID, '--address', ''], ['device', 'add', '--address', '::'],
            ['device', 'add', '123', '--address', '10.0.0.1'], ['device', 'add', ICCID, '--address', '10.0.0.0/24'],
            ['device', 'add', ICCID, '--address', '10.0.0.1,'], ['device', 'add', ICCID, '--address', '10.0.0.1,x'],
            ['device', 'add', ICCID, '--address', ','.join(f'10.0.0.{n}' for n in range(33))],
            ['device', 'add', ICCID, '--address', '10.0.0.1', '--address', '10.0.0.2'],
            ['device', 'set', ICCID], ['device', 'set', ICCID, '--status', 'on'], ['device', 'set', ICCID, '--imsi', '1'],
            ['device', 'set', ICCID, '--location-allowed', 'perhaps'], ['device', 'set', ICCID, '--template', 'a b'],
            ['device', 'set', 'x' * 19, '--status', 'active'], ['device', 'set', ICCID, '--frobnicate'],
            ['device', 'activate', ICCID, '--status', 'active'], ['device', 'remove'], ['device', 'remove', ICCID, OTHER],
            ['device', 'show', '123'], ['device', 'show', 'home'], ['device', 'list', '--ipv6-prefix'],
            ['device', 'show', 'fd00::', '--ipv6-prefix', '47'], ['device', 'show', 'fd00::', '--ipv6-prefix', '129'],
            ['device', 'show', 'fd00::', '--ipv6-prefix', '6x'],
            ['device', 'add', ICCID, '--address', '10.0.0.0/24', '--ipv6-prefix', '120'], ['device', 'list', '--take-address=yes'],
            ['check', 'x.csv'], ['import'], ['import', 'x.csv', '--status', 'active']):
        out, err = ctl(*wrong, status=USAGE)
        assert out == '' and err.startswith('simgatectl: '), (wrong, out, err)
    assert redis.keys() == []


def test_wrong_stores(scope):
    for url in ('redis://', 'redis://user:secret@localhost', 'redis://localhost:x', 'redis://localhost/x',
                'redis+unix://path', 'redis+unix:///path?x=1', 'rediss://localhost', ''):
        out, err = Ctl(url)('device', 'list', status=USAGE)
        assert out == '' and err.startswith('simgatectl: ') and 'secret' not in err, (url, err)


if __name__ == '__main__':
    tap.main()
