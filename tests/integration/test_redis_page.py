#!/usr/bin/env python3
"""docs/redis.md is true: its commands do what it says, and the rights that it names suffice and are needed."""

import json
import os
import re
import subprocess

from ctl import ICCID, OTHER, STORE, Ctl
from harness import Broker, Device, Gateway, Redis, coap, tap, wait_until

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/redis.md'), encoding='utf-8') as page:
    PAGE = page.read()

ADDRESS = '100.91.200.24'
TEMPLATE = '{"sense": [{"asset": "on", "value": {"byte": 4, "bytelength": 1, "type": "boolean"}}]}'


def section(title):
    return re.search(rf'^##+ {title}\n(.*?)(?=^##)', PAGE, re.M | re.S).group(1)


def paragraphs(text):
    """Its indented lines, each block of them as a script."""
    return [re.sub('^    ', '', block, flags=re.M) for block in re.findall(r'(?:^    .*\n)+', text, re.M)]


def run(redis, script):
    """Runs a script whose redis-cli is that of a test. Returns what it printed."""
    function = 'redis-cli() { command redis-cli -s "$SOCKET" "$@"; }\n'
    return subprocess.run(['bash', '-euo', 'pipefail', '-c', function + script], check=True, text=True, timeout=60,
                          env={**os.environ, 'SOCKET': redis.socket}, stdout=subprocess.PIPE).stdout.split()


def rights(user):
    """The words behind ACL SETUSER, for the password "PASSWORD"."""
    return re.search(rf'^    ACL SETUSER ({user} .*)$', PAGE, re.M).group(1).split()


def test_commands_by_hand(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    add, look, refuse, move, remove, count = paragraphs(section('By hand'))
    run(redis, add)
    assert ctl.show(ADDRESS) == ({'iccid': ICCID, 'address': ADDRESS, 'status': 'active', 'imsi': '901405100002864',
                                  'location_allowed': '-', 'template': '-', 'psk': 'false', 'longitude': '-',
                                  'latitude': '-', 'source': '-', 'sample_time': '-'}, '')
    assert run(redis, look)[:3] == [ICCID, 'status', 'active']
    off, on = refuse.splitlines()
    run(redis, off)
    assert ctl.show(ICCID)[0]['status'] == 'inactive'
    run(redis, on)
    assert ctl.show(ICCID)[0]['status'] == 'active'
    assert run(redis, move)[0] == 'OK'
    assert ctl.show('fd00:0:0:1::')[0]['address'] == 'fd00:0:0:1::'
    assert redis.keys('addr:*') == [b'addr:fd00:0:0:1::']
    assert run(redis, count) == ['1', '0']
    redis.command('HSET', f'simgate:psk:{{{ICCID}}}', 'key', 'my-own-secret')
    redis.command('HSET', f'simgate:loc:{{{ICCID}}}', 'longitude', '1', 'latitude', '2')
    assert run(redis, remove) == ['4'] and redis.keys() == []


def test_commands_of_simgatectl(scope):
    redis = Redis(scope)
    script = paragraphs(section('simgatectl'))[0].replace('redis://127.0.0.1:6379', redis.url)
    function = 'simgatectl() { command "$SIMGATECTL" "$@"; }\n'
    said = run(redis, function + script)
    assert [said[i + 1] for i, word in enumerate(said[:-1]) if word == ICCID] == [
        'added', 'address', 'updated', 'updated', 'removed'], said
    assert redis.keys() == []


def test_commands_of_locations_and_templates(scope):
    redis = Redis(scope, devices=f'iccid,address,status\n{ICCID},{ADDRESS},active\n')
    device = redis.keys()
    path = os.path.join(scope.directory(), 'template.json')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(TEMPLATE)
    prepare = 'export SIMGATE_STORE_URL=redis+unix://$SOCKET\nsimgatectl() { command "$SIMGATECTL" "$@"; }\n'
    said = run(redis, prepare + paragraphs(section('Locations and templates by simgatectl'))[0].replace('FILE', path))
    assert [word for word in said if word.endswith('ed')] == [
        'updated', 'cleared', 'added', 'activated', 'deactivated', 'removed'], said
    assert redis.keys() == device


def test_keys_are_as_described(scope):
    redis = Redis(scope)
    redis.import_devices(f'iccid,address,status\n{ICCID},127.0.0.7,active\n')
    gateway = Gateway(scope, Broker(scope), settings={'store.url': redis.url})
    device = Device(scope, gateway.coap, '127.0.0.7')
    assert device.request(coap.post('data', payload=b'1', mid=0x1234)).code == coap.CHANGED
    key = b'simgate:x:' + bytes([127, 0, 0, 7]) + device.port.to_bytes(2, 'big') + b'\x12\x34'
    assert wait_until(lambda: int(redis.command('GET', key) or 0) % 256 == 68, 'the outcome is stored')
    assert 240000 < redis.command('PTTL', key) <= 247000


def test_keys_of_devices(scope):
    redis = Redis(scope)
    redis.import_devices(f'iccid,address,status\n{ICCID},127.0.0.7,active\n')
    gateway = Gateway(scope, settings={'store.url': redis.url, 'coaps.public_url': 'coaps://127.0.0.1'})
    device = Device(scope, gateway.coap, '127.0.0.7')
    key = f'simgate:psk:{{{ICCID}}}'

    def bootstrap():
        return device.request(coap.get('bootstrap')).payload.split(b',')[1]

    def call_was_earlier(seconds):
        redis.command('HINCRBY', key, 'called', -1000 * seconds)

    first = bootstrap()
    assert redis.command('HGET', key, 'key') == first and redis.command('HGET', key, 'origin') == b'generated'
    call_was_earlier(295)
    assert bootstrap() == first
    call_was_earlier(300)
    second = bootstrap()
    assert second != first and redis.command('HGET', key, 'key') == second
    example, by_hand, by_simgatectl = paragraphs(section('Keys of devices'))
    users, forget = example.splitlines()
    run(redis, users)
    call_was_earlier(3600)
    assert bootstrap() == b'my-own-secret'
    run(redis, forget)
    assert bootstrap() not in (first, second, b'my-own-secret')
    redis.command('HSET', key, 'proved', 'my-old-secret', 'proved_format', 'text')
    assert run(redis, by_hand) == ['2', '1']
    assert redis.command('HGET', f'simgate:dev:{{{ICCID}}}', 'psk_epoch') == b'1'
    path = os.path.join(scope.directory(), 'key')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('my-own-secret\n')
    said = run(redis, 'export SIMGATE_STORE_URL=redis+unix://$SOCKET\n'
               'simgatectl() { command "$SIMGATECTL" "$@"; }\n' + by_simgatectl.replace('FILE', path))
    assert said[:2] == said[-2:] == [ICCID, 'updated'], said
    assert redis.keys('psk:*') == []


def test_locations(scope):
    redis = Redis(scope)
    redis.import_devices(f'iccid,address,status,location_allowed\n{ICCID},127.0.0.7,active,yes\n')
    gateway = Gateway(scope, settings={'store.url': redis.url})
    device = Device(scope, gateway.coap, '127.0.0.7')
    put, look, remove = paragraphs(section('Locations'))[0].splitlines()
    assert device.request(coap.get('location')).code == coap.code('4.04')
    run(redis, put)
    response = device.request(coap.get('location'))
    assert response.code == coap.CONTENT
    assert response.payload == b'Longitude,Latitude,Source,SampleTime\n13.404954,52.520008,GPS,1700000000\n'
    assert run(redis, look) == ['longitude', '13.404954', 'latitude', '52.520008', 'source', 'GPS', 'sample_time',
                                '1700000000']
    run(redis, remove)
    assert device.request(coap.get('location')).code == coap.code('4.04')


def test_templates(scope):
    redis = Redis(scope)
    redis.import_devices(f'iccid,address,status\n{ICCID},127.0.0.7,active\n')
    gateway = Gateway(scope, Broker(scope), settings={'store.url': redis.url})
    device = Device(scope, gateway.coap, '127.0.0.7')
    put, activate, opt_out, deactivate, remove = paragraphs(section('Templates'))[0].splitlines()
    path = os.path.join(scope.directory(), 'meter.json')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('{"sense": []}\n')

    def is_translated():
        before = gateway.metrics().sum('simgate_translations_total')
        assert device.request(coap.post('data', payload=b'1')).code == coap.CHANGED
        return gateway.metrics().sum('simgate_translations_total') > before

    def not_translated():
        return not is_translated()

    run(redis, put.replace('meter.json', path))
    assert not is_translated()
    run(redis, activate)
    wait_until(is_translated, 'the active template is used')
    run(redis, opt_out)
    wait_until(not_translated, 'the device has none')
    redis.command('HSET', f'simgate:dev:{{{ICCID}}}', 'template', 'meter')
    run(redis, deactivate)
    wait_until(is_translated, 'the device names one')
    redis.command('HDEL', f'simgate:dev:{{{ICCID}}}', 'template')
    wait_until(not_translated, 'none is active')
    run(redis, remove)
    assert redis.keys('template:*') == []


def log_in(scope, user):
    redis = Redis(scope)
    redis.command('ACL', 'SETUSER', *rights(user))
    return redis


def test_rights_of_gateways(scope):
    redis = log_in(scope, 'simgate')
    redis.import_devices(f'iccid,address,status,location_allowed\n{ICCID},127.0.0.7,active,yes\n')
    redis.command('SET', 'simgate:active_template', 'tracker')
    redis.command('SET', 'simgate:template:tracker', json.dumps({'sense': [
        {'asset': part, 'custom_type': f'location_{part}', 'value': {'byte': i, 'bytelength': 1, 'type': 'uint'}}
        for i, part in enumerate(('lat', 'long'))]}))
    broker = Broker(scope)
    gateway = Gateway(scope, broker, settings={'store.url': redis.url, 'redis.username': 'simgate',
                                               'redis.password': 'PASSWORD',
                                               'coaps.public_url': 'coaps://127.0.0.1'})
    device = Device(scope, gateway.coap, '127.0.0.7')

    def post():
        return device.request(coap.post('data', payload=b'\x07\x08')).code

    assert post() == coap.CHANGED
    assert wait_until(lambda: redis.command('HGETALL', f'simgate:loc:{{{ICCID}}}')[:4], 'the location is stored') == [
        b'longitude', b'8', b'latitude', b'7']
    for status, code in (('inactive', coap.code('4.01')), ('active', coap.CHANGED)):
        redis.command('HSET', f'simgate:dev:{{{ICCID}}}', 'status', status)
        wait_until(lambda: post() == code, f'{status} takes effect', 5)
    assert device.request(coap.get('bootstrap')).code == coap.CONTENT
    assert device.request(coap.get('location')).code == coap.CONTENT
    broker.stop()  # what comes to nothing is released
    wait_until(lambda: post() == coap.code('5.02'), 'the broker is missed')
    assert redis.command('ACL', 'LOG') == []
    assert gateway.metrics().sum('simgate_store_errors_total') == 0


def test_rights_of_simgatectl(scope):
    redis = log_in(scope, 'simgatectl')
    ctl = Ctl(f'{redis.url}?db=1', '--username', 'simgatectl', environment={'SIMGATE_REDIS_PASSWORD': 'PASSWORD'})
    add = ['device', 'add', ICCID, '--address', '10.0.0.1,10.0.0.2', '--imsi', '123456']

    def everything():
        ctl(*add)
        ctl('device', 'set', ICCID, '--address', '10.0.0.1', '--imsi', '')
        ctl('device', 'add', OTHER, '--address', '10.0.0.1,10.0.0.2', '--take-address')
        ctl('device', 'deactivate', OTHER)
        ctl('psk', 'set', OTHER, '--key', 'my-own-secret')
        ctl('psk', 'show', OTHER)
        ctl('psk', 'reset', OTHER)
        assert ctl.show('10.0.0.2')[0]['status'] == 'inactive' and len(ctl.list()) == 2
        locations_and_templates()
        ctl('device', 'remove', ICCID)
        ctl('device', 'remove', OTHER)

    def locations_and_templates():
        ctl('location', 'set', ICCID, '--longitude', '1', '--latitude', '2')
        ctl('location', 'show', ICCID)
        ctl('location', 'clear', ICCID)
        ctl('template', 'add', 'a', '-', stdin=TEMPLATE)
        ctl('template', 'activate', 'a')
        ctl('template', 'list')
        ctl('template', 'deactivate')
        ctl('template', 'remove', 'a')

    everything()
    path = os.path.join(scope.directory(), 'devices.csv')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('iccid,address,status,longitude,latitude,psk\n8988280600000000000,10.0.1.0/28,active,,,\n'
                   '8988280700000000000,10.0.2.1,active,1,2,my-own-secret\n')
    assert ctl('import', path)[0].startswith('17 added')
    assert len(ctl('export', '--reveal')[0].splitlines()) == 18
    assert redis.command('ACL', 'LOG') == []

    for right in (word for word in rights('simgatectl') if word.startswith('+')):
        redis.command('ACL', 'SETUSER', 'simgatectl', '-' + right[1:])
        try:
            everything()
        except AssertionError as error:
            assert 'its user lacks a right' in str(error), error
        else:
            raise AssertionError(f'{right} is not needed')
        redis.command('ACL', 'SETUSER', 'simgatectl', right)
        redis.command('FLUSHALL')
    _, err = Ctl(redis.url, '--username', 'simgatectl', '--prefix', 'other:',
                 environment={'SIMGATE_REDIS_PASSWORD': 'PASSWORD'})(*add, status=STORE)
    assert 'its user lacks a right' in err
    assert redis.keys() == []


if __name__ == '__main__':
    tap.main()
