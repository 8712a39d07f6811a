#!/usr/bin/env python3
"""A Redis that is slow, or that answers nonsense. The gateway lives, answers its devices in time, tries
again without haste, and is well when Redis is."""

import random
import time

from fleet import Fleet
from harness import Broker, Device, Gateway, Redis, coap, tap, wait_until
from harness.gateway import DEVICES
from cluster import start_gateways
from keeper import KEEPING, Keeper
from redis_proxy import RedisProxy, honest
from store_site import AT_ONCE, SETTINGS, TIMEOUT, StoreSite, cpu_seconds

HUGE = b'$2147483647\r\n'
SECONDS = 1  # of each lie, while nobody asks
PATIENCE = 4 * TIMEOUT + 1
AT_A_TIME = 11


def lie(replacement):
    """Every answer is this instead."""
    return lambda data: replacement


def cut_short(data):
    """Half of what there was, and then nothing more."""
    return data[:len(data) // 2]


def garble(data):
    return bytes(random.choice((byte, random.randrange(256))) for byte in data)


def at_random(data):
    """Sometimes the connection ends, before or within an answer."""
    return random.choice((data, data, data[:1], None))


LIES = {
    'errors': lie(b'-ERR something is wrong\r\n'),
    'garbage': lie(b'\x00\xff\x80 this is no RESP\r\n\r\n'),
    'empty lines': lie(b'\r\n' * 100),
    'http': lie(b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'),
    'half answers': cut_short,
    'garbled answers': garble,
    'a huge string': lie(HUGE),
    'a string of negative length': lie(b'$-7\r\n'),
    'a length beyond all numbers': lie(b'$99999999999999999999999\r\n'),
    'a huge list': lie(b'*2147483647\r\n'),
    'deep lists': lie(b'*1\r\n' * 100000),
    'integers': lie(b':1\r\n'),
    'nothing there': lie(b'$-1\r\n'),
    'empty lists': lie(b'*0\r\n'),
    'lists of lists': lie(b'*3\r\n*1\r\n:1\r\n*-1\r\n$0\r\n\r\n'),
    'strings': lie(b'$5\r\nhello\r\n'),
    'OK to everything': lie(b'+OK\r\n'),
    'more answers than questions': lambda data: data * 3,
    'silence': lie(b''),
    'the end of the connection': lie(None),
    'the end now and then': at_random,
}


class Victim:
    """A gateway whose Redis is behind a proxy, and devices, half of which it knows."""

    def __init__(self, scope, redis, name, honest_first=True):
        self.scope = scope
        self.name = name
        self.proxy = RedisProxy(scope, redis)
        self.proxy.tamper = honest if honest_first else LIES[name]
        self.gateway = Gateway(scope, redis=redis, wait_ready=honest_first,
                               settings={**SETTINGS, 'store.url': self.proxy.url})
        self.number = 16
        self.known = [self.new() for _ in range(4)] if honest_first else []
        for device in self.known:
            wait_until(lambda d=device: d.request(coap.post('data')).code == coap.CHANGED, f'{name}: all is well')
        self.proxy.tamper = LIES[name]

    def new(self):
        self.number += 1
        return Device(self.scope, self.gateway.coap, f'127.0.0.{self.number}')

    def send(self):
        """From every device a message, and from some that the gateway has not heard of."""
        self.asked = [(device, coap.post('data')) for device in [*self.known, *(self.new() for _ in range(4))]]
        for device, message in self.asked:
            device.drain()
            device.send(message)

    def codes(self, deadline):
        """What they were answered until then; '' is nothing."""
        return [self._code(device, message, deadline) for device, message in self.asked]

    @staticmethod
    def _code(device, message, deadline):
        while answer := device.receive(max(deadline - time.monotonic(), 0)):
            if answer.token == message.token:
                return coap.code_text(answer.code)
        return ''

    def assert_lives(self):
        assert self.gateway.process.running(), f'{self.name} killed it'
        assert self.gateway.get('/healthz')[0] == 200, self.name


def ask_all(victims):
    """The codes that each gateway answered with, which have to come in time."""
    for victim in victims:
        victim.send()
    deadline = time.monotonic() + PATIENCE
    found = [victim.codes(deadline) for victim in victims]
    for victim, codes in zip(victims, found):
        victim.assert_lives()
        assert set(codes) <= {'2.04', '4.01', '5.02', '5.04'}, f'{victim.name}: {codes}'
    return [' '.join(sorted(set(codes))) for codes in found]


def costs(victims):
    """(processor seconds, connections to Redis) of each while nobody asks."""
    def now():
        return [(cpu_seconds(victim.gateway.process), victim.proxy.accepted) for victim in victims]
    before = now()
    time.sleep(SECONDS)
    return [(a - b, c - d) for (a, c), (b, d) in zip(now(), before)]


def tell(victims):
    """Both to connections that were good and to new ones."""
    codes = [ask_all(victims) for _ in range(2)][-1]
    found = costs(victims)
    for victim in victims:
        victim.proxy.tamper = honest
    for victim, code, (cpu, connections) in zip(victims, codes, found):
        tap.print_comment(f'{victim.name}: {code}; {cpu:.2f} s of processor time and {connections} connections '
                          f'in {SECONDS} s')
        assert cpu < SECONDS / 4 and connections < 40 * SECONDS
    start = time.monotonic()
    for victim in victims:
        wait_until(lambda v=victim: v.gateway.get('/readyz') == (200, 'ready\n'), f'it is well after {victim.name}')
        assert victim.new().request(coap.post('data')).code == coap.CHANGED, victim.name
        victim.gateway.stop()
    tap.print_comment(f'all are well after {time.monotonic() - start:.2f} s')


@tap.timeout(200)
def test_lies(scope):
    redis = Redis(scope, devices=DEVICES)
    names = list(LIES)
    for at in range(0, len(names), AT_A_TIME):
        tell([Victim(scope, redis, name) for name in names[at:at + AT_A_TIME]])


@tap.timeout(100)
def test_lies_from_the_start(scope):
    """To gateways that were never told the truth."""
    redis = Redis(scope, devices=DEVICES)
    names = ['errors', 'garbage', 'garbled answers', 'OK to everything', 'silence', 'deep lists']
    victims = [Victim(scope, redis, name, honest_first=False) for name in names]
    for victim in victims:
        assert victim.gateway.get('/readyz') == (503, 'the store was not reached yet\n'), victim.name
    tell(victims)


def test_memory_does_not_grow_by_lies(scope):
    """A string that is said to be huge is not waited for for ever, and one that comes is not kept."""
    redis = Redis(scope, devices=DEVICES)
    proxy = RedisProxy(scope, redis)
    site = StoreSite(scope, redis=redis, url=proxy.url)
    proxy.tamper = lie(HUGE + bytes(1 << 20))
    before = resident(site.gateway.process.pid)
    for _ in range(20):
        site.new().send(coap.post('data', payload=b'lied to'))
        time.sleep(0.1)
    after = resident(site.gateway.process.pid)
    tap.print_comment(f'{before} KiB before, {after} KiB after 20 messages, {proxy.accepted} connections')
    proxy.tamper = honest
    site.gateway.wait_ready()
    assert after - before < 100 << 10


def resident(pid):
    """KiB"""
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))


def test_slow(scope):
    """300 ms an answer: nobody is refused, nothing comes twice, and the second message of a device waits
    for one answer instead of two."""
    redis = Redis(scope, devices=DEVICES)
    proxy = RedisProxy(scope, redis)
    proxy.delay = 0.3
    site = StoreSite(scope, redis=redis, url=proxy.url, settings={'redis.timeout': '1s'})
    first = time.monotonic()
    device = site.new()
    site.post(device, '2.04')
    second = time.monotonic()
    message = site.post(device, '2.04')
    third = time.monotonic()
    device.send(message)
    assert device.receive().code == coap.CHANGED
    tap.print_comment(f'unknown device {second - first:.2f} s, known {third - second:.2f} s, '
                      f'repeat {time.monotonic() - third:.3f} s')
    assert 0.6 <= second - first < 1.5 and 0.3 <= third - second < 0.6 and time.monotonic() - third < AT_ONCE
    assert site.count('simgate_degraded') == 0 and site.count('simgate_store_disconnects_total') == 0
    site.assert_nothing_lost()


def test_slow_under_load(scope):
    """Answers come in batches, whatever each takes: a slow Redis costs time and no throughput."""
    broker = Broker(scope, KEEPING, persistent=True)
    keeper = Keeper(scope, broker)
    redis = Redis(scope, devices=DEVICES)
    proxy = RedisProxy(scope, redis)
    gateways = start_gateways(scope, broker, redis, settings={'store.url': proxy.url})
    proxy.delay = 0.3
    start = time.monotonic()
    fleet = Fleet(scope, [gateway.coap for gateway in gateways], 500, 10, ack_timeout=2)
    fleet.wait()
    seconds = time.monotonic() - start
    arrived = [payload for _, payload in keeper.wait_quiet()]
    tap.print_comment(f'{fleet}; {len(arrived)} arrived; {seconds:.1f} s')
    assert len(arrived) == len(set(arrived)) == 5000
    assert set(fleet.codes) == {'2.04'} and not fleet.abandoned
    assert seconds < 15


if __name__ == '__main__':
    tap.main()
