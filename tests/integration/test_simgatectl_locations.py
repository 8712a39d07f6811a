#!/usr/bin/env python3
"""simgatectl location: where a device is, the same on both stores."""

import time

from ctl import ICCID, NO, OTHER, STORE, THIRD, USAGE, Ctl, contents
from ctl_stores import MemoryStore, RedisStore, both_stores
from harness import tap

BERLIN = ['--longitude', '13.404954', '--latitude', '52.520008']


def shown(ctl, iccid=ICCID):
    out, err = ctl('location', 'show', iccid)
    assert err == '', err
    return dict(line.split(None, 1) for line in out.splitlines())


@both_stores
def test_set_and_show(store):
    ctl = store.ctl
    assert ctl('location', 'show', ICCID, status=NO) == ('', f'simgatectl: {ICCID} has no location\n')
    assert ctl('location', 'set', ICCID, *BERLIN, '--source', 'GPS', '--time', '1700000000') == (
        f'{ICCID} updated\n', '')
    assert shown(ctl) == {'iccid': ICCID, 'longitude': '13.404954', 'latitude': '52.520008', 'source': 'GPS',
                          'sample_time': '1700000000'}
    assert ctl('location', 'show', ICCID, '--output', 'json')[0] == (
        f'{{"iccid":"{ICCID}","longitude":13.404954,"latitude":52.520008,"source":"GPS","sample_time":1700000000}}\n')
    assert ctl('location', 'show', OTHER, status=NO)[0] == ''


@both_stores
def test_numbers_stay_as_they_are_written(store):
    for longitude, latitude in (('-180.000', '90'), ('007.50', '-0.0'), ('0', '12.34567890123456789012')):
        store.ctl('location', 'set', ICCID, '--longitude', longitude, f'--latitude={latitude}')
        found = shown(store.ctl)
        assert (found['longitude'], found['latitude']) == (longitude, latitude)


@both_stores
def test_what_is_not_given(store):
    for options in [], ['--time', 'now']:
        before = int(time.time())
        store.ctl('location', 'set', ICCID, *BERLIN, *options)
        found = shown(store.ctl)
        assert found['source'] == 'manual'
        assert before <= int(found['sample_time']) <= time.time(), found
    store.ctl('location', 'set', ICCID, *BERLIN, '--source', 'GPS', '--time', '1')
    store.ctl('location', 'set', ICCID, *BERLIN)  # nothing is left of the one before
    store.ctl('location', 'set', ICCID, *BERLIN, '--source', '', '--time', '')
    assert shown(store.ctl) == {'iccid': ICCID, 'longitude': '13.404954', 'latitude': '52.520008', 'source': '-',
                                'sample_time': '-'}
    store.ctl('location', 'set', ICCID, *BERLIN)
    assert shown(store.ctl)['source'] == 'manual' and shown(store.ctl)['sample_time'] != '1'


@both_stores
def test_clear(store):
    ctl = store.ctl
    assert ctl('location', 'clear', ICCID) == (f'{ICCID} unchanged\n', '')
    ctl('location', 'set', ICCID, *BERLIN)
    ctl('location', 'set', OTHER, *BERLIN)
    assert ctl('location', 'clear', ICCID) == (f'{ICCID} cleared\n', '')
    ctl('location', 'show', ICCID, status=NO)
    assert shown(ctl, OTHER)['iccid'] == OTHER


@both_stores
def test_strangers_are_refused(store):
    for command in ['set', THIRD, *BERLIN], ['show', THIRD], ['clear', THIRD]:
        assert store.ctl('location', *command, status=NO) == ('', f'simgatectl: there is no device {THIRD}\n')
    store.ctl('location', 'show', ICCID, status=NO)


@both_stores
def test_wrong_usage(store):
    for wrong in ([], ['set'], ['set', ICCID], ['set', ICCID, '--longitude', '1'], ['set', ICCID, '--latitude', '1'],
                  ['set', ICCID, '--longitude', '', '--latitude', '1'],
                  ['set', ICCID, '--longitude', '181', '--latitude', '1'],
                  ['set', ICCID, '--longitude', '1', '--latitude', '90.1'],
                  ['set', ICCID, '--longitude', '1e1', '--latitude', '1'],
                  ['set', ICCID, '--longitude', '+1', '--latitude', '1'],
                  ['set', ICCID, *BERLIN, '--source', 'a,b'],
                  ['set', ICCID, *BERLIN, '--source', 'x' * 16],
                  ['set', ICCID, *BERLIN, '--time', '-1'], ['set', ICCID, *BERLIN, '--time', '1' * 13],
                  ['set', ICCID, *BERLIN, '--time', 'yesterday'], ['set', '123', *BERLIN],
                  ['set', ICCID, OTHER, *BERLIN], ['show'], ['show', '10.0.0.1'], ['show', ICCID, '--output', 'x'],
                  ['clear'], ['clear', ICCID, *BERLIN]):
        out, err = store.ctl('location', *wrong, status=USAGE)
        assert out == '' and err.startswith('simgatectl: '), (wrong, out, err)
    store.ctl('location', 'show', ICCID, status=NO)


def test_keys_in_redis(scope):
    store = RedisStore(scope, f'iccid,address,status\n{ICCID},10.0.0.1,active\n')
    store.ctl('location', 'set', ICCID, *BERLIN, '--source', 'GPS', '--time', '1700000000')
    key = f'loc:{{{ICCID}}}'
    assert contents(store.redis)[key] == {'longitude': '13.404954', 'latitude': '52.520008', 'source': 'GPS',
                                          'sample_time': '1700000000'}
    store.ctl('location', 'clear', ICCID)
    assert key not in contents(store.redis)


def test_nonsense_in_redis(scope):
    store = RedisStore(scope, f'iccid,address,status\n{ICCID},10.0.0.1,active\n')
    ctl, redis, key = store.ctl, store.redis, f'simgate:loc:{{{ICCID}}}'

    def write(**fields):
        redis.command('DEL', key)
        redis.command('HSET', key, *[part for field in fields.items() for part in field])

    write(longitude='1', latitude='2')
    assert shown(ctl) == {'iccid': ICCID, 'longitude': '1', 'latitude': '2', 'source': '-', 'sample_time': '-'}
    write(longitude='1', latitude='2', source='', sample_time='')
    assert shown(ctl)['source'] == '-'
    for fields, complaints in (
            ({'longitude': '1'}, ['latitude is missing', 'no location']),
            ({'longitude': '1e1', 'latitude': '2'}, ['longitude makes no sense', 'no location']),
            ({'longitude': '1', 'latitude': '2' * 100}, ['latitude makes no sense', 'no location']),
            ({'longitude': '1', 'latitude': '2', 'source': b'\x1b[2J\xff', 'sample_time': 'now'},
             ['source makes no sense', 'sample_time makes no sense']),
            ({'other': 'x', 'source': 'GPS'}, ['longitude is missing', 'latitude is missing', 'no location'])):
        write(**fields)
        out, err = ctl('location', 'show', ICCID, status=NO)
        assert len(out.splitlines()) == 5 and '\x1b' not in out + err, (fields, out)
        assert len(err.splitlines()) == len(complaints), (fields, err)
        for line, complaint in zip(err.splitlines(), complaints):
            assert complaint in line, (fields, err)
    write(other='x')
    assert 'has no location' in ctl('location', 'show', ICCID, status=NO)[1]
    redis.command('SET', key, 'x')
    for command in ['show', ICCID], ['set', ICCID, *BERLIN]:
        out, err = ctl('location', *command, status=STORE)
        assert out == '' and 'another type' in err and key in err, err
    ctl('location', 'clear', ICCID)
    redis.command('HSET', f'simgate:loc:{{{THIRD}}}', 'longitude', '1')  # its device is gone
    assert ctl('location', 'clear', THIRD)[0] == f'{THIRD} cleared\n'


def test_files(scope):
    """Columns of the devices' file count until something else is said; a prefix has a location for each device."""
    store = MemoryStore(scope, 'iccid,address,status,longitude,latitude,source\n'
                        f'{ICCID},10.0.0.1,active,1.50,2,GPS\n8988280600000000000,10.1.0.0/16,active,,,\n')
    ctl = store.ctl
    assert shown(ctl) == {'iccid': ICCID, 'longitude': '1.50', 'latitude': '2', 'source': 'GPS', 'sample_time': '-'}
    ctl('location', 'set', ICCID, *BERLIN, '--time', '1')
    assert shown(ctl)['longitude'] == '13.404954'
    assert ctl('location', 'clear', ICCID)[0] == f'{ICCID} cleared\n'
    ctl('location', 'show', ICCID, status=NO)
    one, another = '8988280600000000258', '8988280600000000259'
    ctl('location', 'set', one, *BERLIN)
    assert shown(ctl, one)['iccid'] == one
    assert 'has no location' in ctl('location', 'show', another, status=NO)[1]
    ctl('location', 'show', '8988280600000065536', status=NO)
    with open(store.path + '.state', 'a', encoding='utf-8') as file:
        file.write('nonsense\n')
    out, err = ctl('location', 'show', ICCID, status=NO)
    assert out == '' and err.startswith(store.path + '.state:'), err


def test_redis_is_away(scope):
    ctl = Ctl('redis+unix:///nonexistent')
    for command in ['set', ICCID, *BERLIN], ['show', ICCID], ['clear', ICCID]:
        out, err = ctl('location', *command, status=STORE)
        assert out == '' and 'was not reached' in err, (command, err)


if __name__ == '__main__':
    tap.main()
