#!/usr/bin/env python3
"""simgatectl template: adding, activating and removing templates, the same on both stores, and trying them."""

import json
import os
import subprocess

from ctl import ICCID, NO, OTHER, SIMGATECTL, STORE, USAGE, Ctl
from ctl_stores import DEVICES, MemoryStore, RedisStore, both_stores
from harness import tap

CLIMATE = '''\
{
  "sense": [
    {"asset": "Temperature", "value": {"byte": 0, "bytelength": 2, "type": "int"}},
    {"asset": "Humidity", "value": {"byte": 2, "bytelength": 2, "type": "int"}},
    {"asset": "Switch", "value": {"byte": 4, "bytelength": 1, "type": "boolean"}}
  ]
}
'''
TRACKER = '''\
{"sense": [
  {"asset": "gps.lat", "value": {"byte": 0, "bytelength": 4, "type": "float"}, "custom_type": "location_lat"},
  {"asset": "gps.lon", "value": {"byte": 4, "bytelength": 4, "type": "float"}, "custom_type": "location_long"},
  {"asset": "name", "value": {"byte": 8, "endbyte": 0, "type": "string"}}
]}
'''
EMPTY = '{"sense": []}'
BROKEN = '{"sense": [\n  ?]}'


def listed(ctl, status=0):
    """name → (bytes, active, compiles), and standard error."""
    out, err = ctl('template', 'list', '--output', 'json', status=status)
    rows = [json.loads(line) for line in out.splitlines()]
    return {row['name']: (row['bytes'], row['active'], row['compiles']) for row in rows}, err


@both_stores
def test_add_and_show(store):
    ctl = store.ctl
    assert ctl('template', 'add', 'climate', '-', stdin=CLIMATE) == ('climate added\n', '')
    assert ctl('template', 'add', 'Empty.1_x-', '-', stdin=EMPTY) == ('Empty.1_x- added\n', '')
    assert store.templates() == {'climate': CLIMATE, 'Empty.1_x-': EMPTY}
    assert ctl('template', 'show', 'climate') == (CLIMATE, '')
    assert ctl('template', 'show', 'Empty.1_x-') == (EMPTY, '')
    assert ctl('template', 'show', 'other', status=NO) == ('', 'simgatectl: there is no template other\n')


@both_stores
def test_add_replaces_only_when_told_to(store):
    ctl = store.ctl
    ctl('template', 'add', 'a', '-', stdin=CLIMATE)
    assert ctl('template', 'add', 'a', '-', stdin=CLIMATE)[0] == 'a unchanged\n'
    _, err = ctl('template', 'add', 'a', '-', stdin=EMPTY, status=NO)
    assert 'there is a template a already' in err and '--replace' in err, err
    assert store.templates() == {'a': CLIMATE}
    assert ctl('template', 'add', 'a', '-', '--replace', stdin=EMPTY)[0] == 'a updated\n'
    assert ctl('template', 'add', 'a', '-', '--replace', stdin=EMPTY)[0] == 'a unchanged\n'
    assert ctl('template', 'add', 'b', '-', '--replace', stdin=EMPTY)[0] == 'b added\n'
    assert store.templates() == {'a': EMPTY, 'b': EMPTY}


@both_stores
def test_add_refuses_what_does_not_compile(store):
    ctl = store.ctl
    for text, where in ((BROKEN, '-:2:'), ('', '-:1:'), ('[]', '-:1:'), ('{"sense": [{"asset": 1}]}', '-:1:'),
                        ('{"sense": []}\0', '-:1:'), ('{"sense": []}' + ' ' * 65536, '-:1:')):
        out, err = ctl('template', 'add', 'a', '-', stdin=text, status=NO)
        assert out == '' and err.startswith(where) and err.count('\n') == 1, (text[:30], err)
    assert ctl('template', 'add', 'a', '/nonexistent.json', status=NO)[1] == \
        'simgatectl: /nonexistent.json: No such file or directory\n'
    assert 'directory' in ctl('template', 'add', 'a', '/', status=NO)[1]
    assert store.templates() == {}
    largest = EMPTY + ' ' * (65536 - len(EMPTY))
    ctl('template', 'add', 'largest', '-', stdin=largest)
    assert store.templates() == {'largest': largest}


@both_stores
def test_activate_and_deactivate(store):
    ctl = store.ctl
    assert ctl('template', 'deactivate') == ('no template is active\n', '')
    ctl('template', 'add', 'a', '-', stdin=CLIMATE)
    ctl('template', 'add', 'b', '-', stdin=EMPTY)
    assert store.active() == ''
    assert ctl('template', 'activate', 'a') == ('a activated\n', '')
    assert ctl('template', 'activate', 'a') == ('a unchanged\n', '')
    assert store.active() == 'a'
    assert ctl('template', 'activate', 'none', status=NO) == ('', 'simgatectl: there is no template none\n')
    store.write_template('broken', BROKEN)
    out, err = ctl('template', 'activate', 'broken', status=NO)
    assert out == '' and err.startswith('broken:2:'), err
    assert store.active() == 'a'
    assert ctl('template', 'activate', 'b') == ('b activated\n', '')
    assert store.active() == 'b'
    assert ctl('template', 'deactivate') == ('b deactivated\n', '')
    assert store.active() == ''


@both_stores
def test_remove(store):
    ctl = store.ctl
    for name in 'a', 'b', 'c':
        ctl('template', 'add', name, '-', stdin=EMPTY)
    ctl('template', 'activate', 'a')
    out, err = ctl('template', 'remove', 'a', status=NO)
    assert out == '' and 'a is the active template' in err, err
    assert ctl('template', 'remove', 'b') == ('b removed\n', '')
    assert ctl('template', 'remove', 'b', status=NO) == ('', 'simgatectl: there is no template b\n')
    assert store.templates() == {'a': EMPTY, 'c': EMPTY} and store.active() == 'a'
    ctl('template', 'deactivate')
    ctl('template', 'remove', 'a')
    assert store.templates() == {'c': EMPTY}


@both_stores
def test_remove_tells_of_devices_that_name_it(store):
    ctl = store.ctl
    ctl('template', 'add', 'a', '-', stdin=EMPTY)
    ctl('template', 'add', 'ab', '-', stdin=EMPTY)
    store.name_template(ICCID, 'a')
    store.name_template(OTHER, 'a')
    assert ctl('template', 'remove', 'ab') == ('ab removed\n', '')
    out, err = ctl('template', 'remove', 'a')
    assert out == 'a removed\n' and 'devices that name it: 2' in err, err


@both_stores
def test_list(store):
    ctl = store.ctl
    assert listed(ctl) == ({}, '')
    ctl('template', 'add', 'b', '-', stdin=CLIMATE)
    ctl('template', 'add', 'a', '-', stdin=EMPTY)
    ctl('template', 'activate', 'b')
    assert listed(ctl) == ({'a': (len(EMPTY), False, True), 'b': (len(CLIMATE), True, True)}, '')
    assert [line.split() for line in ctl('template', 'list')[0].splitlines()] == [
        ['NAME', 'BYTES', 'ACTIVE', 'COMPILES'], ['a', str(len(EMPTY)), 'false', 'true'],
        ['b', str(len(CLIMATE)), 'true', 'true']]


@both_stores
def test_list_marks_what_does_not_compile(store):
    ctl = store.ctl
    ctl('template', 'add', 'fine', '-', stdin=EMPTY)
    store.write_template('broken', BROKEN)
    found, err = listed(ctl, status=NO)
    assert found == {'broken': (len(BROKEN), False, False), 'fine': (len(EMPTY), False, True)}, found
    assert err.startswith('broken:2:') and err.count('\n') == 1, err
    assert ctl('template', 'show', 'broken')[0] == BROKEN
    assert ctl('template', 'remove', 'broken')[0] == 'broken removed\n'
    assert listed(ctl)[1] == ''


def test_nonsense_in_redis(scope):
    store = RedisStore(scope, '')
    ctl, redis = store.ctl, store.redis
    redis.command('SET', 'simgate:active_template', 'gone')
    assert 'the active template is gone, and there is none with this name' in listed(ctl, status=NO)[1]
    redis.command('SET', 'simgate:active_template', b'\x1b[2J\xff' + b'x' * 100)
    out, err = ctl('template', 'list', status=NO)
    assert 'the active template is ?[2J?xxx' in err and '\x1b' not in out + err, err
    redis.command('DEL', 'simgate:active_template')
    redis.command('HSET', 'simgate:active_template', 'a', 'b')
    assert 'the active template is ?,' in listed(ctl, status=NO)[1]
    redis.command('HSET', 'simgate:template:hash', 'a', 'b')
    for name in b'.x', b'', b'-', b'a b', b'\xff', b'x' * 65:
        redis.command('SET', b'simgate:template:' + name, EMPTY)
    redis.command('SET', 'simgate:template:binary', b'\x00\x1b\xff')
    found, err = listed(ctl, status=NO)
    assert found == {'hash': (0, False, False), 'binary': (3, False, False)}, found
    assert 'hash:1:1: what the store has is no text' in err and 'whose name is not legal: 6' in err, err
    assert '\x1b' not in err
    assert 'is no text' in ctl('template', 'show', 'hash', status=NO)[1]
    assert ctl('template', 'add', 'hash', '-', stdin=EMPTY, status=NO)[0] == ''
    assert ctl('template', 'add', 'hash', '-', '--replace', stdin=EMPTY)[0] == 'hash updated\n'
    assert ctl('template', 'activate', 'hash')[0] == 'hash activated\n'
    assert store.active() == 'hash'
    redis.command('SET', 'simgate:template:long', '{"sense": []}' + ' ' * 65536)
    assert 'long:1:1: longer than 65536 bytes' in listed(ctl, status=NO)[1]


def test_nonsense_in_files(scope):
    store = MemoryStore(scope, DEVICES)
    ctl = store.ctl
    ctl('template', 'add', 'a', '-', stdin=EMPTY)
    for name, text in (('active', 'gone\n'), ('a b.json', EMPTY), ('long.json', ' ' * 65537), ('a.txt', '')):
        path = os.path.join(store.folder, name)
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        for command in ['list'], ['show', 'a'], ['activate', 'a']:
            out, err = ctl('template', *command, status=NO)
            assert out == '' and err.startswith(f'{path}: ') and err.count('\n') == 1, (command, err)
        os.remove(path)
    assert listed(ctl) == ({'a': (len(EMPTY), False, True)}, '')


def test_there_is_no_such_file(scope):
    path = os.path.join(scope.directory(), 'devices.csv')
    for command in (['add', 'a', '-'], ['list'], ['show', 'a'], ['activate', 'a'], ['deactivate'], ['remove', 'a']):
        out, err = Ctl(f'memory:{path}')('template', *command, stdin=EMPTY, status=NO)
        assert (out, err) == ('', f'{path}: No such file or directory\n'), command
    assert os.listdir(os.path.dirname(path)) == []


def test_fleets_are_apart(scope):
    store = RedisStore(scope, '')
    other = Ctl(store.redis.url, '--prefix', 'a*[b]?:')
    store.ctl('template', 'add', 'a', '-', stdin=EMPTY)
    other('template', 'add', 'b', '-', stdin=EMPTY)
    other('template', 'activate', 'b')
    assert list(listed(store.ctl)[0]) == ['a'] and list(listed(other)[0]) == ['b']
    assert store.active() == ''
    assert store.redis.command('GET', 'a*[b]?:active_template') == b'b'


def test_nothing_is_written_where_nothing_changes(scope):
    """Each write makes every gateway look its templates up again."""
    store = RedisStore(scope, '')
    ctl = store.ctl
    ctl('template', 'add', 'a', '-', stdin=EMPTY)
    ctl('template', 'activate', 'a')

    def writes():
        return [line for line in store.redis.command('INFO', 'persistence').decode().splitlines()
                if line.startswith('rdb_changes_since_last_save:')]

    before = writes()
    ctl('template', 'add', 'a', '-', '--replace', stdin=EMPTY)
    ctl('template', 'activate', 'a')
    assert writes() == before


def test_redis_is_away(scope):
    ctl = Ctl('redis+unix:///nonexistent')
    for command in (['add', 'a', '-'], ['list'], ['show', 'a'], ['activate', 'a'], ['deactivate'], ['remove', 'a']):
        out, err = ctl('template', *command, stdin=EMPTY, status=STORE)
        assert out == '' and 'was not reached' in err, (command, err)


@both_stores
def test_wrong_usage(store):
    ctl = store.ctl
    for wrong in (['add'], ['add', 'a'], ['add', '-', '-'], ['add', '.a', '-'], ['add', 'a/b', '-'],
                  ['add', 'x' * 65, '-'], ['add', '', '-'], ['show'], ['show', ''], ['show', 'a b'], ['activate'], ['activate', '-'],
                  ['deactivate', 'a'], ['remove'], ['remove', '../a'], ['list', 'a'], ['list', '--replace'],
                  ['list', '--output', 'xml'], ['show', 'a', '--output', 'json'], ['frobnicate'], []):
        out, err = ctl('template', *wrong, stdin=EMPTY, status=USAGE)
        assert out == '' and err.startswith('simgatectl: '), (wrong, out, err)
    assert store.templates() == {}


class Tester:
    """template test of a template's text, which needs no store."""

    def __init__(self, scope, text):
        self.path = os.path.join(scope.directory(), 'template.json')
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(text)

    def __call__(self, payload, *options, stdin='', status=0):
        done = subprocess.run([SIMGATECTL, 'template', 'test', self.path, payload, *options], input=stdin, text=True,
                              capture_output=True, timeout=60, check=False)
        assert done.returncode == status, f'status {done.returncode}: {payload}\n{done.stdout}{done.stderr}'
        return done.stdout, done.stderr


def test_payloads_are_shown(scope):
    test = Tester(scope, CLIMATE)
    line = '{"Temperature":26,"Humidity":55,"Switch":false}\n'
    for payload in '00 1A 00 37 00', '001a003700', '00:1a:00:37:00', ' 00 1a\t0037 : 00 ':
        assert test(payload, '--output', 'json') == (line, ''), payload
    assert test('001a003700') == ('{\n  "Temperature": 26,\n  "Humidity": 55,\n  "Switch": false\n}\n', '')
    for wrong in '0', '00 1', '0 0', 'xx', '0x00', '00-1a':
        out, err = test(wrong, status=USAGE)
        assert out == '' and 'pairs of hexadecimal digits' in err, (wrong, err)


def test_payloads_that_cannot_be_read(scope):
    test = Tester(scope, CLIMATE)
    for payload in '', '00 1a':
        out, err = test(payload, status=NO)
        assert out == '' and err.startswith('simgatectl: the template cannot read the payload: '), err
        assert len(err) > 60, err


def test_payloads_come_by_the_line(scope):
    test = Tester(scope, CLIMATE)
    payloads = '001a003700\n\n00 1b 00 38 01\r\n'
    assert test('-', '--output', 'json', stdin=payloads) == (
        '{"Temperature":26,"Humidity":55,"Switch":false}\n{"Temperature":27,"Humidity":56,"Switch":true}\n', '')
    out, err = test('-', '--output', 'json', stdin='00\nxx\n' + payloads, status=NO)
    assert out.count('\n') == 2, out
    assert [line.split(': ')[1] for line in err.splitlines()] == ['line 1', 'line 2'], err
    assert test('-') == ('', '')


def test_the_location_is_told(scope):
    test = Tester(scope, TRACKER)
    out, err = test('42 4b bc f9 40 de 98 1c 22 5c 7d 2c 3a 78')
    assert err == 'simgatectl: location: longitude 6.956068, latitude 50.934544\n', err
    assert json.loads(out) == {'gps': {'lat': 50.934544, 'lon': 6.956068}, 'name': '"\\},:x'}
    assert out.splitlines()[-2] == '  "name": "\\"\\\\},:x"', out
    out, err = test('-', '--output', 'json', stdin='461c4000 00000000 61\n00000000 00000000 61\n')
    assert out.count('\n') == 2, out
    assert err.splitlines() == [
        'simgatectl: line 1: no location is stored: half of one, or no legal coordinates',
        'simgatectl: line 2: location: longitude 0, latitude 0'], err


def test_numbers_are_not_touched(scope):
    test = Tester(scope, '{"sense": [{"asset": "n", "value": {"byte": 0, "bytelength": 8, "type": "uint"}}, []]}')
    assert test('ff ff ff ff ff ff ff ff')[0] == '{\n  "n": 18446744073709551615\n}\n'
    assert Tester(scope, EMPTY)('00')[0] == '{}\n'


def test_a_template_that_does_not_compile(scope):
    test = Tester(scope, BROKEN)
    out, err = test('00', status=NO)
    assert out == '' and err.startswith(f'{test.path}:2:') and err.count('\n') == 1, err
    command = [SIMGATECTL, 'template', 'test', '-', '-']
    done = subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    assert done.returncode == USAGE, done
    done = subprocess.run([*command[:4], '00'], capture_output=True, input=EMPTY.encode(), timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b'{}\n'), done


if __name__ == '__main__':
    tap.main()
