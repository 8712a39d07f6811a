"""A broker, a subscriber that sees everything, and a gateway between it and the devices of a test.

Nothing here waits for time to pass. That a datagram is not answered shows in the answer to a ping
which follows it: a device's datagrams are worked on in their order. That a message is not published
shows in the publication of one which follows it: a device's publications keep their order.
"""

import random

from harness import Broker, Device, Gateway, Subscriber, coap, has_ipv6, tap

FETCH, PATCH, IPATCH = 5, 6, 7
FENCE = 'fence'
FENCE_SOURCE = '127.9.9.9'


class Rig:
    def __init__(self, scope, settings=None, broker_config='', **gateway_arguments):
        self.scope = scope
        self.broker = Broker(scope, broker_config)
        self.subscriber = Subscriber(scope, self.broker)
        self.gateway = Gateway(scope, self.broker, settings=settings, **gateway_arguments)
        scope.defer(self.broker.thaw)  # a gateway that stops waits for its broker

    def device(self, source='127.0.0.7', port=0):
        """A device that writes to the first listener of its family."""
        listener = next(l for l in self.gateway.listeners if (':' in l[0]) == (':' in source))
        return Device(self.scope, listener, source, port)

    def known(self, source='127.0.0.7'):
        """A device that the gateway knows already: for others a store has to be asked, and few of their
        messages wait for that."""
        device = self.device(source)
        assert_code(device, coap.get('nothing'), '4.04')
        return device

    def published(self, device=None):
        """Everything that was published so far, by that device and by all whose requests were answered."""
        device = device or self.device(FENCE_SOURCE)
        fence = f'{FENCE}_{random.randrange(1 << 32)}'
        assert device.request(coap.post('', f't={fence}')).code == coap.CHANGED
        for count in range(1, 10000):
            found = self.subscriber.wait_for(count)
            if any(p.topic.endswith(fence) for p in found):
                return [p for p in found if FENCE not in p.topic]
        raise AssertionError('the fence was not published')

    def count(self, name, **labels):
        return self.gateway.metrics().sum(name, **labels)


def rig_with_ipv6(scope, settings=None):
    """A rig that listens on ::1 first, and on 127.0.0.1."""
    if not has_ipv6():
        raise tap.Skip('no IPv6 here')
    return Rig(scope, {'coap.listen': '[::1]:0,127.0.0.1:0', **(settings or {})})


def ask(device, message):
    """Sends a request and returns the response, after holding it to what all responses have in common:
    that it is piggybacked on the ACK of a CON and a NON after a NON, and that errors have no payload."""
    response = device.request(message).response
    expected = coap.ACK if message.type == coap.CON else coap.NON
    assert response.type == expected, response
    assert response.code < coap.code('4.00') or not response.payload, response
    return response


def assert_code(device, message, text, options=()):
    """The response has this code, these options (number, bytes), no payload and not a byte more."""
    device.send(message)
    data = device.receive_bytes()
    assert data is not None, f'no response to {message}'
    mid = message.mid if message.type == coap.CON else int.from_bytes(data[2:4], 'big')
    kind = coap.ACK if message.type == coap.CON else coap.NON
    expected = coap.Message(kind, coap.code(text), mid, message.token, list(options))
    assert data == expected.encode(), f'{coap.decode(data)}, not {expected}, to {message}'[:1000]


def assert_reset(device, data):
    """The answer to a datagram is an RST with its Message ID, and nothing else."""
    device.send(data)
    answer = device.receive_bytes()
    assert answer == b'\x70\x00' + data[2:4], f'{answer} to {data.hex()}'


def ping(device):
    """An empty CON, and whether the next thing that comes is the RST for it (RFC 7252 §4.3)."""
    mid = random.randrange(65536)
    device.send(coap.Message(coap.CON, mid=mid))
    answer = device.receive_bytes()
    assert answer == coap.Message(coap.RST, mid=mid).encode(), f'{answer} to a ping'


def assert_silence(device, data):
    """The datagram is not answered."""
    device.send(data)
    ping(device)
