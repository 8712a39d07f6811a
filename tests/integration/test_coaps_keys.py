#!/usr/bin/env python3
"""Keys that change: a new one every five minutes, whose delivery may fail, and never a locked-out device."""

import re
import time

from harness import Redis, SecureDevice, coap, tap, wait_until
from harness.gateway import DEVICES
from redis_proxy import RedisProxy
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
    lost = rig.bootstrap()[1]  # and so is the response
    redis.command('HINCRBY', PSK, 'called', -FIVE_MINUTES)
    new = rig.bootstrap()[1]  # and this one
    assert len({old, lost, new}) == 3
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


def scripts_run(redis):
    stats = redis.command('INFO', 'commandstats').decode()
    return sum(int(n) for n in re.findall(r'cmdstat_eval:calls=(\d+)', stats))


def test_a_proved_key_is_not_proved_again(scope):
    """Its scripts go before the message's own commands, by the same connection."""
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, redis=redis)
    key = rig.bootstrap()[1]
    assert_served(rig, key)
    assert redis.command('HGET', PSK, 'proved') == key
    before = scripts_run(redis)
    assert before == 2, 'of the bootstrap call, and of the proof'
    for _ in range(2):
        assert_served(rig, key)
    redis.command('HSET', PSK, 'origin', 'user')
    assert_served(rig, key)
    assert scripts_run(redis) == before


def test_a_users_key_stays(scope):
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, redis=redis)
    redis.command('HSET', PSK, 'key', '00112233445566778899', 'format', 'hex', 'origin', 'user', 'called', 1)
    assert rig.bootstrap()[1] == b'00112233445566778899'
    assert_served(rig, bytes.fromhex('00112233445566778899'))


def test_a_slow_store_delays_a_handshake_and_nothing_else(scope):
    redis = Redis(scope, devices=DEVICES)
    proxy = RedisProxy(scope, redis)
    rig = SecureRig(scope, {'store.url': proxy.url, 'redis.timeout': '2s'})
    known = rig.secure('127.0.0.8')
    assert ask(known, coap.post('data')).code == coap.CHANGED
    key = rig.bootstrap()[1]
    proxy.delay = 0.7
    start = time.monotonic()
    device = SecureDevice(scope, rig.gateway.coaps, SEVENTH, key)
    assert ask(known, coap.get('.well-known/core')).code == coap.CONTENT
    assert time.monotonic() - start < 0.7, 'others waited'
    assert ask(device, coap.get('.well-known/core')).code == coap.CONTENT
    assert 0.7 < time.monotonic() - start < 2
    assert rig.dtls('retransmissions_total') == 0, 'what the client sent was held'


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
