#!/usr/bin/env python3
"""Sockets, workers and addresses: whoever receives a datagram, the right worker has it, and its answer
leaves from the address that it was sent to."""

import socket

from harness import Device, coap, has_ipv6, tap
from rig import Rig, assert_code, assert_reset, ping, rig_with_ipv6

PLACEMENTS = ('dedicated', 'worker')
WORKERS = ('1', '4')
LINKS = b'</>;rt="telemetry",</data>;rt="telemetry",</location>;rt="location";ct=0'


def each_arrangement():
    for placement in PLACEMENTS:
        for workers in WORKERS:
            print(f'# gateway.receive={placement}, gateway.workers={workers}')
            yield {'gateway.receive': placement, 'gateway.workers': workers, 'coap.ack_delay': '30s'}


def check_basics(rig, device, iccid):
    ping(device)
    assert_code(device, coap.post('data', 't=con', b'x'), '2.04')
    assert_code(device, coap.post('', 't=non', b'x', message_type=coap.NON), '2.04')
    assert_code(device, coap.post('data', 't=a//b', b'x'), '4.00')
    assert_code(device, coap.get('nothing'), '4.04')
    assert_reset(device, b'\x40\x02\x12\x34\xff')
    assert device.request(coap.get('.well-known/core')).payload == LINKS
    message = coap.post('data', 't=again', b'x')
    for _ in range(3):
        assert_code(device, message, '2.04')
    topics = [p.topic for p in rig.published(device) if p.topic.startswith(iccid)]
    assert topics == [f'{iccid}/con', f'{iccid}/non', f'{iccid}/again']


def test_basics(scope):
    for settings in each_arrangement():
        rig = Rig(scope, settings)
        for i in range(1, 9):
            check_basics(rig, rig.device(f'127.0.0.{i}'), f'898828066600000000{i}')


def test_basics_over_ipv6(scope):
    for settings in each_arrangement():
        rig = rig_with_ipv6(scope, settings)
        check_basics(rig, rig.device('::1'), '8988280666900000001')
        check_basics(rig, rig.device('127.0.0.1'), '8988280666000000001')


def test_200_sources(scope):
    for settings in each_arrangement():
        rig = Rig(scope, settings)
        devices = [rig.device(f'127.0.{i % 3}.{i}') for i in range(1, 201)]
        messages = [coap.post('data', 't=a', b'x') for _ in devices]
        for device, message in zip(devices, messages):
            device.send(message)
        for device, message in zip(devices, messages):
            answer = device.receive_bytes()
            assert answer == coap.Message(coap.ACK, coap.CHANGED, message.mid, message.token).encode(), answer
        topics = {p.topic for p in rig.subscriber.wait_for(200)}
        assert topics == {f'{8988280666000000000 + (i % 3) * 256 + i}/a' for i in range(1, 201)}
        check_hand_overs(rig, settings['gateway.receive'], 200)


def check_hand_overs(rig, placement, count):
    """Where each worker has a socket of its own, the kernel has chosen the right one."""
    assert rig.count('simgate_datagrams_received_total') == count
    assert rig.count('simgate_datagrams_handed_on_total') == (0 if placement == 'worker' else count)
    assert rig.count('simgate_datagrams_dropped_total') == 0


def test_ipv6_is_not_handed_on_between_workers(scope):
    """All ports of an address belong to one worker."""
    for settings in each_arrangement():
        rig = rig_with_ipv6(scope, settings)
        for _ in range(50):
            assert_code(rig.device('::1'), coap.post('data', payload=b'x'), '2.04')
        check_hand_overs(rig, settings['gateway.receive'], 50)


def test_what_the_kernel_drops_is_counted(scope):
    """The receive buffer of a stopped gateway overflows; what it has no room for is not missing in the count."""
    for placement in PLACEMENTS:
        rig = Rig(scope, {'gateway.receive': placement, 'gateway.workers': '1', 'gateway.receive_buffer': '64K'})
        device, sent = rig.device('127.0.0.7'), 2000
        rig.gateway.process.freeze()
        for _ in range(sent):
            device.send(coap.Message(coap.CON, mid=1))
        rig.gateway.process.thaw()
        outcome = rig.device('127.0.0.8').request(coap.post('data', payload=b'x'))  # there may be no room for the first
        assert outcome.code == coap.CHANGED
        received = rig.count('simgate_datagrams_received_total')
        dropped = rig.count('simgate_datagrams_dropped_total', reason='socket_full')
        assert 1 < received and 0 < dropped, (received, dropped)
        assert received + dropped == sent + outcome.sent, (received, dropped, outcome.sent)


def test_several_listeners(scope):
    for settings in each_arrangement():
        rig = Rig(scope, {'coap.listen': '127.0.0.1:0,127.0.0.1:0,127.0.0.2:0', **settings})
        assert [host for host, _ in rig.gateway.listeners] == ['127.0.0.1', '127.0.0.1', '127.0.0.2']
        for listener in rig.gateway.listeners:
            device = Device(scope, listener, '127.0.0.7')
            assert_code(device, coap.post('data', payload=b'x'), '2.04')
        check_hand_overs(rig, settings['gateway.receive'], 3)


def answer_with_source(source, destination, message):
    """(bytes, address) of the answer, wherever it comes from."""
    with socket.socket(socket.AF_INET6 if ':' in source else socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((source, 0))
        s.settimeout(5)
        s.sendto(message.encode(), destination)
        data, address = s.recvfrom(2048)
        return data, address[:2]


def test_answers_leave_from_the_address_that_was_written_to(scope):
    for settings in each_arrangement():
        rig = Rig(scope, {'coap.listen': '0.0.0.0:0', **settings})
        port = rig.gateway.coap[1]
        for host in ('127.0.0.2', '127.0.0.1', '127.255.255.254'):
            for message in (coap.post('data', payload=b'x'), coap.get('.well-known/core'),
                            coap.Message(coap.CON, mid=1),
                            coap.post('data', payload=b'x', message_type=coap.NON)):
                _, address = answer_with_source('127.0.0.7', (host, port), message)
                assert address == (host, port), f'{address} instead of {host} answered {message}'


def test_answers_over_ipv6_leave_from_the_address_that_was_written_to(scope):
    if not has_ipv6():
        raise tap.Skip('no IPv6 here')
    for settings in each_arrangement():
        rig = Rig(scope, {'coap.listen': '[::]:0,0.0.0.0:0', **settings})
        for (_, port), source, host in zip(rig.gateway.listeners, ('::1', '127.0.0.7'), ('::1', '127.0.0.2')):
            _, address = answer_with_source(source, (host, port), coap.post('data', payload=b'x'))
            assert address == (host, port), f'{address} instead of {host} answered'


def test_separate_responses_leave_from_that_address_too(scope):
    for placement in PLACEMENTS:
        rig = Rig(scope, {'coap.listen': '0.0.0.0:0', 'coap.ack_delay': '50ms', 'gateway.receive': placement})
        device = Device(scope, ('127.0.0.2', rig.gateway.coap[1]), '127.0.0.7')  # hears only that address
        rig.broker.freeze()
        message = coap.post('data', payload=b'x')
        device.send(message)
        assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
        rig.broker.thaw()
        response = device.receive()
        assert (response.type, response.code, response.token) == (coap.CON, coap.CHANGED, message.token)
        device.send(coap.Message(coap.ACK, mid=response.mid))


def test_both_families_on_one_port(scope):
    """The IPv6 listener takes no IPv4."""
    if not has_ipv6():
        raise tap.Skip('no IPv6 here')
    for placement in PLACEMENTS:
        rig = Rig(scope, {'coap.listen': '0.0.0.0:0', 'gateway.receive': placement})
        port = rig.gateway.coap[1]
        rig.gateway.stop()
        rig.gateway.settings['coap.listen'] = f'0.0.0.0:{port},[::]:{port}'
        rig.gateway.start()
        for source, host in (('127.0.0.7', '127.0.0.1'), ('::1', '::1')):
            assert_code(Device(scope, (host, port), source), coap.post('data', payload=b'x'), '2.04')


if __name__ == '__main__':
    tap.main()
