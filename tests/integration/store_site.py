"""A gateway with a broker and a Redis that is about to fail, and devices of two kinds: one that the
gateway knows, and any number that are registered and that it has not heard of yet."""

import concurrent.futures
import itertools
import os
import time

from harness import Broker, Device, Gateway, Redis, Subscriber, coap, tap, wait_until
from harness.gateway import DEVICES

TIMEOUT = 0.4  # seconds that Redis may take to answer
AT_ONCE = 0.2
DEGRADED = 'degraded: the store is unreachable or refuses to answer\n'
SETTINGS = {'telemetry.format': 'raw', 'redis.timeout': '400ms', 'gateway.log_level': 'info',
            'coap.ack_delay': '30s', 'gateway.drain_timeout': '200ms'}


def cpu_seconds(process):
    """Processor time that a process has used."""
    with open(f'/proc/{process.pid}/stat', encoding='ascii') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


class StoreSite:
    """`mode` is store.degraded. `redis` is the Redis, one of its own where there is none; `url` is how
    the gateway reaches it."""

    def __init__(self, scope, mode='serve', redis=None, url=None, wait_ready=True, settings=None):
        self.scope = scope
        self.mode = mode
        self.redis = redis or Redis(scope, devices=DEVICES)
        self.broker = Broker(scope)
        self.subscriber = Subscriber(scope, self.broker)
        self.gateway = Gateway(scope, self.broker, redis=self.redis, wait_ready=wait_ready, settings={
            **SETTINGS, 'store.url': url or self.redis.url, 'store.degraded': mode, **(settings or {})})
        self.addresses = (f'127.0.{n >> 8}.{n & 255}' for n in itertools.count(16))
        self.payloads = itertools.count()
        self.acknowledged = []
        if wait_ready:
            self.known = [self.new() for _ in range(4)]  # for either worker
            self.learn()

    def new(self):
        """A registered device that the gateway has not heard of."""
        return Device(self.scope, self.gateway.coap, next(self.addresses))

    def learn(self):
        for device in self.known:
            self.post(device, '2.04')

    def post(self, device, code, within=5):
        """Sends a message that gets this code, at once. Returns the message."""
        message = coap.post('data', payload=b'%d' % next(self.payloads))
        start = time.monotonic()
        device.send(message)
        answer = device.receive()
        seconds = time.monotonic() - start
        assert answer, f'no answer, but {code} was to be expected'
        assert (answer.type, answer.mid) == (coap.ACK, message.mid), answer
        assert coap.code_text(answer.code) == code, f'{answer}, not {code}, after {seconds:.2f} s'
        assert seconds < within, f'{code} took {seconds:.2f} s'
        if code == '2.04':
            self.acknowledged.append(message.payload)
        return message

    def all_known(self, code, within=5):
        return [self.post(device, code, within) for device in self.known]

    def count(self, name, **labels):
        return int(self.gateway.metrics().sum(name, **labels))

    def wait_down(self, timeout=5):
        """Waits until all of the gateway knows that the store is gone, and holds it to what it then says."""
        wait_until(lambda: self.count('simgate_store_connections') == 0, 'it knows', timeout)
        assert self.count('simgate_degraded') == 1
        if self.mode == 'serve':
            assert self.gateway.get('/readyz') == (200, DEGRADED), self.gateway.get('/readyz')
            assert self.count('simgate_ready') == 1
        else:
            assert self.gateway.get('/readyz') == (503, 'the store is unreachable\n'), self.gateway.get('/readyz')
            assert self.count('simgate_ready') == 0

    def assert_down(self):
        """Nothing comes from Redis: what is known is served, or not, and everything at once."""
        self.wait_down()
        if self.mode == 'serve':
            before = self.count('simgate_served_degraded_total')
            for device, message in zip(self.known, self.all_known('2.04', AT_ONCE)):
                device.send(message)  # once more
                assert device.receive().code == coap.CHANGED
            assert self.count('simgate_served_degraded_total') > before
        else:
            self.all_known('5.02', AT_ONCE)
        for _ in range(4):
            self.post(self.new(), '5.02', AT_ONCE)
        assert self.count('simgate_store_errors_total', reason='unreachable') > 0
        assert self.gateway.get('/healthz')[0] == 200

    def assert_recovers(self, code='2.04', timeout=8):
        """By itself. `code` is what the devices get then. Prints the seconds that it took."""
        start = time.monotonic()
        wait_until(lambda: self.gateway.get('/readyz') == (200, 'ready\n'), '/readyz says ready', timeout)
        seconds = time.monotonic() - start
        assert self.count('simgate_degraded') == 0
        assert self.count('simgate_store_connections') == 2
        served = self.count('simgate_served_degraded_total')
        self.all_known(code)
        for _ in range(4):
            self.post(self.new(), code)
        assert self.count('simgate_served_degraded_total') == served, 'served as if the store were gone'
        tap.print_comment(f'store.degraded={self.mode}: ready {seconds:.2f} s after the store was')

    def assert_nothing_lost(self):
        """Every payload that got a 2.04 was published, and once."""
        def arrived():
            found = [p.payload for p in self.subscriber.publications()]
            return set(found) >= set(self.acknowledged) and found
        found = wait_until(arrived, f'all of {self.acknowledged} arrive')
        assert len(found) == len(set(found)), sorted(found)


def both_modes(test):
    """Runs a test with store.degraded = serve and refuse at the same time, since it mostly waits:
    test(scope, mode)."""
    def run(scope):
        pool = concurrent.futures.ThreadPoolExecutor()
        scope.defer(pool.shutdown)  # last: processes die with the thread that started them
        for result in [pool.submit(test, scope, mode) for mode in ('serve', 'refuse')]:
            result.result()
    run.__name__ = test.__name__
    return run
