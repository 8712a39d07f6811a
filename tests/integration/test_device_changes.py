#!/usr/bin/env python3
"""A device that is changed in Redis while it sends a thousand messages a second to two gateways: how
long each goes on as before. Redis tells the gateways of changes, so they need not ask."""

import random
import socket
import threading
import time

from cluster import ICCID, SOURCE, start_gateways
from harness import Device, Redis, coap, tap, wait_until
from harness.gateway import DEVICES
from redis_proxy import RedisProxy
from stub_broker import StubBroker

RATE = 1000     # messages a second, to both gateways together
BOUND = 2       # seconds; some milliseconds are usual, but the machine may be busy, and 60 s are what it must not be
STEADY = 100    # so many answers of a gateway in a row are alike
OTHER, INACTIVE = '8988280666000000008', '8988280666000000009'
TENTH, ELEVENTH = (f'simgate:dev:{{89882806660000000{n}}}' for n in (10, 11))
OTHER_ADDRESS = 'simgate:addr:127.0.0.8'
DEVICE, ADDRESS = f'simgate:dev:{{{ICCID}}}', f'simgate:addr:{SOURCE}'
WARM = 0.2
STEP = 0.1
HELD = 1.1      # a connection that broke sooner is tried again after a longer pause


class Pacer:
    """Sends confirmable messages at a steady rate, to the gateways in turn, and keeps the answers."""

    def __init__(self, scope, gateways, rate=RATE):
        self.gateways = [gateway.coap for gateway in gateways]
        self.rate = rate
        self.sent = []  # when, by number
        self.answers = [[] for _ in gateways]  # (number, when, code) of each gateway
        self.ended = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((SOURCE, 0))
        self.threads = [threading.Thread(target=run, daemon=True) for run in (self._send, self._receive)]
        scope.defer(self.end)
        for thread in self.threads:
            thread.start()

    def end(self):
        self.ended = True
        for thread in self.threads:
            thread.join(5)
        self.socket.close()

    def _send(self):
        start = time.monotonic()
        while not self.ended:
            due = int((time.monotonic() - start) * self.rate)
            while len(self.sent) < due:
                number = len(self.sent)
                message = coap.post('data', payload=b'%d' % number, mid=number & 0xffff, token=number.to_bytes(4, 'big'))
                self.sent.append(time.monotonic())
                self.socket.sendto(message.encode(), self.gateways[number % len(self.gateways)])
            time.sleep(0.001)

    def _receive(self):
        self.socket.settimeout(0.1)
        while not self.ended:
            try:
                data, peer = self.socket.recvfrom(2048)
            except socket.timeout:
                continue
            message = coap.decode(data)
            self.answers[self.gateways.index(peer)].append(
                (int.from_bytes(message.token, 'big'), time.monotonic(), coap.code_text(message.code)))

    def wait_for(self, code):
        """Waits until each gateway answers with nothing but this code."""
        def steady():
            return all(len(answers) >= STEADY and all(a[2] == code for a in answers[-STEADY:])
                       for answers in self.answers)
        wait_until(steady, f'nothing but {code} is answered')

    def measure(self, what, change, code):
        """Changes something, after which this code is answered. Prints and holds to its bound, for each
        gateway, when the first such answer came, and when the last message was sent that got another."""
        number, start = len(self.sent), time.monotonic()
        change()
        asked = time.monotonic()
        time.sleep(STEADY * 2 / self.rate)
        self.wait_for(code)
        figures = []
        for answers in self.answers:
            new = [answer for answer in answers if answer[0] >= number]
            first = min(when for _, when, c in new if c == code) - start
            last = max([self.sent[n] - start for n, _, c in new if c != code], default=0.0)
            figures.append((first, last))
        tap.print_comment(f'{what}: ' + '; '.join(
            f'first {code} after {first * 1000:.1f} ms, last other sent at {last * 1000:.1f} ms'
            for first, last in figures) + f' (Redis took {(asked - start) * 1000:.1f} ms)')
        for first, last in figures:
            assert first < BOUND and last < BOUND, figures


class Site:
    def __init__(self, scope, broker=None, rate=RATE):
        self.redis = Redis(scope, devices=DEVICES)
        self.redis.command('HSET', f'simgate:dev:{{{INACTIVE}}}', 'status', 'inactive')
        self.gateways = start_gateways(scope, broker, self.redis)
        self.pacer = Pacer(scope, self.gateways, rate)
        self.pacer.wait_for('2.04')

    def commands(self, *commands):
        """A change that sends these in one transaction."""
        return lambda: self.redis.pipeline([('MULTI',), *commands, ('EXEC',)])

    def count(self, name, **labels):
        return int(sum(gateway.metrics().sum(name, **labels) for gateway in self.gateways))


def test_status(scope):
    site = Site(scope)
    for _ in range(3):
        site.pacer.measure('deactivated', site.commands(('HSET', DEVICE, 'status', 'inactive')), '4.01')
        site.pacer.measure('activated', site.commands(('HSET', DEVICE, 'status', 'active')), '2.04')
    assert site.count('simgate_store_changes_total') >= 2 * 6


def test_address(scope):
    site = Site(scope)
    site.pacer.measure('address moved to an inactive device', site.commands(('SET', ADDRESS, INACTIVE)), '4.01')
    site.pacer.measure('address moved back', site.commands(('SET', ADDRESS, ICCID)), '2.04')
    site.pacer.measure('address taken away', site.commands(('DEL', ADDRESS)), '4.01')
    site.pacer.measure('address given to an unknown device', site.commands(('SET', ADDRESS, '8988280666777777777')),
                       '4.01')
    site.pacer.measure('address given back', site.commands(('SET', ADDRESS, ICCID)), '2.04')


def test_removed_and_registered(scope):
    site = Site(scope)
    device = ('HSET', DEVICE, 'status', 'active', 'addresses', SOURCE)
    site.pacer.measure('device removed', site.commands(('DEL', DEVICE), ('DEL', ADDRESS)), '4.01')
    site.pacer.measure('device registered that was refused', site.commands(device, ('SET', ADDRESS, ICCID)), '2.04')
    site.pacer.measure('device removed, its address not', site.commands(('DEL', DEVICE)), '4.01')
    site.pacer.measure('device registered behind its address', site.commands(device), '2.04')
    site.pacer.measure('database flushed', lambda: site.redis.command('FLUSHALL'), '4.01')
    site.pacer.measure('and filled again', lambda: site.redis.import_devices(DEVICES), '2.04')


def test_address_moved_to_another_active_device(scope):
    """Its messages are the other's from then on."""
    stub = StubBroker(scope)
    site = Site(scope, stub, rate=200)
    number, start = len(site.pacer.sent), time.monotonic()
    site.commands(('SET', ADDRESS, OTHER))()
    wait_until(lambda: stub.received[-1][0] == OTHER, 'the other device publishes')
    time.sleep(WARM)
    site.pacer.end()
    late = [site.pacer.sent[int(payload)] - start for topic, payload, _ in stub.received
            if topic == ICCID and int(payload) >= number]
    last = max(late, default=0.0)
    tap.print_comment(f'address moved to another active device: last message of the old one sent at {last * 1000:.1f} ms')
    assert last < BOUND


def test_many_quick_changes(scope):
    """Notices overtake look-ups and the other way round; what counts in the end is the last change."""
    site = Site(scope)
    for round_number in range(3):
        deadline, changes = time.monotonic() + 1, 0
        while time.monotonic() < deadline:
            changes += 1
            site.redis.command('HSET', DEVICE, 'status', 'inactive' if changes % 2 else 'active')
            time.sleep(random.uniform(0, 0.004))
        status, code = ('inactive', '4.01') if round_number % 2 == 0 else ('active', '2.04')
        site.pacer.measure(f'after {changes} changes, {status}',
                           site.commands(('HSET', DEVICE, 'status', status)), code)


def test_changes_overtake_answers(scope):
    """What is told while the answer of a look-up is on its way counts, and not that answer."""
    redis = Redis(scope, devices=DEVICES)
    redis.command('HSET', f'simgate:dev:{{{INACTIVE}}}', 'status', 'inactive')
    proxy = RedisProxy(scope, redis)
    proxy.delay = 2 * STEP
    proxy.is_urgent = lambda data: b'__redis__:invalidate' in data
    gateway = start_gateways(scope, None, redis, 1, {'store.url': proxy.url})[0]
    # the address is answered after two steps, and then the device after two more
    for source, steps, change in ((SOURCE, 1, ('SET', ADDRESS, INACTIVE)), ('127.0.0.8', 1, ('DEL', OTHER_ADDRESS)),
                                  ('127.0.0.10', 3, ('HSET', TENTH, 'status', 'inactive')),
                                  ('127.0.0.11', 3, ('DEL', ELEVENTH))):
        device = Device(scope, gateway.coap, source)
        device.send(coap.post('data'))
        time.sleep(steps * STEP)
        redis.command(*change)
        assert device.receive().code in (coap.CHANGED, coap.code('4.01'))
        assert device.request(coap.post('data')).code == coap.code('4.01'), change


def test_connections_are_killed(scope):
    """What changes together with the loss of either connection is not told, and noticed all the same."""
    site = Site(scope)
    for kind in ('pubsub', 'normal'):
        for status, code in (('inactive', '4.01'), ('active', '2.04')):
            time.sleep(HELD)
            site.pacer.measure(f'{status}, and the {kind} connections killed', site.commands(
                ('CLIENT', 'KILL', 'TYPE', kind, 'SKIPME', 'yes'), ('HSET', DEVICE, 'status', status)), code)
    assert site.count('simgate_store_doubts_total') >= 4
    assert site.count('simgate_device_cache_lookups_total', outcome='stale') > 0


def test_other_keys_disturb_nobody(scope):
    """Only devices and addresses are watched."""
    site = Site(scope)
    time.sleep(WARM)
    lookups = site.count('simgate_store_lookups_total')
    for number in range(500):
        site.redis.command('SET', f'simgate:loc:{{{ICCID}}}', number)
        site.redis.command('SET', f'simgate:psk:{{{ICCID}}}', number)
        site.redis.command('SET', f'other:dev:{{{ICCID}}}', number)
    site.pacer.measure('deactivated', site.commands(('HSET', DEVICE, 'status', 'inactive')), '4.01')
    assert site.count('simgate_store_changes_total') == 4, 'told to each worker'
    assert site.count('simgate_store_lookups_total') <= lookups + 2


if __name__ == '__main__':
    tap.main()
