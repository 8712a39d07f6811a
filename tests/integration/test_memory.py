#!/usr/bin/env python3
"""Memory stays where it is, whatever the broker and the store do and however many messages come meanwhile."""

import time

from flood import Flood
from harness import Broker, Device, Gateway, Redis, coap, tap, wait_until
from harness.gateway import DEVICES

WARM_UP, SECONDS = 2.5, 5
GROWTH = 2048  # KiB; 100 bytes that each message leaves behind would be more

# Budgets that are full when the gateway is warm.
SETTINGS = {'telemetry.format': 'raw', 'telemetry.deadline': '1s', 'coap.ack_delay': '200ms',
            'coap.dedup_memory': '1M', 'coap.max_exchanges': '512', 'mqtt.queue': '1024',
            'gateway.log_level': 'info', 'gateway.drain_timeout': '200ms'}


def resident(pid):
    """KiB"""
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))


def assert_flat(gateway, flood, warm_up=WARM_UP, seconds=SECONDS):
    time.sleep(warm_up)
    before, sent = resident(gateway.process.pid), flood.sent
    time.sleep(seconds)
    growth, sent = resident(gateway.process.pid) - before, flood.sent - sent
    tap.print_comment(f'{flood}; {before} KiB, grown by {growth} KiB in {sent} messages')
    assert sent > 1000 * seconds, 'too few messages to tell'
    assert growth <= GROWTH


def assert_recovers(scope, gateway, flood):
    flood.end()
    gateway.wait_ready()
    wait_until(lambda: gateway.metrics().sum('simgate_degraded') == 0, 'the store is back')
    wait_until(lambda: gateway.metrics().sum('simgate_coap_exchanges') == 0, 'nothing is in progress')
    wait_until(lambda: gateway.metrics().sum('simgate_publications_outstanding') == 0, 'nothing outstanding')
    device = Device(scope, gateway.coap, '127.0.0.7')
    outcome = device.request(coap.post('data', payload=b'afterwards'))
    assert outcome.code == coap.CHANGED and outcome.sent == 1


def test_all_well(scope):
    gateway = Gateway(scope, Broker(scope), settings=SETTINGS)
    flood = Flood(scope, gateway.coap)
    assert_flat(gateway, flood)
    assert flood.codes['2.04'] > 0.9 * flood.sent - 1000
    assert_recovers(scope, gateway, flood)


def test_broker_down(scope):
    broker = Broker(scope)
    gateway = Gateway(scope, broker, settings=SETTINGS)
    broker.kill()
    gateway.wait_ready(False)
    flood = Flood(scope, gateway.coap)
    assert_flat(gateway, flood)
    assert set(flood.codes) == {'5.02'}
    assert flood.codes['5.02'] > 0.9 * flood.sent - 1000
    broker.start()
    assert_recovers(scope, gateway, flood)


def test_broker_frozen(scope):
    broker = Broker(scope)
    gateway = Gateway(scope, broker, settings=SETTINGS)
    broker.freeze()
    flood = Flood(scope, gateway.coap)
    assert_flat(gateway, flood)
    metrics = gateway.metrics()
    assert metrics.sum('simgate_coap_exchanges') <= 2 * 512
    assert metrics.sum('simgate_publications_queued') <= 2 * 1024
    assert flood.codes['5.03'] > 0 and flood.max_ages == {5}
    assert flood.codes['5.04'] > 0 and flood.codes['0.00'] > 0
    assert set(flood.codes) == {'0.00', '5.03', '5.04'}
    broker.thaw()
    assert_recovers(scope, gateway, flood)


def test_store(scope):
    """Well, full, hung and gone, one after the other."""
    redis = Redis(scope, devices=DEVICES, persistent=True)
    gateway = Gateway(scope, Broker(scope), redis=redis, settings=SETTINGS)
    flood = Flood(scope, gateway.coap)
    time.sleep(WARM_UP)
    phases = [('well', lambda: None, lambda: None),
              ('full', lambda: redis.command('CONFIG', 'SET', 'maxmemory', 1),
               lambda: redis.command('CONFIG', 'SET', 'maxmemory', 0)),
              ('frozen', redis.freeze, redis.thaw), ('gone', redis.kill, redis.start)]
    for name, fail, heal in phases:
        fail()
        tap.print_comment(f'the store is {name}:')
        assert_flat(gateway, flood, warm_up=0.5, seconds=3)
        heal()
    assert flood.codes['2.04'] > 0.5 * flood.sent and set(flood.codes) <= {'0.00', '2.04', '5.02', '5.03', '5.04'}
    assert_recovers(scope, gateway, flood)


if __name__ == '__main__':
    tap.main()
