#!/usr/bin/env python3
"""What devices in the field send, right and wrong: format errors, odd options, No-Response."""

from harness import coap, tap, wait_until
from rig import Rig, assert_code, assert_reset, assert_silence, ping

ICCID = '8988280666000000007'
LINKS = b'</>;rt="telemetry",</data>;rt="telemetry",</location>;rt="location";ct=0'
CON_POST, NON_POST, ACK_POST, RST_POST = b'\x40\x02', b'\x50\x02', b'\x60\x02', b'\x70\x02'
SUCCESSES, CLIENT_ERRORS, SERVER_ERRORS = 2, 8, 16  # of No-Response (RFC 7967 §2.1)


def dropped(rig, reason):
    return rig.count('simgate_coap_messages_dropped_total', reason=reason)


def test_ping(scope):
    device = Rig(scope).device()
    for mid in (b'\x00\x00', b'\x12\x34', b'\xff\xff'):
        assert_reset(device, b'\x40\x00' + mid)


def test_zero_length_path_is_the_root(scope):
    rig = Rig(scope)
    device = rig.device()
    root = [(coap.URI_PATH, b'')]
    json = [(coap.CONTENT_FORMAT, coap.uint(50))]
    assert_code(device, coap.post('', payload=b'\x00\x01', options=root + json), '2.04')
    assert_code(device, coap.post('', 't=a', b'x', options=root), '2.04')
    assert_code(device, coap.get('', options=root + json), '4.05')
    assert_code(device, coap.post('', payload=b'x', options=2 * root), '4.04')
    assert [p.topic for p in rig.published(device)] == [ICCID, f'{ICCID}/a']


def test_content_format_is_never_wrong(scope):
    rig = Rig(scope)
    device = rig.device()
    for value in (b'', b'\x32', b'\xff\xff', b'\x01\x02\x03\x04'):
        option = [(coap.CONTENT_FORMAT, value)]
        assert_code(device, coap.post('data', payload=b'no JSON', options=option), '2.04')
        assert_code(device, coap.post('data', options=2 * option), '2.04')
        assert device.request(coap.get('.well-known/core', options=option)).payload == LINKS
    assert len(rig.published(device)) == 8


def test_uri_without_path(scope):
    rig = Rig(scope)
    device = rig.device()
    assert_code(device, coap.post('', 't=a/b', b'x'), '2.04')
    for host in (b'', b'example.org', b'\xff\x00', b'h' * 255):
        options = [(coap.URI_HOST, host), (coap.URI_PORT, coap.uint(1))]
        assert_code(device, coap.post('', 't=a/b', b'x', options=options), '2.04')
    assert [p.topic for p in rig.published(device)] == 5 * [f'{ICCID}/a/b']


def test_tokens_of_any_length(scope):
    rig = Rig(scope)
    device = rig.device()
    for length in range(9):
        for kind in (coap.CON, coap.NON):
            token = bytes(range(length))
            assert_code(device, coap.post('data', payload=b'x', token=token, message_type=kind), '2.04')
            answer = device.request(coap.get('.well-known/core', token=token, message_type=kind))
            assert (answer.payload, answer.response.token) == (LINKS, token)
    assert len(rig.published(device)) == 18


def test_well_known_core_byte_for_byte(scope):
    device = Rig(scope).device()
    device.send(b'\x42\x01\x12\x34to\xbb.well-known\x04core')
    answer = device.receive_bytes()
    assert answer == b'\x62\x45\x12\x34to\xc1\x28\xff' + LINKS, answer


MALFORMED = {
    'token length 9': b'\x49\x02\x12\x34' + bytes(9),
    'token length 15': b'\x4f\x02\x12\x34' + bytes(15),
    'token cut': b'\x48\x02\x12\x34' + bytes(7),
    'marker and no payload': b'\x40\x02\x12\x34\xff',
    'marker and no payload after an option': b'\x40\x02\x12\x34\xb1a\xff',
    'option cut': b'\x40\x02\x12\x34\xb4dat',
    'option without its extended length': b'\x40\x02\x12\x34\xbd',
    'option without its extended delta': b'\x40\x02\x12\x34\xd0',
    'delta 15': b'\x40\x02\x12\x34\xf1a',
    'length 15': b'\x40\x02\x12\x34\xbfa',
    'option number over 65535': b'\x40\x02\x12\x34\xe0\xff\xff',
    'code class 1': b'\x40\x20\x12\x34',
    'code class 6': b'\x40\xc2\x12\x34',
    'code class 7': b'\x40\xff\x12\x34',
    'empty with a token': b'\x41\x00\x12\x34t',
    'empty with an option': b'\x40\x00\x12\x34\xb1a',
}


def test_malformed_is_reset_or_ignored(scope):
    """A reset for a CON, silence for every other type (RFC 7252 §3, §4.2, §4.3)."""
    rig = Rig(scope)
    device, stranger = rig.device(), rig.device('127.0.0.8')
    for what, data in MALFORMED.items():
        print(f'# {what}')
        assert_reset(device, data)
        for kind in (coap.NON, coap.ACK, coap.RST):
            assert_silence(device, bytes([data[0] | kind << 4]) + data[1:])
    assert dropped(rig, 'malformed') + dropped(rig, 'unexpected') == 4 * len(MALFORMED)
    assert dropped(rig, 'malformed') >= 2 * len(MALFORMED)
    assert_reset(stranger, MALFORMED['token length 9'])
    assert rig.published(device) == []


def test_no_message_is_ignored(scope):
    """Without a Message ID nothing can be answered; another version is none of our business (§3)."""
    rig = Rig(scope)
    device = rig.device()
    junk = [b'', b'\x40', b'\x40\x02', b'\x40\x02\x00', b'\x00\x02\x12\x34', b'\x80\x02\x12\x34',
            b'\xc0\x00\x12\x34', bytes(1500), b'\xff' * 1500]
    for data in junk:
        assert_silence(device, data)
    assert dropped(rig, 'no_message') == len(junk)


def test_truncated_at_every_byte(scope):
    """A widespread client cuts its own datagrams. What is left is a message or it is not; it harms nobody."""
    rig = Rig(scope)
    device = rig.device()
    before = len(rig.gateway.process.lines)
    for length in range(len(coap.post('data', 't=abc', b'payload').encode())):
        for kind in (coap.CON, coap.NON):
            mid = 2 * length + kind
            device.send(coap.post('data', 't=abc', b'payload', message_type=kind, mid=mid).encode()[:length])
    ping_last(device)
    assert dropped(rig, 'malformed') > 20
    loud = [line for line in rig.gateway.process.lines[before:] if not line.split()[1:2] == ['debug']]
    assert not loud, loud


def ping_last(device):
    """A ping whose answer comes after others."""
    device.send(coap.Message(coap.CON, mid=0xabcd))
    while device.receive_bytes() != b'\x70\x00\xab\xcd':
        pass


def test_what_nobody_asked_for(scope):
    """Responses and acknowledgements of nothing (RFC 7252 §4.2, §4.3)."""
    rig = Rig(scope)
    device = rig.device()
    assert_reset(device, b'\x40\x45\x12\x34\xffx')
    assert_reset(device, b'\x40\x84\x12\x34')
    for data in (b'\x50\x45\x12\x34\xffx', b'\x50\x00\x12\x34', b'\x60\x45\x12\x34\xffx', b'\x60\x00\x12\x34',
                 b'\x70\x00\x12\x34', ACK_POST + b'\x12\x34\xffx', RST_POST + b'\x12\x34\xffx'):
        assert_silence(device, data)
    assert rig.published(device) == []


def test_smallest_requests(scope):
    """No token, no path, no payload; a Message ID with zero bytes."""
    rig = Rig(scope)
    device = rig.device()
    device.send(CON_POST + b'\x00\x00')
    assert device.receive_bytes() == b'\x60\x44\x00\x00'
    device.send(NON_POST + b'\x00\x01')
    answer = device.receive_bytes()
    assert answer[:2] == b'\x50\x44' and len(answer) == 4, answer
    assert [p.topic for p in rig.published(device)] == 2 * [ICCID]


def no_response(value):
    return [(coap.NO_RESPONSE, coap.uint(value))]


def test_no_response_to_con_is_an_empty_ack(scope):
    rig = Rig(scope)
    device = rig.device()
    for value in (SUCCESSES, SUCCESSES | CLIENT_ERRORS | SERVER_ERRORS):
        message = coap.post('data', payload=b'x', options=no_response(value))
        for _ in range(2):  # once more as a retransmission
            device.send(message)
            answer = device.receive_bytes()
            assert answer == coap.Message(coap.ACK, mid=message.mid).encode(), answer
    assert len(rig.published(device)) == 2


def test_no_response_to_con_still_waits_for_the_broker(scope):
    rig = Rig(scope, {'coap.ack_delay': '30s'})
    device = rig.device()
    rig.broker.freeze()
    message = coap.post('data', payload=b'x', options=no_response(SUCCESSES))
    device.send(message)
    assert device.receive_bytes(0.3) is None
    rig.broker.thaw()
    assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()


def test_no_response_to_non_is_silence(scope):
    rig = Rig(scope)
    device = rig.device()
    device.send(coap.post('data', payload=b'x', options=no_response(SUCCESSES), message_type=coap.NON))
    wait_until(lambda: rig.count('simgate_responses_total', code='2.04'), 'the message is through')
    ping(device)
    assert len(rig.published(device)) == 1


def test_no_response_keeps_what_it_does_not_name(scope):
    device = Rig(scope).device()
    for kind in (coap.CON, coap.NON):
        def message(value, **rest):
            return coap.post('data', payload=b'x', options=no_response(value), message_type=kind, **rest)
        assert_code(device, message(SUCCESSES, query='t=a//b'), '4.00')
        assert_code(device, message(SUCCESSES | SERVER_ERRORS, query='t=a//b'), '4.00')
        assert_code(device, message(CLIENT_ERRORS | SERVER_ERRORS), '2.04')
        assert_code(device, message(0), '2.04')


def test_no_response_to_an_error(scope):
    device = Rig(scope).device()
    message = coap.post('data', 't=a//b', b'x', options=no_response(CLIENT_ERRORS))
    device.send(message)
    assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
    message.type = coap.NON
    assert_silence(device, message)


if __name__ == '__main__':
    tap.main()
