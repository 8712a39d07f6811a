#!/usr/bin/env python3
"""The same message again: answered the same, published once (RFC 7252 §4.5)."""

from harness import coap, tap, wait_until
from rig import Rig, assert_code, assert_silence, ping

ICCID = '8988280666000000007'
CONFLICT = 'used a Message ID again'


def answer_to(device, message):
    device.send(message)
    return device.receive_bytes()


def duplicates(rig, outcome):
    return rig.count('simgate_coap_duplicates_total', outcome=outcome)


def conflict_lines(rig):
    return [line for line in rig.gateway.process.lines if CONFLICT in line]


def test_con_again_gets_the_same_response(scope):
    rig = Rig(scope)
    device = rig.device()
    message = coap.post('data', 't=a', b'x')
    first = answer_to(device, message)
    assert first == coap.Message(coap.ACK, coap.CHANGED, message.mid, message.token).encode()
    assert [answer_to(device, message) for _ in range(10)] == 10 * [first]
    assert duplicates(rig, 'answered') == 10
    assert len(rig.published(device)) == 1


def test_non_again_is_dropped(scope):
    rig = Rig(scope)
    device = rig.device()
    message = coap.post('data', 't=a', b'x', message_type=coap.NON)
    assert_code(device, message, '2.04')
    for _ in range(10):
        assert_silence(device, message)
    assert duplicates(rig, 'dropped') == 10
    assert len(rig.published(device)) == 1


def test_error_again_gets_the_same_error(scope):
    rig = Rig(scope, {'telemetry.max_payload': '64'})
    device = rig.device()
    for message in (coap.post('data', 't=a//b', b'x'), coap.post('data', payload=bytes(65))):
        first = answer_to(device, message)
        assert first[1] in (coap.code('4.00'), coap.code('4.13'))
        assert answer_to(device, message) == first
    assert rig.published(device) == []


def test_get_is_answered_afresh(scope):
    """Also under a Message ID that a POST used."""
    rig = Rig(scope)
    device = rig.device()
    get = coap.get('.well-known/core', mid=7)
    first = answer_to(device, get)
    assert [answer_to(device, get) for _ in range(3)] == 3 * [first]
    assert_code(device, coap.post('data', payload=b'x', mid=7), '2.04')
    assert answer_to(device, get) == first
    assert_code(device, coap.get('nothing', mid=7), '4.04')
    assert rig.count('simgate_coap_duplicates_total') == 0
    assert rig.count('simgate_mid_conflicts_total') == 0
    assert len(rig.published(device)) == 1


def test_another_endpoint_is_another_message(scope):
    rig = Rig(scope)
    message = coap.post('data', 't=a', b'x')
    for source in ('127.0.0.7', '127.0.0.8', '127.0.0.7'):  # each on a port of its own
        assert_code(rig.device(source), message, '2.04')
    topics = sorted(p.topic for p in rig.published())
    assert topics == [f'{ICCID}/a', f'{ICCID}/a', '8988280666000000008/a']
    assert rig.count('simgate_coap_duplicates_total') == 0


def test_message_id_with_other_bytes_gets_the_old_response(scope):
    """With the token of the request that it answers. It is counted, and logged once in a while."""
    rig = Rig(scope)
    device = rig.device()
    assert_code(device, coap.post('data', 't=a', b'first', mid=1), '2.04')
    for query, payload in (('t=a', b'second'), ('t=b', b'first'), ('t=not//legal', b''), ((), b'first')):
        assert_code(device, coap.post('data', query, payload, mid=1), '2.04')
    assert_silence(device, coap.post('data', 't=a', b'third', mid=1, message_type=coap.NON))
    assert rig.count('simgate_mid_conflicts_total') == 5
    assert len(rig.published(device)) == 1
    assert len(conflict_lines(rig)) == 1, conflict_lines(rig)
    assert ' warning ' in conflict_lines(rig)[0] and '127.0.0.7:' in conflict_lines(rig)[0]


def test_message_id_with_other_bytes_can_be_processed(scope):
    rig = Rig(scope, {'coap.mid_conflict': 'process'})
    device = rig.device()
    for topic in ('a', 'b', 'c'):
        for _ in range(2):
            assert_code(device, coap.post('data', f't={topic}', b'x', mid=1, token=b''), '2.04')
    assert rig.count('simgate_mid_conflicts_total') == 2
    assert duplicates(rig, 'answered') == 3
    assert [p.topic for p in rig.published(device)] == [f'{ICCID}/{topic}' for topic in 'abc']


def test_in_progress(scope):
    """Silence before the empty ACK went out, the same ACK after it, the response when there is one."""
    rig = Rig(scope, {'coap.ack_delay': '500ms'})
    device = rig.known()
    rig.broker.freeze()
    message = coap.post('data', 't=a', b'x')
    device.send(message)
    assert_silence(device, message)
    empty = coap.Message(coap.ACK, mid=message.mid).encode()
    assert device.receive_bytes() == empty
    assert answer_to(device, message) == empty
    assert answer_to(device, message) == empty
    assert duplicates(rig, 'in_progress') == 3
    rig.broker.thaw()
    response = device.receive()
    assert (response.type, response.code, response.token) == (coap.CON, coap.CHANGED, message.token)
    device.send(coap.Message(coap.ACK, mid=response.mid))
    expected = coap.Message(coap.ACK, coap.CHANGED, message.mid, message.token).encode()
    assert answer_to(device, message) == expected, 'piggybacked, now that it is known'
    assert len(rig.published(device)) == 1


def test_non_in_progress_is_dropped(scope):
    rig = Rig(scope, {'coap.ack_delay': '100ms'})
    device = rig.device()
    rig.broker.freeze()
    message = coap.post('data', 't=a', b'x', message_type=coap.NON)
    device.send(message)
    assert_silence(device, message)
    assert device.receive_bytes(0.3) is None, 'a NON is not acknowledged'
    rig.broker.thaw()
    response = device.receive()
    assert (response.type, response.code, response.token) == (coap.NON, coap.CHANGED, message.token)
    assert len(rig.published(device)) == 1


def test_failure_is_remembered(scope):
    """A retransmission of what got 5.04 gets 5.04, since the broker may have it all the same."""
    rig = Rig(scope, {'telemetry.deadline': '200ms', 'coap.ack_delay': '10s'})
    device = rig.device()
    rig.broker.freeze()
    message = coap.post('data', 't=a', b'x')
    assert_code(device, message, '5.04')
    rig.broker.thaw()
    wait_until(lambda: rig.count('simgate_publications_outstanding') == 0, 'the broker has answered')
    assert_code(device, message, '5.04')
    assert len(rig.published(device)) == 1


def separate(rig, device, count=1):
    """Requests that the broker's silence got an empty ACK each. The broker is back when this returns."""
    rig.broker.freeze()
    messages = [coap.post('data', 't=a', b'x') for _ in range(count)]
    for message in messages:
        device.send(message)
        assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
    rig.broker.thaw()
    return messages


def test_separate_response_is_retransmitted_until_it_is_acknowledged(scope):
    rig = Rig(scope, {'coap.ack_delay': '50ms', 'coap.ack_timeout': '100ms', 'coap.ack_random_factor': '1'})
    device = rig.device()
    separate(rig, device)
    response = device.receive_bytes()
    assert [device.receive_bytes() for _ in range(2)] == 2 * [response]
    device.send(coap.Message(coap.ACK, mid=int.from_bytes(response[2:4], 'big')))
    device.drain()  # one may have been on its way
    assert device.receive_bytes(1) is None
    assert rig.count('simgate_coap_separate_responses_given_up_total') == 0


def test_separate_response_is_given_up(scope):
    rig = Rig(scope, {'coap.ack_delay': '50ms', 'coap.ack_timeout': '100ms', 'coap.max_retransmit': '2'})
    device = rig.device()
    separate(rig, device)
    assert len({device.receive_bytes() for _ in range(3)}) == 1
    wait_until(lambda: rig.count('simgate_coap_separate_responses_given_up_total') == 1, 'it is given up')
    ping(device)


def test_separate_response_ends_with_a_reset(scope):
    rig = Rig(scope, {'coap.ack_delay': '50ms', 'coap.ack_timeout': '300ms'})
    device = rig.device()
    separate(rig, device)
    device.send(coap.Message(coap.RST, mid=device.receive().mid))
    assert device.receive_bytes(1) is None


def test_one_separate_response_at_a_time(scope):
    """NSTART (RFC 7252 §4.7): the next goes out when the one before is acknowledged."""
    rig = Rig(scope, {'coap.ack_delay': '50ms', 'coap.ack_timeout': '20s'})
    device = rig.device()
    tokens = {message.token for message in separate(rig, device, 3)}
    wait_until(lambda: rig.count('simgate_responses_total', code='2.04') == 3, 'all are through')
    answered = set()
    for _ in range(3):
        response = device.receive()
        assert (response.type, response.code) == (coap.CON, coap.CHANGED), response
        answered.add(response.token)
        ping(device)
        device.send(coap.Message(coap.ACK, mid=response.mid))
    assert answered == tokens
    ping(device)


def test_separate_response_that_is_suppressed(scope):
    rig = Rig(scope, {'coap.ack_delay': '50ms'})
    device = rig.device()
    rig.broker.freeze()
    message = coap.post('data', payload=b'x', options=[(coap.NO_RESPONSE, b'\x02')])
    assert answer_to(device, message) == coap.Message(coap.ACK, mid=message.mid).encode()
    rig.broker.thaw()
    wait_until(lambda: rig.count('simgate_responses_total', code='2.04') == 1, 'it is through')
    ping(device)


if __name__ == '__main__':
    tap.main()
