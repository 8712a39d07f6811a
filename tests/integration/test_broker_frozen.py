#!/usr/bin/env python3
"""A broker that hangs: connections stay, nothing answers. The devices get what RFC 7252 §5.2.2 says."""

import time

from harness import Broker, Device, Gateway, Subscriber, coap, tap, wait_until

ACK_DELAY, DEADLINE, ACK_TIMEOUT = 0.3, 1.5, 0.4  # seconds

SETTINGS = {'telemetry.format': 'raw', 'telemetry.deadline': '1500ms', 'coap.ack_delay': '300ms',
            'coap.ack_timeout': '400ms', 'coap.ack_random_factor': '1', 'coap.max_retransmit': '3',
            'mqtt.connections': '1', 'gateway.drain_timeout': '200ms'}


class Site:
    """A gateway whose broker hangs, and a device."""

    def __init__(self, scope, config='', **settings):
        self.broker = Broker(scope, config)
        self.subscriber = Subscriber(scope, self.broker)
        self.gateway = Gateway(scope, self.broker, settings={**SETTINGS, **settings})
        self.device = Device(scope, self.gateway.coap, '127.0.0.7')
        self.broker.freeze()

    def receive(self, message_type, code, timeout=3):
        """The next message, which must be such a one."""
        message = self.device.receive(timeout)
        assert message, 'nothing came'
        assert (message.type, coap.code_text(message.code)) == (message_type, code), str(message)
        return message

    def acknowledge(self, message, message_type=coap.ACK):
        self.device.send(coap.Message(type=message_type, mid=message.mid))


EARLY, LATE = 0.05, 0.25  # how far from what is expected a time may be: a busy machine is late and never early


def near(seconds, expected):
    return expected - EARLY <= seconds <= expected + LATE


def test_empty_ack_and_then_a_separate_response(scope):
    site = Site(scope)
    request = coap.post('data', payload=b'1')
    start = time.monotonic()
    site.device.send(request)
    empty = site.receive(coap.ACK, '0.00')
    assert near(time.monotonic() - start, ACK_DELAY)
    assert empty.mid == request.mid and empty.token == b''
    site.device.send(request)  # the ACK may have been lost
    assert site.receive(coap.ACK, '0.00', 0.5).mid == request.mid
    response = site.receive(coap.CON, '5.04')
    assert near(time.monotonic() - start, DEADLINE)
    assert response.token == request.token and response.payload == b''
    site.acknowledge(response)
    site.device.send(request)
    late = site.receive(coap.ACK, '5.04')
    assert late.mid == request.mid and late.token == request.token
    assert site.device.receive(2) is None, 'an acknowledged response is sent again'
    assert site.gateway.ready()


def test_in_progress_before_the_empty_ack(scope):
    site = Site(scope)
    request = coap.post('data', payload=b'1')
    site.device.send(request)
    site.device.send(request)
    site.receive(coap.ACK, '0.00')
    site.acknowledge(site.receive(coap.CON, '5.04'))
    assert site.device.receive(0.5) is None
    site.broker.thaw()
    site.subscriber.wait_for(1)
    time.sleep(0.3)
    assert len(site.subscriber.publications()) == 1, 'a duplicate was published'


def test_non_gets_a_non(scope):
    site = Site(scope)
    request = coap.post('data', payload=b'1', message_type=coap.NON)
    start = time.monotonic()
    site.device.send(request)
    response = site.receive(coap.NON, '5.04')
    assert near(time.monotonic() - start, DEADLINE)
    assert response.token == request.token
    assert site.device.receive(1) is None


def test_no_response(scope):
    """RFC 7967: a suppressed success is an empty ACK after the PUBACK; errors that are wanted still go."""
    site = Site(scope)
    options = [(coap.NO_RESPONSE, bytes([2 | 8]))]  # neither 2.xx nor 4.xx
    site.device.send(coap.post('data', payload=b'1', options=options))
    site.receive(coap.ACK, '0.00')
    site.acknowledge(site.receive(coap.CON, '5.04'))
    site.device.send(coap.post('data', payload=b'2', options=options))
    site.receive(coap.ACK, '0.00')
    site.broker.thaw()
    site.subscriber.wait_for(2)
    assert site.device.receive(1) is None
    site.device.send(coap.post('data', payload=b'3', options=options))
    site.receive(coap.ACK, '0.00')
    site.subscriber.wait_for(3)
    assert site.device.receive(1) is None


def separate_response(site):
    """Sends a request. Returns the separate response, when it comes for the first time."""
    site.device.send(coap.post('data', payload=b'1'))
    site.receive(coap.ACK, '0.00')
    return site.receive(coap.CON, '5.04')


def test_retransmission(scope):
    site = Site(scope)
    start, due, wait = time.monotonic(), DEADLINE, ACK_TIMEOUT
    first, last = separate_response(site), time.monotonic()
    for _ in range(3):  # coap.max_retransmit
        again, now, due = site.receive(coap.CON, '5.04'), time.monotonic(), due + wait
        assert again == first, 'the same message, with the same Message ID'
        assert now - start >= due - EARLY, 'it comes early, however late we saw the one before'
        assert now - last <= wait + LATE, now - last
        last, wait = now, wait * 2
    assert site.device.receive(wait + 0.5) is None, 'given up'
    assert site.gateway.metrics().sum('simgate_coap_separate_responses_given_up_total') == 1


def test_retransmission_ends_with_ack_or_rst(scope):
    site = Site(scope)
    for reply in (coap.ACK, coap.RST):
        first = separate_response(site)
        assert site.receive(coap.CON, '5.04') == first
        stranger = Device(scope, site.gateway.coap, '127.0.0.9')
        stranger.send(coap.Message(type=reply, mid=first.mid))  # it is not the stranger's to stop
        site.acknowledge(coap.Message(mid=first.mid ^ 1), reply)
        assert site.receive(coap.CON, '5.04') == first
        site.acknowledge(first, reply)
        assert site.device.receive(2.5) is None
    assert site.gateway.metrics().sum('simgate_coap_separate_responses_given_up_total') == 0


def test_one_separate_response_at_a_time(scope):
    """NSTART = 1 (RFC 7252 §4.7) for an endpoint; others do not wait for it."""
    site = Site(scope)
    other = Device(scope, site.gateway.coap, '127.0.0.9')
    requests = [coap.post('data', payload=b'%d' % n) for n in range(3)]
    for request in requests:
        site.device.send(request)
    other.send(coap.post('data', payload=b'4'))
    acknowledged = {site.receive(coap.ACK, '0.00').mid for _ in requests}
    assert acknowledged == {request.mid for request in requests}
    first = site.receive(coap.CON, '5.04')
    assert site.receive(coap.CON, '5.04') == first, 'the others wait for it'
    assert other.receive(1).type == coap.ACK
    assert coap.code_text(other.receive(1).code) == '5.04'
    responses = [first]
    for _ in requests[1:]:
        site.acknowledge(responses[-1])
        responses.append(site.receive(coap.CON, '5.04', 0.3))
    site.acknowledge(responses[-1])
    assert {r.token for r in responses} == {r.token for r in requests}
    assert len({r.mid for r in responses}) == 3
    assert site.device.receive(1) is None


def test_back_to_normal_by_itself(scope):
    site = Site(scope)
    site.acknowledge(separate_response(site))
    pending = coap.post('data', payload=b'2')
    site.device.send(pending)
    site.receive(coap.ACK, '0.00')
    site.broker.thaw()
    response = site.receive(coap.CON, '2.04', 0.5)
    assert response.token == pending.token
    site.acknowledge(response)
    for n in range(20):
        outcome = site.device.request(coap.post('data', payload=b'%d' % (n + 3)))
        assert outcome.code == coap.CHANGED and not outcome.separate
    arrived = [p.payload for p in site.subscriber.wait_for(22)]
    assert arrived == [b'%d' % n for n in range(1, 23)], 'also what got a 5.04: it had been sent'


def test_more_than_there_is_room_for(scope):
    """coap.max_exchanges bounds what waits; beyond it 5.03 with Max-Age, and everything ends."""
    site = Site(scope, **{'coap.max_exchanges': '64', 'gateway.workers': '1'})
    for n in range(100):
        site.device.send(coap.post('data', payload=b'%d' % n, mid=n, token=bytes([n])))
    refused = [site.receive(coap.ACK, '5.03', 0.25) for _ in range(36)]
    assert [r.token[0] for r in refused] == list(range(64, 100))
    assert {r.uint(coap.MAX_AGE) for r in refused} == {5}
    for _ in range(64):
        site.receive(coap.ACK, '0.00')
    timed_out = set()
    for _ in range(64):
        response = site.receive(coap.CON, '5.04')
        timed_out.add(response.token[0])
        site.acknowledge(response)
    assert timed_out == set(range(64))
    site.broker.thaw()
    wait_until(lambda: site.gateway.metrics().sum('simgate_publications_outstanding') == 0, 'all is through')
    assert site.device.request(coap.post('data', payload=b'100')).code == coap.CHANGED
    assert len(site.subscriber.wait_for(65)) == 65


def test_never_sent_at_the_deadline_is_withdrawn(scope):
    """What waits in the gateway's queue at its deadline gets 5.04 and is not published afterwards."""
    site = Site(scope, 'max_inflight_messages 20\n')
    for n in range(200):
        site.device.send(coap.post('data', payload=b'%d' % n, message_type=coap.NON, mid=n))
    for _ in range(200):
        site.receive(coap.NON, '5.04')
    wait_until(lambda: site.gateway.metrics().sum('simgate_publications_queued') == 0, 'the queue is empty')
    metrics = site.gateway.metrics()
    withdrawn = metrics.sum('simgate_publications_total', result='withdrawn')
    sent = metrics.sum('simgate_publications_outstanding')
    assert withdrawn > 0 and withdrawn + sent == 200
    site.broker.thaw()
    site.subscriber.wait_for(int(sent))
    time.sleep(0.5)
    assert [p.payload for p in site.subscriber.publications()] == [b'%d' % n for n in range(int(sent))]


def test_stopping_while_the_broker_hangs(scope):
    """The devices get an answer first."""
    site = Site(scope, **{'gateway.drain_timeout': '5s'})
    site.device.send(coap.post('data', payload=b'1'))
    site.receive(coap.ACK, '0.00')
    start = time.monotonic()
    site.gateway.process.terminate()
    site.acknowledge(site.receive(coap.CON, '5.04'))
    assert site.gateway.process.wait(10) == 0
    assert time.monotonic() - start < 7


def test_stopping_without_waiting(scope):
    """What is in flight is given up, and each device is told so: whether it was published is unknown."""
    site = Site(scope, **{'gateway.drain_timeout': '0'})
    for n in range(50):
        site.device.send(coap.post('data', payload=b'%d' % n, mid=n, token=bytes([n])))
    for _ in range(50):
        site.receive(coap.ACK, '0.00')
    site.gateway.process.terminate()
    first = site.receive(coap.CON, '5.02')
    site.acknowledge(first)
    assert site.gateway.process.wait(5) == 0


if __name__ == '__main__':
    tap.main()
