#!/usr/bin/env python3
"""The network between a gateway and its Redis fails, and neither is told: half-open connections."""

import time

import network
from harness import coap, tap, wait_until
from harness.gateway import DEVICES
from store_site import TIMEOUT, StoreSite, both_modes, cpu_seconds


def site_with_cable(scope, mode='serve'):
    redis = network.DistantRedis(scope, devices=DEVICES)
    return StoreSite(scope, mode, redis, redis.tcp_url)


def dev(device):
    """The key of a device of 127.0.0.0/24."""
    return f'simgate:dev:{{89882806660000000{int(device.socket.getsockname()[0].split(".")[3]):02}}}'


@both_modes
def test_answers_are_swallowed(scope, mode):
    site = site_with_cable(scope, mode)
    site.redis.swallow()
    start = time.monotonic()
    site.post(site.known[0], '2.04' if mode == 'serve' else '5.04', within=3 * TIMEOUT)
    tap.print_comment(f'store.degraded={mode}: the first answer took {time.monotonic() - start:.2f} s')
    site.assert_down()
    time.sleep(3)  # attempts to connect hang
    site.assert_down()
    site.redis.deliver()
    site.assert_recovers()
    site.assert_nothing_lost()


def test_unknown_devices_get_5_04_and_then_5_02(scope):
    site = site_with_cable(scope)
    site.redis.swallow()
    start = time.monotonic()
    site.post(site.new(), '5.04', within=3 * TIMEOUT)
    assert time.monotonic() - start > TIMEOUT / 2
    site.assert_down()
    site.redis.deliver()
    site.assert_recovers()


@both_modes
def test_the_cable_is_pulled(scope, mode):
    site = site_with_cable(scope, mode)
    site.redis.unplug()
    start = time.monotonic()
    site.wait_down()
    tap.print_comment(f'store.degraded={mode}: noticed without traffic after {time.monotonic() - start:.2f} s')
    site.assert_down()
    time.sleep(3)
    site.assert_down()
    site.redis.plug()
    site.assert_recovers()
    site.assert_nothing_lost()


def test_changes_behind_a_broken_network(scope):
    """Nothing newer than what was known is served by mistake: while Redis cannot be reached, what was
    known counts, and from the first message afterwards what Redis says."""
    site = site_with_cable(scope)
    site.redis.swallow()
    site.wait_down()
    for device in site.known:
        site.redis.command('HSET', dev(device), 'status', 'inactive')
    site.all_known('2.04')
    site.redis.deliver()
    wait_until(lambda: site.gateway.get('/readyz') == (200, 'ready\n'), '/readyz says ready')
    site.all_known('4.01')
    for device in site.known:
        site.redis.command('HSET', dev(device), 'status', 'active')
    time.sleep(0.2)
    site.all_known('2.04')
    site.assert_nothing_lost()


def test_a_short_loss_is_none(scope):
    """Shorter than redis.timeout: TCP sends again, and nobody notices but by the time that it takes."""
    site = site_with_cable(scope)
    before = site.count('simgate_store_disconnects_total')
    site.redis.swallow()
    message = coap.post('data', payload=b'patient')
    site.known[0].send(message)
    time.sleep(0.05)
    site.redis.deliver()
    assert site.known[0].receive().code == coap.CHANGED
    tap.print_comment(f'{site.count("simgate_store_disconnects_total") - before} connections lost')
    site.assert_recovers()


def test_it_ends_and_does_not_spin(scope):
    site = site_with_cable(scope)
    site.redis.swallow()
    site.wait_down()
    used, start = cpu_seconds(site.gateway.process), time.monotonic()
    time.sleep(3)
    used = cpu_seconds(site.gateway.process) - used
    tap.print_comment(f'{used:.2f} s of processor time in {time.monotonic() - start:.1f} s')
    assert used < 0.5
    start = time.monotonic()
    site.gateway.stop()
    assert time.monotonic() - start < 4


if __name__ == '__main__':
    network.enter()
    tap.main()
