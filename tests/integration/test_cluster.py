#!/usr/bin/env python3
"""The same message again, at another gateway: answered the same, published once."""

import collections
import time

from cluster import Cluster, assert_unanswered, duplicates, exchange_key, repeat_until_answered
from harness import coap, tap, wait_until

CONFIRMABLE_LIFE, NON_LIFE, GRACE = 247000, 145000, 2000  # milliseconds
SLACK = 10000

DEADLINE = 2  # seconds


def conflicts(cluster):
    return [gateway.metrics().sum('simgate_mid_conflicts_total') for gateway in cluster.gateways]


def reserved(cluster, device, message):
    """Waits until the exchange is in Redis."""
    key = exchange_key(device, message)
    wait_until(lambda: cluster.redis.command('EXISTS', key), 'the exchange is reserved')
    return key


def test_settled(scope):
    cluster = Cluster(scope)
    device = cluster.device()
    message = coap.post('data', payload=b'1')
    device.ask(message, cluster.first, '2.04')
    for gateway in (cluster.second, cluster.first, cluster.second, cluster.second):
        device.ask(message, gateway, '2.04')
    assert [duplicates(gateway, 'answered') for gateway in cluster.gateways] == [1, 3]
    assert cluster.published() == [b'1']


def test_errors_are_the_same(scope):
    """What went to the broker and failed there fails everywhere."""
    cluster = Cluster(scope, {'telemetry.deadline': '300ms'})
    device = cluster.device()
    message = coap.post('data', payload=b'1')
    cluster.broker.freeze()
    device.ask(message, cluster.first, '5.04')
    cluster.broker.thaw()
    cluster.subscriber.wait_for(1)
    device.ask(message, cluster.second, '5.04')
    assert cluster.published() == [b'1']


def test_key_and_value(scope):
    """They are a public contract, and small: Redis holds the value as an integer."""
    cluster = Cluster(scope)
    device = cluster.device()
    confirmable = coap.post('data', payload=b'1')
    non = coap.post('data', payload=b'2', message_type=coap.NON)
    for message, life in ((confirmable, CONFIRMABLE_LIFE), (non, NON_LIFE)):
        device.ask(message, cluster.first, '2.04')
        key = exchange_key(device, message)
        wait_until(lambda k=key: int(cluster.redis.command('GET', k) or 0) & 255, 'the outcome is stored')
        assert int(cluster.redis.command('GET', key)) & 255 == coap.CHANGED
        assert cluster.redis.command('OBJECT', 'ENCODING', key) == b'int'
        assert life - SLACK < cluster.redis.command('PTTL', key) <= life
    assert len(cluster.redis.command('KEYS', 'simgate:x:*')) == 2


def test_in_progress(scope):
    cluster = Cluster(scope)
    device = cluster.device()
    message = coap.post('data', payload=b'1')
    cluster.broker.freeze()
    device.send(message, cluster.first)
    key = reserved(cluster, device, message)
    assert int(cluster.redis.command('GET', key)) & 255 == 0
    assert 10000 + GRACE - SLACK < cluster.redis.command('PTTL', key) <= 10000 + GRACE
    for _ in range(3):
        assert_unanswered(device, message, cluster.second, 'in_progress')
    assert_unanswered(device, message, cluster.first, 'in_progress')
    cluster.broker.thaw()
    device.assert_code(message, cluster.first, '2.04')
    wait_until(lambda: int(cluster.redis.command('GET', key)) & 255, 'the outcome is stored')
    device.ask(message, cluster.second, '2.04')
    assert cluster.published() == [b'1']


def test_both_at_once(scope):
    """Of two gateways that get a message at the same time one works on it."""
    cluster = Cluster(scope)
    device = cluster.device()
    answers = collections.Counter()
    for gateway in cluster.gateways:  # few messages wait until a device is known
        device.ask(coap.get('nothing'), gateway, '4.04')
    for number in range(200):
        message = coap.post('data', payload=b'%d' % number)
        device.send(message, cluster.first)
        device.send(message, cluster.second)
        deadline = time.monotonic() + 10
        while message.token not in answers:
            response, _ = device.receive(deadline - time.monotonic())
            assert response.code == coap.CHANGED, response
            answers[response.token] += 1
    silent = list(answers.values()).count(1)
    tap.print_comment(f'of 200 messages to both at once {silent} were answered by one, the others by both')
    assert cluster.published() == [b'%d' % n for n in range(200)]


def test_first_dies_before_the_broker_answers(scope):
    """Another takes over when the reservation ends, and not before. To the dead one, when it is back, its
    own reservation is nothing special, and its outcomes are known."""
    cluster = Cluster(scope, {'telemetry.deadline': f'{DEADLINE}s'})
    device = cluster.device()
    settled = coap.post('data', payload=b'settled')
    device.ask(settled, cluster.first, '2.04')
    wait_until(lambda: int(cluster.redis.command('GET', exchange_key(device, settled))) & 255, 'it is stored')
    messages = [coap.post('data', payload=b'%d' % n) for n in range(6)]
    cluster.broker.freeze()
    for message in messages:
        device.send(message, cluster.first)
    keys = [reserved(cluster, device, message) for message in messages]
    cluster.first.kill()
    cluster.broker.thaw()
    life, start = cluster.redis.command('PTTL', keys[0]) / 1000, time.monotonic()
    assert 1 < life <= DEADLINE + GRACE / 1000, life
    cluster.first.start()
    device.ask(settled, cluster.first, '2.04')
    for gateway in cluster.gateways:
        assert_unanswered(device, messages[0], gateway, 'in_progress')
    codes = [repeat_until_answered(device, messages[0], cluster.second)]
    seconds = time.monotonic() - start
    tap.print_comment(f'the reservation had {life:.2f} s to live; served by the other after {seconds:.2f} s')
    assert life - 0.3 < seconds < life + 1.5, seconds
    codes += [repeat_until_answered(device, message, cluster.gateways[n % 2]) for n, message in enumerate(messages)]
    assert set(codes) == {'2.04'}, codes
    found = cluster.published()
    tap.print_comment(f'{len(messages)} messages, published {len(found) - 1} times')
    assert set(found) == {b'settled', *(b'%d' % n for n in range(6))} and found.count(b'settled') == 1


def test_message_id_with_other_bytes(scope):
    cluster = Cluster(scope)
    device = cluster.device()
    device.ask(coap.post('data', payload=b'1', mid=7), cluster.first, '2.04')
    for payload in (b'2', b'3'):
        device.ask(coap.post('data', payload=payload, mid=7), cluster.second, '2.04')
    assert conflicts(cluster) == [0, 2]
    cluster.second.process.wait_for_lines('used a Message ID again')
    assert cluster.published() == [b'1']


def test_message_id_with_other_bytes_can_be_processed(scope):
    cluster = Cluster(scope, {'coap.mid_conflict': 'process'})
    device = cluster.device()
    first, second = (coap.post('data', payload=payload, mid=7) for payload in (b'1', b'2'))
    device.ask(first, cluster.first, '2.04')
    device.ask(second, cluster.second, '2.04')
    assert conflicts(cluster) == [0, 1]
    device.ask(second, cluster.second, '2.04')
    device.ask(first, cluster.first, '2.04')
    assert conflicts(cluster) == [0, 1], 'each knows its own'
    assert cluster.published() == [b'1', b'2']


def test_non(scope):
    cluster = Cluster(scope)
    device = cluster.device()
    message = coap.post('data', payload=b'1', message_type=coap.NON)
    device.ask(message, cluster.first, '2.04')
    for _ in range(3):
        assert_unanswered(device, message, cluster.second, 'dropped')
    cluster.broker.freeze()
    begun = coap.post('data', payload=b'2', message_type=coap.NON)
    device.send(begun, cluster.first)
    reserved(cluster, device, begun)
    assert_unanswered(device, begun, cluster.second, 'dropped')
    cluster.broker.thaw()
    device.assert_code(begun, cluster.first, '2.04')
    assert cluster.published() == [b'1', b'2']


def test_another_endpoint_is_another_message(scope):
    cluster = Cluster(scope)
    message = coap.post('data', payload=b'1')
    for source in ('127.0.0.7', '127.0.0.8', '127.0.0.7'):
        device = cluster.device(source)
        device.ask(message, cluster.first, '2.04')
        device.ask(message, cluster.second, '2.04')
    assert cluster.published() == [b'1', b'1', b'1']


def test_another_prefix_is_another_fleet(scope):
    cluster = Cluster(scope)
    cluster.redis.import_devices('iccid,address,status\n8988280666000000077,127.0.0.7,active\n', 'other:')
    cluster.second.stop()
    cluster.second.settings['redis.prefix'] = 'other:'
    cluster.second.start()
    device = cluster.device()
    message = coap.post('data', payload=b'1')
    device.ask(message, cluster.first, '2.04')
    device.ask(message, cluster.second, '2.04')
    topics = [p.topic for p in cluster.subscriber.wait_for(2)]
    assert topics == ['8988280666000000007', '8988280666000000077'], topics


if __name__ == '__main__':
    tap.main()
