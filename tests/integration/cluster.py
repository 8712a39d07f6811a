"""Several gateways with one Redis and one broker, and a device that may write to any of them."""

import random
import socket
import time

from harness import Broker, Gateway, Redis, Subscriber, coap, free_port, wait_until
from harness.gateway import DEVICES

SETTINGS = {'telemetry.format': 'raw', 'coap.ack_delay': '30s', 'gateway.log_level': 'info',
            'gateway.drain_timeout': '200ms'}
ICCID, SOURCE = '8988280666000000007', '127.0.0.7'


def start_gateways(scope, broker, redis, count=2, settings=None):
    """Gateways whose ports stay the same when they are started again."""
    return [Gateway(scope, broker, redis=redis, settings={
        **SETTINGS, 'coap.listen': f'127.0.0.1:{free_port(socket.SOCK_DGRAM)}', **(settings or {})})
            for _ in range(count)]


class Cluster:
    """Two gateways, and a subscriber that sees everything."""

    def __init__(self, scope, settings=None):
        self.scope = scope
        self.redis = Redis(scope, devices=DEVICES)
        self.broker = Broker(scope)
        self.subscriber = Subscriber(scope, self.broker)
        self.gateways = start_gateways(scope, self.broker, self.redis, settings=settings)
        self.first, self.second = self.gateways
        scope.defer(self.broker.thaw)  # a gateway that stops waits for its broker

    def device(self, source=SOURCE):
        return ClusterDevice(self.scope, source)

    def published(self):
        """Everything that was published so far, by requests that were answered."""
        return published(self.subscriber, self.device('127.9.9.9'), self.gateways[-1])


def published(subscriber, device, gateway):
    """What arrived before a publication of the device's own."""
    fence = b'fence %d' % random.randrange(1 << 32)
    assert device.request(coap.post('data', payload=fence), gateway) == coap.CHANGED
    for count in range(1, 100000):
        found = [p.payload for p in subscriber.wait_for(count)]
        if fence in found:
            return [payload for payload in found if not payload.startswith(b'fence')]
    raise AssertionError('the fence was not published')


class ClusterDevice:
    """A socket with one address and port of its own, whoever it writes to."""

    def __init__(self, scope, source=SOURCE):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((source, 0))
        scope.defer(self.socket.close)

    @property
    def address(self):
        return self.socket.getsockname()

    def send(self, message, gateway):
        self.socket.sendto(message.encode(), gateway.coap)

    def receive(self, timeout=5):
        """(message, address of the gateway that it came from); or None."""
        self.socket.settimeout(max(timeout, 0.001))
        try:
            data, peer = self.socket.recvfrom(65536)
        except socket.timeout:
            return None
        return coap.decode(data), peer

    def assert_code(self, message, gateway, code, timeout=5):
        """The next thing that comes is this response to the message, from this gateway."""
        found = self.receive(timeout)
        assert found, f'no response to {message}'
        response, peer = found
        kind = coap.ACK if message.type == coap.CON else coap.NON
        assert peer == gateway.coap, f'{response} came from the other gateway'
        assert (response.type, response.token) == (kind, message.token), f'{response} to {message}'
        assert response.type == coap.NON or response.mid == message.mid, f'{response} to {message}'
        assert coap.code_text(response.code) == code, f'{response} to {message}'

    def ask(self, message, gateway, code):
        """Sends a message, whose response has this code."""
        self.send(message, gateway)
        self.assert_code(message, gateway, code)

    def request(self, message, gateway):
        """Sends a message. Returns the code of the response."""
        self.send(message, gateway)
        found = self.receive()
        assert found, f'no response to {message}'
        return found[0].code


def duplicates(gateway, outcome):
    return gateway.metrics().sum('simgate_coap_duplicates_total', outcome=outcome)


def assert_unanswered(device, message, gateway, outcome):
    """The message is worked on, as a duplicate of that kind, and gets no answer."""
    before = duplicates(gateway, outcome)
    device.send(message, gateway)
    wait_until(lambda: duplicates(gateway, outcome) == before + 1, f'the duplicate is {outcome}')
    mid = random.randrange(65536)
    device.send(coap.Message(coap.CON, mid=mid), gateway)
    found = device.receive()
    assert found and found[0] == coap.Message(coap.RST, mid=mid), found


def repeat_until_answered(device, message, gateway, pause=0.25, timeout=20):
    """Sends it again and again. Returns the code."""
    start = time.monotonic()
    while time.monotonic() < start + timeout:
        device.send(message, gateway)
        found = device.receive(pause)
        if found and found[0].token == message.token:
            return coap.code_text(found[0].code)
    raise TimeoutError(f'no response within {timeout} s to {message}')


def exchange_key(device, message):
    """The name of an exchange in Redis, as its bytes."""
    host, port = device.address
    return b'simgate:x:' + socket.inet_aton(host) + port.to_bytes(2, 'big') + message.mid.to_bytes(2, 'big')
