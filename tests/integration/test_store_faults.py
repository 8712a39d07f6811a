#!/usr/bin/env python3
"""A Redis that dies, hangs, loads, is full, or refuses. Devices get the codes that docs/operations.md
promises, nothing acknowledged is lost, and all is well by itself when Redis is."""

import re
import time

from harness import Redis, coap, tap, wait_until
from harness.gateway import DEVICES
from store_site import AT_ONCE, TIMEOUT, StoreSite, both_modes, cpu_seconds

PASSWORD = 'correct-horse'


@both_modes
def test_killed_and_empty_afterwards(scope, mode):
    site = StoreSite(scope, mode)
    site.redis.kill()
    site.assert_down()
    time.sleep(1)
    site.assert_down()
    site.redis.start()
    site.assert_recovers('4.01')
    site.redis.import_devices(DEVICES)
    time.sleep(0.1)
    site.learn()
    site.assert_nothing_lost()
    assert site.count('simgate_store_disconnects_total') >= 2


@both_modes
def test_restarted_with_persistence(scope, mode):
    site = StoreSite(scope, mode, Redis(scope, devices=DEVICES, persistent=True))
    device, message = site.known[0], site.post(site.known[0], '2.04')
    for _ in range(2):
        site.redis.stop()
        site.assert_down()
        site.redis.start()
        site.assert_recovers()
    device.send(message)
    assert device.receive().code == coap.CHANGED
    site.assert_nothing_lost()


@both_modes
def test_never_reached(scope, mode):
    redis = Redis(scope, devices=DEVICES, persistent=True)
    redis.stop()
    site = StoreSite(scope, mode, redis, wait_ready=False)
    for _ in range(4):
        site.post(site.new(), '5.02', AT_ONCE)
    time.sleep(1)
    assert site.gateway.get('/readyz') == (503, 'the store was not reached yet\n'), site.gateway.get('/readyz')
    for _ in range(4):
        site.post(site.new(), '5.02', AT_ONCE)
    redis.start()
    site.known = [site.new()]
    site.assert_recovers()
    site.assert_nothing_lost()


@both_modes
def test_frozen(scope, mode):
    """Connections stay, nothing answers."""
    site = StoreSite(scope, mode)
    site.redis.freeze()
    late, new = site.known[0], site.new()
    start = time.monotonic()
    new.send(coap.post('data', payload=b'new'))
    site.post(late, '2.04' if mode == 'serve' else '5.04', within=3 * TIMEOUT)
    seconds = time.monotonic() - start
    answer = new.receive()
    assert answer and coap.code_text(answer.code) == '5.04', answer
    assert seconds > TIMEOUT / 2, seconds
    assert site.count('simgate_store_errors_total', reason='timed_out') > 0
    site.assert_down()
    time.sleep(2)  # it connects to a Redis that does not answer
    site.assert_down()
    site.redis.thaw()
    site.assert_recovers()
    site.assert_nothing_lost()
    tap.print_comment(f'store.degraded={mode}: the first answer took {seconds:.2f} s (redis.timeout {TIMEOUT} s)')


@both_modes
def test_frozen_without_traffic(scope, mode):
    """It is noticed also when nobody asks."""
    site = StoreSite(scope, mode)
    site.redis.freeze()
    start = time.monotonic()
    site.wait_down()
    tap.print_comment(f'store.degraded={mode}: noticed after {time.monotonic() - start:.2f} s')
    site.assert_down()
    site.redis.thaw()
    site.assert_recovers()


@both_modes
def test_loading(scope, mode):
    """It answers everything with an error until its file is read."""
    redis = Redis(scope, 'loading-process-events-interval-bytes 1024\n', devices=DEVICES)
    site = StoreSite(scope, mode, redis)
    redis.command('SAVE')
    redis.stop()
    site.wait_down()
    with open(redis.file, 'a', encoding='utf-8') as file:
        file.write('key-load-delay 1000\n')
    redis.start(wait=False)
    redis.process.wait_for_lines('monotonic clock')
    client = wait_until(lambda: connected(redis), 'it takes connections')
    try:
        client.command('GET', 'x')
    except Exception as error:
        assert 'LOADING' in str(error), error
    else:
        raise AssertionError('it is not loading')
    site.assert_down()
    time.sleep(1)
    site.assert_down()
    client.command('CONFIG', 'SET', 'key-load-delay', 0)
    redis.wait_ready()
    site.assert_recovers()
    site.assert_nothing_lost()


def connected(redis):
    try:
        return redis.connect()
    except OSError:
        return None


@both_modes
def test_full(scope, mode):
    """It answers questions and keeps nothing."""
    site = StoreSite(scope, mode)
    site.redis.command('CONFIG', 'SET', 'maxmemory', 1)
    code = '2.04' if mode == 'serve' else '5.02'
    for _ in range(2):
        site.all_known(code)
    site.post(site.new(), code)
    assert site.count('simgate_store_errors_total', reason='refused') > 0
    tap.print_comment(f'store.degraded={mode}: /readyz says {site.gateway.get("/readyz")}, simgate_degraded '
                      f'{site.count("simgate_degraded")}, {site.count("simgate_store_disconnects_total")} disconnects')
    if mode == 'serve':
        assert site.count('simgate_served_degraded_total', without='reservation') == 9
        assert site.count('simgate_served_degraded_total', without='lookup') == 0
    site.redis.command('CONFIG', 'SET', 'maxmemory', 0)
    site.assert_recovers()
    site.assert_nothing_lost()


@both_modes
def test_not_allowed(scope, mode):
    """A user whose rights are taken away and given back."""
    redis = Redis(scope, devices=DEVICES)
    redis.command('ACL', 'SETUSER', 'gate', 'on', '>' + PASSWORD, '~simgate:*', '&*', '+@all')
    site = StoreSite(scope, mode, redis, settings={'redis.username': 'gate', 'redis.password': PASSWORD})
    redis.command('ACL', 'SETUSER', 'gate', '-set')
    site.all_known('2.04' if mode == 'serve' else '5.02')
    site.post(site.new(), '2.04' if mode == 'serve' else '5.02')
    redis.command('ACL', 'SETUSER', 'gate', '+set', '-hmget')
    site.all_known('2.04')
    site.post(site.new(), '5.02')
    redis.command('ACL', 'SETUSER', 'gate', '-@all')
    site.all_known('2.04' if mode == 'serve' else '5.02')
    site.post(site.new(), '5.02')
    assert site.count('simgate_store_errors_total', reason='refused') > 0
    redis.command('ACL', 'SETUSER', 'gate', '+@all')
    site.assert_recovers()
    site.assert_nothing_lost()


@both_modes
def test_wrong_password(scope, mode):
    """It does not serve, says why, and does not keep Redis busy."""
    redis = Redis(scope, devices=DEVICES)
    redis.command('ACL', 'SETUSER', 'gate', 'on', '>' + PASSWORD, '~simgate:*', '&*', '+@all')
    site = StoreSite(scope, mode, redis, wait_ready=False,
                     settings={'redis.username': 'gate', 'redis.password': 'wrong'})
    site.gateway.process.wait_for_lines('WRONGPASS')
    assert site.gateway.get('/readyz')[0] == 503
    site.post(site.new(), '5.02', AT_ONCE)
    before = connections_received(redis)
    time.sleep(2)
    count = connections_received(redis) - before
    tap.print_comment(f'{count} connections in 2 s')
    assert 0 < count < 40
    assert PASSWORD not in '\n'.join(site.gateway.process.lines)
    redis.command('ACL', 'SETUSER', 'gate', '>wrong')
    site.known = [site.new()]
    site.assert_recovers()


def connections_received(redis):
    text = redis.command('INFO', 'stats').decode()
    return int(re.search(r'total_connections_received:(\d+)', text).group(1))


@both_modes
def test_connections_are_cut_again_and_again(scope, mode):
    """CLIENT KILL, while messages come: they are answered, and none that was acknowledged is lost."""
    site = StoreSite(scope, mode)
    for number in range(40):
        if number % 2 == 0:
            site.redis.command('CLIENT', 'KILL', 'TYPE', 'pubsub' if number % 4 else 'normal', 'SKIPME', 'yes')
        for device in site.known:
            message = coap.post('data', payload=b'cut %d %d' % (number, device.port))
            outcome = device.request(message)
            assert outcome.seconds < 2
            if outcome.code == coap.CHANGED:
                site.acknowledged.append(message.payload)
            else:
                assert mode == 'refuse' and coap.code_text(outcome.code) == '5.02', outcome
    site.assert_recovers()
    site.assert_nothing_lost()


def test_the_gateway_ends_while_redis_is_gone(scope):
    for fail in ('kill', 'freeze'):
        site = StoreSite(scope)
        getattr(site.redis, fail)()
        site.assert_down()
        start = time.monotonic()
        site.gateway.stop()
        assert time.monotonic() - start < 4
        if fail == 'freeze':
            site.redis.thaw()


def test_it_does_not_spin(scope):
    """Nobody asks, and Redis is away for a while: a gateway costs next to nothing."""
    site = StoreSite(scope)
    for fail, heal in (('kill', 'start'), ('freeze', 'thaw')):
        getattr(site.redis, fail)()
        site.wait_down()
        before, start = cpu_seconds(site.gateway.process), time.monotonic()
        time.sleep(3)
        used = cpu_seconds(site.gateway.process) - before
        tap.print_comment(f'{fail}: {used:.2f} s of processor time in {time.monotonic() - start:.1f} s')
        assert used < 0.5, used
        getattr(site.redis, heal)()
        site.gateway.wait_ready()
        wait_until(lambda: site.count('simgate_degraded') == 0, 'it recovers')


if __name__ == '__main__':
    tap.main()
