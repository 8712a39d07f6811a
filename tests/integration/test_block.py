#!/usr/bin/env python3
"""Payloads in blocks (RFC 7959)."""

import base64
import json
import random

from harness import coap, tap
from rig import Rig, ask, assert_code, assert_silence, ping

ICCID = '8988280666000000007'
SIZES = [16, 32, 64, 128, 256, 512, 1024]


def block(number, more, size):
    """The value of a block option (§2.2)."""
    return coap.uint(number << 4 | more << 3 | size.bit_length() - 5)


def block1(number, more, size):
    return (coap.BLOCK1, block(number, more, size))


def blocks_of(payload, size, query='t=a', options=(), **rest):
    """The requests that bring a payload."""
    last = max(len(payload) - 1, 0) // size
    return [coap.post('data', query, payload[n * size:(n + 1) * size],
                      options=[block1(n, n < last, size), *options], **rest) for n in range(last + 1)]


def assert_transfer(device, messages):
    """All blocks are taken, each answered with its own Block1 option and not a byte more."""
    for message in messages:
        more = message.uint(coap.BLOCK1) & 8
        assert_code(device, message, '2.31' if more else '2.04', [(coap.BLOCK1, message.values(coap.BLOCK1)[0])])


def payloads(publications):
    return [base64.b64decode(json.loads(p.payload)['payload']['value']) for p in publications]


def test_all_block_sizes(scope):
    rig = Rig(scope)
    device = rig.device()
    sent = []
    for size in SIZES:
        for length in (1, size - 1, size, size + 1, 3 * size, 3 * size + 1):
            for kind in (coap.CON, coap.NON):
                sent.append(random.randbytes(length))
                assert_transfer(device, blocks_of(sent[-1], size, message_type=kind))
    found = rig.published(device)
    assert {p.topic for p in found} == {f'{ICCID}/a'}
    assert payloads(found) == sent


def test_largest_payload(scope):
    """64 KiB by default, in small and in large blocks."""
    rig = Rig(scope)
    device = rig.device()
    sent = [random.randbytes(65536) for _ in range(2)]
    assert_transfer(device, blocks_of(sent[0], 1024, options=[(coap.SIZE1, coap.uint(65536))]))
    assert_transfer(device, blocks_of(sent[1], 256))
    assert payloads(rig.published(device)) == sent


def test_total_over_the_limit_is_4_13(scope):
    rig = Rig(scope, {'telemetry.max_payload': '1000'})
    device = rig.device()
    limit = (coap.SIZE1, coap.uint(1000))
    messages = blocks_of(bytes(1001), 256)
    assert_transfer(device, messages[:-1])
    response = ask(device, messages[-1])
    assert coap.code_text(response.code) == '4.13' and response.uint(coap.SIZE1) == 1000, response
    assert ask(device, blocks_of(bytes(1001), 256)[-1]).code == coap.code('4.08'), 'nothing is kept of it'
    assert_transfer(device, blocks_of(bytes(1000), 256))
    announced = blocks_of(bytes(1001), 256, options=[(coap.SIZE1, coap.uint(1001))])
    assert_code(device, announced[0], '4.13', [limit])
    assert payloads(rig.published(device)) == [bytes(1000)]


def test_out_of_order_is_4_08(scope):
    rig = Rig(scope)
    device = rig.device()
    payload = random.randbytes(256)
    first, second, third, fourth = blocks_of(payload, 64)
    for message in (second, fourth):
        assert ask(device, message).code == coap.code('4.08'), 'there was no first block'
    first, second, third, fourth = blocks_of(payload, 64)
    assert_transfer(device, [first])
    assert ask(device, third).code == coap.code('4.08')
    assert ask(device, fourth).code == coap.code('4.08')
    other = blocks_of(payload, 64, query='t=b')[1]
    assert ask(device, other).code == coap.code('4.08'), 'with another topic it is another payload'
    assert_transfer(device, blocks_of(payload, 64))
    assert payloads(rig.published(device)) == [payload]


def test_duplicates_of_blocks(scope):
    """Every block comes three times; the payload comes once, and complete."""
    rig = Rig(scope)
    device = rig.device()
    payload = random.randbytes(300)
    for message in blocks_of(payload, 64):
        assert_transfer(device, 3 * [message])
    for message in blocks_of(payload, 64, message_type=coap.NON):
        assert_transfer(device, [message])
        assert_silence(device, message)
    assert payloads(rig.published(device)) == 2 * [payload]


def test_late_duplicate_of_the_first_block(scope):
    """It does not start the transfer again."""
    rig = Rig(scope)
    device = rig.device()
    payload = random.randbytes(256)
    messages = blocks_of(payload, 64)
    assert_transfer(device, messages[:3] + messages[:1] + messages[3:])
    assert payloads(rig.published(device)) == [payload]


def test_restart(scope):
    """A new first block starts afresh (§2.5)."""
    rig = Rig(scope)
    device = rig.device()
    abandoned, payload = random.randbytes(512), random.randbytes(200)
    assert_transfer(device, blocks_of(abandoned, 64)[:5])
    assert_transfer(device, blocks_of(payload, 64))
    assert payloads(rig.published(device)) == [payload]


def test_interleaved_transfers(scope):
    """Of two devices, of two ports of a device, and of two topics of one port."""
    rig = Rig(scope)
    one, other = rig.device('127.0.0.7'), rig.device('127.0.0.8')
    lanes = [(one, 't=a'), (other, 't=a'), (rig.device('127.0.0.7'), 't=b'), (other, 't=c')]
    sent = [random.randbytes(500) for _ in lanes]
    transfers = [(device, blocks_of(payload, 64, query)) for (device, query), payload in zip(lanes, sent)]
    for number in range(8):
        for device, messages in transfers:
            assert_transfer(device, [messages[number]])
    found = rig.published()
    topics = [f'{ICCID}/a', '8988280666000000008/a', f'{ICCID}/b', '8988280666000000008/c']
    assert sorted(zip([p.topic for p in found], payloads(found))) == sorted(zip(topics, sent))


def test_block_size_that_shrinks(scope):
    """The second block's number counts smaller blocks (§2.3)."""
    rig = Rig(scope)
    device = rig.device()
    payload = random.randbytes(200)
    assert_transfer(device, [coap.post('data', payload=payload[:128], options=[block1(0, True, 128)]),
                             coap.post('data', payload=payload[128:192], options=[block1(2, True, 64)]),
                             coap.post('data', payload=payload[192:], options=[block1(6, False, 32)])])
    assert payloads(rig.published(device)) == [payload]


def test_malformed_blocks_are_4_00(scope):
    rig = Rig(scope)
    device = rig.device()
    wrong = [coap.post('data', payload=bytes(64), options=[(coap.BLOCK1, b'\x0f')]),  # size exponent 7
             coap.post('data', payload=bytes(63), options=[block1(0, True, 64)]),
             coap.post('data', payload=bytes(65), options=[block1(0, True, 64)])]
    for message in wrong:
        assert ask(device, message).code == coap.code('4.00')
    assert rig.published(device) == []


def test_topic_is_checked_with_the_first_block(scope):
    device = Rig(scope).device()
    assert ask(device, blocks_of(bytes(100), 64, query='t=a//b')[0]).code == coap.code('4.00')


def test_broker_down_at_the_last_block(scope):
    rig = Rig(scope)
    device = rig.device()
    messages = blocks_of(bytes(100), 64)
    assert_transfer(device, messages[:1])
    rig.broker.kill()
    rig.gateway.wait_ready(False)
    assert ask(device, messages[1]).code == coap.code('5.02')


def test_no_response_to_blocks(scope):
    rig = Rig(scope)
    device = rig.device()
    payload = random.randbytes(100)
    for message in blocks_of(payload, 64, options=[(coap.NO_RESPONSE, b'\x02')]):
        device.send(message)
        assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
    assert payloads(rig.published(device)) == [payload]
    ping(device)


def test_block2_of_well_known_core(scope):
    device = Rig(scope).device()
    whole = device.request(coap.get('.well-known/core')).payload
    for size in SIZES:
        parts, more = [], True
        while more:
            wanted = block(len(parts), False, size)
            response = ask(device, coap.get('.well-known/core', options=[(coap.BLOCK2, wanted)]))
            more = bool(response.uint(coap.BLOCK2) & 8)
            assert (response.code, response.uint(coap.CONTENT_FORMAT)) == (coap.CONTENT, 40), response
            assert response.values(coap.BLOCK2) == [block(len(parts), more, size)], response
            assert not more or len(response.payload) == size, response
            parts.append(response.payload)
        assert b''.join(parts) == whole
    beyond = [(coap.BLOCK2, block(1000, False, 16))]
    assert_code(device, coap.get('.well-known/core', options=beyond), '4.00')
    assert_code(device, coap.get('.well-known/core', options=[(coap.BLOCK2, b'\x07')]), '4.00')


if __name__ == '__main__':
    tap.main()
