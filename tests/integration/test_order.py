#!/usr/bin/env python3
"""The publications of one device reach the broker in the order in which it sent them."""

import collections
import time

from fleet import Fleet, address
from harness import Broker, Device, Gateway, coap, tap, wait_until
from keeper import KEEPING, Keeper
from stub_broker import HOLD, StubBroker

DEVICES, MESSAGES = 50, 200

SETTINGS = {'telemetry.format': 'raw', 'gateway.workers': '2', 'mqtt.connections': '3',
            'gateway.log_level': 'info', 'gateway.drain_timeout': '200ms'}


def by_topic(publications):
    """Payloads, those that came twice where they came first."""
    payloads = collections.defaultdict(dict)
    for publication in publications:
        payloads[publication[0]][publication[1]] = True
    return {topic: list(found) for topic, found in payloads.items()}


def test_many_devices_that_do_not_wait(scope):
    broker = Broker(scope, KEEPING, persistent=True)
    keeper = Keeper(scope, broker)
    gateway = Gateway(scope, broker, settings=SETTINGS)
    devices = [Device(scope, gateway.coap, address(n)) for n in range(DEVICES)]
    for device in devices:  # known from here on: what comes during a look-up has little room
        assert device.request(coap.post('data', payload=b'0')).code == coap.CHANGED
    for n in range(1, MESSAGES):
        for device in devices:
            device.send(coap.post('data', payload=b'%d' % n, message_type=coap.NON, mid=n, token=b''))
        time.sleep(0.01 if n % 10 == 9 else 0)
    arrived = by_topic(keeper.wait_for(DEVICES * MESSAGES))
    assert len(arrived) == DEVICES
    assert all(payloads == [b'%d' % n for n in range(MESSAGES)] for payloads in arrived.values())


def test_messages_that_need_several_attempts(scope):
    """The broker dies and hangs; who waits for each 2.04 before the next message keeps its order."""
    broker = Broker(scope, KEEPING, persistent=True)
    keeper = Keeper(scope, broker)
    gateway = Gateway(scope, broker, settings={**SETTINGS, 'telemetry.deadline': '1s', 'coap.ack_delay': '300ms'})
    fleet = Fleet(scope, gateway.coap, DEVICES, MESSAGES)
    fleet.wait_for(DEVICES * MESSAGES // 3)
    broker.kill()
    broker.start()
    fleet.wait_for(DEVICES * MESSAGES * 2 // 3)
    broker.freeze()
    time.sleep(1.5)
    broker.thaw()
    fleet.wait()
    arrived = by_topic(keeper.wait_quiet())
    assert fleet.codes['5.04'] > 0, 'no message needed a second attempt'
    assert len(arrived) == DEVICES
    for payloads in arrived.values():
        numbers = [tuple(map(int, payload.split(b'/'))) for payload in payloads]
        assert numbers == sorted(numbers)
        assert len({message for _, message, _ in numbers}) == MESSAGES


def test_order_over_a_new_connection(scope):
    """What was under way is sent again in its order, and before anything new."""
    stub = StubBroker(scope, lambda topic: HOLD, receive_maximum=10)
    gateway = Gateway(scope, stub, settings={**SETTINGS, 'mqtt.connections': '1'})
    device = Device(scope, gateway.coap, '127.0.0.7')
    device.request(coap.get('nothing'))  # few messages of a device wait until it is known
    for n in range(10):
        device.send(coap.post('data', payload=b'%d' % n, message_type=coap.NON, mid=n))
    stub.wait_for(10)
    stub.answer = lambda topic: [0]
    stub.cut()
    wait_until(lambda: stub.connects == 2, 'the gateway is back')
    gateway.wait_ready()
    for n in range(10, 20):
        device.send(coap.post('data', payload=b'%d' % n, message_type=coap.NON, mid=n))
    received = stub.wait_for(30)
    assert [payload for _, payload, _ in received[:10]] == [b'%d' % n for n in range(10)]
    assert [payload for _, payload, _ in received[10:]] == [b'%d' % n for n in range(20)]


if __name__ == '__main__':
    tap.main()
