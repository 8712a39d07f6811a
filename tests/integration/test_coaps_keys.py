#!/usr/bin/env python3
"""Keys that change: a new one every five minutes, whose delivery may fail, and never a locked-out device."""

from harness import Redis, SecureDevice, coap, tap, wait_until
from harness.gateway import DEVICES
from rig import ask
from test_coaps import SEVENTH, SecureRig

PSK = f'simgate:psk:{{{SEVENTH}}}'
FIVE_MINUTES = 5 * 60 * 1000


def assert_served(rig, key):
    device = SecureDevice(rig.scope, rig.gateway.coaps, SEVENTH, key)
    assert ask(device, coap.post('data')).code == coap.CHANGED
    device.end()


def assert_refused(rig, key):
    assert 'decrypt error' in SecureDevice(rig.scope, rig.gateway.coaps, SEVENTH, key).refused()


def test_the_old_key_is_good_until_the_new_one_is_proved(scope):
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, redis=redis)
    old = rig.bootstrap()[1]
    assert_served(rig, old)
    wait_until(lambda: redis.command('HGET', PSK, 'proved') == old, 'it is proved')
    assert rig.bootstrap()[1] == old
    redis.command('HINCRBY', PSK, 'called', -FIVE_MINUTES)
    new = rig.bootstrap()[1]  # and the response is lost
    assert new != old
    assert_refused(rig, old)  # the newest has its turn first
    assert_served(rig, old)
    assert_refused(rig, old)
    assert_served(rig, old)
    assert redis.command('HGET', PSK, 'proved') == old
    assert_served(rig, new)
    wait_until(lambda: redis.command('HGET', PSK, 'proved') == new, 'the new one is proved')
    for _ in range(2):
        assert_refused(rig, old)
    assert_served(rig, new)


def test_a_users_key_stays(scope):
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, redis=redis)
    redis.command('HSET', PSK, 'key', '00112233445566778899', 'format', 'hex', 'origin', 'user', 'called', 1)
    assert rig.bootstrap()[1] == b'00112233445566778899'
    assert_served(rig, bytes.fromhex('00112233445566778899'))


def test_without_the_store_associations_go_on(scope):
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, {'redis.timeout': '400ms'}, redis=redis)
    key = rig.bootstrap()[1]
    device = SecureDevice(scope, rig.gateway.coaps, SEVENTH, key)
    assert ask(device, coap.post('data')).code == coap.CHANGED
    redis.stop()
    wait_until(lambda: rig.count('simgate_degraded') == 1, 'the gateway knows')
    assert ask(device, coap.post('data')).code == coap.CHANGED
    assert 'internal error' in SecureDevice(scope, rig.gateway.coaps, SEVENTH, key).refused()
    assert rig.dtls('handshakes_total', outcome='unavailable') == 1
    assert rig.dtls('associations') == 1
    assert ask(device, coap.post('data')).code == coap.CHANGED
    redis.start()
    redis.import_devices(DEVICES)
    redis.command('HSET', PSK, 'key', key)
    wait_until(lambda: rig.count('simgate_degraded') == 0, 'the gateway is itself again')
    assert_served(rig, key)


if __name__ == '__main__':
    tap.main()
