#!/usr/bin/env python3
"""What a device is told about each way in which a broker can answer (MQTT 5 §3.4.2.1)."""

import time

from harness import Broker, Device, Gateway, Subscriber, coap, tap, wait_until
from stub_broker import HOLD, StubBroker

SETTINGS = {'telemetry.format': 'raw', 'telemetry.deadline': '2s', 'coap.ack_delay': '300ms',
            'mqtt.connections': '1', 'gateway.drain_timeout': '200ms'}


def post(device, topic, payload=b'21.5'):
    """The outcome of one message with a topic."""
    return device.request(coap.post('data', f't={topic}', payload))


def answer_by_topic(topic):
    """r87 → 0x87; "twice" → PUBACK and PUBACK again; "never" → none."""
    last = topic.split('/')[-1]
    if last == 'never':
        return HOLD
    return [0, 0] if last == 'twice' else [int(last[1:], 16)]


def test_reason_codes(scope):
    stub = StubBroker(scope, answer_by_topic)
    gateway = Gateway(scope, stub, settings=SETTINGS)
    device = Device(scope, gateway.coap, '127.0.0.7')
    expected = {'r00': '2.04', 'r10': '2.04', 'r87': '4.03', 'r97': '5.03', 'r80': '5.02', 'r83': '5.02',
                'r90': '5.02', 'r91': '5.02', 'r99': '5.02', 'never': '5.04', 'twice': '2.04'}
    outcomes = {topic: post(device, topic) for topic in expected}
    assert {t: coap.code_text(o.code) for t, o in outcomes.items()} == expected
    assert all(o.payload == b'' for o in outcomes.values())
    assert outcomes['r97'].response.uint(coap.MAX_AGE) == 5
    assert {t for t, o in outcomes.items() if o.separate} == {'never'}
    assert post(device, 'r00').code == coap.CHANGED, 'a second PUBACK for one publication harms nobody'


def test_a_late_acknowledgement_changes_nothing(scope):
    stub = StubBroker(scope, answer_by_topic)
    gateway = Gateway(scope, stub, settings=SETTINGS)
    device = Device(scope, gateway.coap, '127.0.0.7')
    request = coap.post('data', 't=never', b'late')
    assert coap.code_text(device.request(request).code) == '5.04'
    assert gateway.metrics().sum('simgate_publications_outstanding') == 1
    stub.release()
    wait_until(lambda: gateway.metrics().sum('simgate_publications_outstanding') == 0, 'the PUBACK is in')
    assert coap.code_text(device.request(request).code) == '5.04', 'a duplicate gets what it got'
    assert device.receive(0.5) is None
    assert len(stub.received) == 1


def test_acl_of_a_real_broker(scope):
    acl = f'{scope.directory()}/acl'
    with open(acl, 'w', encoding='utf-8') as file:
        file.write('topic readwrite +/allowed\n')
    gateway = Gateway(scope, Broker(scope, f'acl_file {acl}\n'), settings=SETTINGS)
    device = Device(scope, gateway.coap, '127.0.0.7')
    assert coap.code_text(post(device, 'allowed').code) == '2.04'
    assert coap.code_text(post(device, 'forbidden').code) == '4.03'
    assert coap.code_text(post(device, 'allowed').code) == '2.04'
    assert gateway.metrics().sum('simgate_publications_total', result='not_authorized') == 1


def pipeline(device, count):
    """Sends so many messages at once. Returns the codes of the answers."""
    for n in range(count):
        device.send(coap.post('data', 't=x', b'%d' % n, mid=n, token=bytes([n])))
    codes = {}
    while len(codes) < count:
        answer = device.receive(5)
        assert answer, f'{count - len(codes)} messages have no answer'
        if answer.code == coap.EMPTY:
            continue
        if answer.type == coap.CON:
            device.send(coap.Message(type=coap.ACK, mid=answer.mid))
        codes[answer.token[0]] = coap.code_text(answer.code)
    return codes


def test_receive_maximum_is_kept(scope):
    stub = StubBroker(scope, lambda topic: HOLD, receive_maximum=5)
    gateway = Gateway(scope, stub, settings=SETTINGS)
    device = Device(scope, gateway.coap, '127.0.0.7')
    for n in range(40):
        device.send(coap.post('data', 't=x', b'%d' % n, mid=n, token=bytes([n])))
    for part in range(1, 9):
        stub.wait_for(part * 5)
        time.sleep(0.02)
        assert len(stub.received) == part * 5, 'the others wait'
        stub.release()
    wait_until(lambda: gateway.metrics().sum('simgate_publications_total', result='acknowledged') == 40,
               'all are acknowledged')
    assert stub.most_held == 5
    assert [payload for _, payload, _ in stub.received] == [b'%d' % n for n in range(40)]


def test_receive_maximum_of_a_real_broker(scope):
    broker = Broker(scope, 'max_inflight_messages 5\n')
    subscriber = Subscriber(scope, broker)
    gateway = Gateway(scope, broker, settings=SETTINGS)
    gateway.process.wait_for_lines('at most 5 in flight')
    codes = pipeline(Device(scope, gateway.coap, '127.0.0.7'), 200)
    assert set(codes.values()) == {'2.04'}
    assert [p.payload for p in subscriber.wait_for(200)] == [b'%d' % n for n in range(200)]


def test_cut_with_publications_under_way(scope):
    """What was sent waits for the next connection; what was not is refused at once."""
    stub = StubBroker(scope, lambda topic: HOLD, receive_maximum=2)
    gateway = Gateway(scope, stub, settings={**SETTINGS, 'telemetry.deadline': '5s', 'coap.ack_delay': '5s'})
    device = Device(scope, gateway.coap, '127.0.0.7')
    for n in range(6):
        device.send(coap.post('data', 't=x', b'%d' % n, mid=n, token=bytes([n])))
    stub.wait_for(2)
    wait_until(lambda: gateway.metrics().sum('simgate_publications_queued') == 4, 'four wait')
    stub.answer = lambda topic: [0]
    stub.cut()
    answers = [device.receive(3) for _ in range(6)]
    assert {a.token[0]: coap.code_text(a.code) for a in answers} == {
        0: '2.04', 1: '2.04', 2: '5.02', 3: '5.02', 4: '5.02', 5: '5.02'}
    assert stub.received == [('8988280666000000007/x', b'0', False), ('8988280666000000007/x', b'1', False),
                             ('8988280666000000007/x', b'0', True), ('8988280666000000007/x', b'1', True)]
    assert stub.connects == 2


def test_cut_and_not_back_within_the_deadline(scope):
    stub = StubBroker(scope, lambda topic: HOLD)
    gateway = Gateway(scope, stub, settings={**SETTINGS, 'telemetry.deadline': '1s'})
    device = Device(scope, gateway.coap, '127.0.0.7')
    request = coap.post('data', 't=x', b'1')
    device.send(request)
    stub.wait_for(1)
    start = time.monotonic()
    stub.end()
    outcome = device.request(request)  # sent once more: a duplicate
    assert coap.code_text(outcome.code) == '5.04'
    assert 0.7 < time.monotonic() - start < 2


if __name__ == '__main__':
    tap.main()
