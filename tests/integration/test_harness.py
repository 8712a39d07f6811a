#!/usr/bin/env python3
"""The harness itself: what it says of the gateway is only worth something if this holds."""

import os
import random
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time

from harness import (Broker, Device, Metrics, Process, Redis, RedisClient, RedisError, Subscriber, coap, gone, tap,
                     wait_until)
from harness.device import Reset

HERE = os.path.dirname(os.path.abspath(__file__))


def raises(error, function, *arguments):
    try:
        function(*arguments)
    except error:
        return True
    return False


def test_coap_bytes(_scope):
    """A message put together by hand, with each form of delta and length."""
    message = coap.Message(coap.CON, coap.POST, 0x1234, b'\xaa', [
        (coap.URI_QUERY, b't=' + b'x' * 11), (coap.URI_PATH, b'data'), (coap.NO_RESPONSE, b'\x02'),
        (2000, b'y' * 300)], b'21.5')
    expected = (b'\x41\x02\x12\x34\xaa' b'\xb4data' b'\x4d\x00t=' + b'x' * 11 +
                b'\xd1\xe6\x02' b'\xee\x05\xc1\x00\x1f' + b'y' * 300 + b'\xff21.5')
    assert message.encode() == expected, message.encode()
    decoded = coap.decode(expected)
    assert decoded.values(coap.URI_QUERY) == [b't=' + b'x' * 11] and decoded.payload == b'21.5'


def test_coap_round_trips(_scope):
    source = random.Random(1)
    for _ in range(2000):
        options = sorted((source.randrange(1, 70000) % 65536, source.randbytes(source.choice([0, 1, 12, 13, 268, 269])))
                         for _ in range(source.randrange(5)))
        message = coap.Message(source.randrange(4), source.randrange(1, 256), source.randrange(65536),
                               source.randbytes(source.randrange(9)), options,
                               source.randbytes(source.randrange(20)))
        assert coap.decode(message.encode()) == message, message


def test_coap_malformed(_scope):
    for data in (b'', b'\x40\x01\x00', b'\x80\x01\x00\x00', b'\x49\x01\x00\x00' + bytes(9),
                 b'\x41\x01\x00\x00', b'\x40\x01\x00\x00\xff', b'\x40\x01\x00\x00\xf0',
                 b'\x40\x01\x00\x00\x0f', b'\x40\x01\x00\x00\xb4dat', b'\x40\x00\x00\x00\xff1'):
        assert raises(coap.Malformed, coap.decode, data), data


def test_coap_numbers(_scope):
    assert (coap.CHANGED, coap.code('4.29'), coap.code_text(0xa4)) == (0x44, 0x9d, '5.04')
    assert [coap.uint(n) for n in (0, 1, 256)] == [b'', b'\x01', b'\x01\x00']
    request = coap.get('a/b', ['c', 'd'], token=b'')
    assert request.options == [(11, b'a'), (11, b'b'), (15, b'c'), (15, b'd')] and request.token == b''


def test_metrics(_scope):
    metrics = Metrics('# HELP a_total What.\n# TYPE a_total counter\n'
                      'a_total{reason="x",w="1"} 2\na_total{reason="x",w="2"} 3\nb 1.5e3\n'
                      'c_bucket{le="+Inf",q="\\"\\\\"} +Inf\n')
    assert metrics.types == {'a_total': 'counter'}
    assert metrics.sum('a_total', reason='x') == 5 and metrics.sum('none') == 0
    assert metrics.value('b') == 1500 and metrics.value('c_bucket', le='+Inf', q='"\\') == float('inf')
    for text in ('a', 'a{b} 1', 'a b c', 'a 1\na 2'):
        assert raises(ValueError, Metrics, text), text


def test_broker_delivers(scope):
    broker = Broker(scope)
    subscriber = Subscriber(scope, broker)
    payload = bytes(range(256))
    broker.publish('room/temp', payload)
    broker.publish('room/empty', b'', '-V', 'mqttv5', '-D', 'publish', 'user-property', 'iccid', '898')
    first, second = subscriber.wait_for(2)
    assert (first.topic, first.payload) == ('room/temp', payload)
    assert (second.topic, second.payload, second.properties) == ('room/empty', b'', 'iccid:898')


def test_broker_takes_configuration(scope):
    broker = Broker(scope, 'message_size_limit 10\n')
    subscriber = Subscriber(scope, broker)
    broker.publish('a', b'x' * 11)
    broker.publish('a', b'x' * 10)
    assert len(subscriber.wait_for(1)[0].payload) == 10


def test_persistent_broker_outlives_a_kill(scope):
    broker = Broker(scope, persistent=True)
    broker.publish('kept', b'1', '-r')
    wait_until(lambda: os.path.exists(f'{broker.directory}/mosquitto.db'), 'the broker has saved')
    broker.kill()
    broker.start()
    assert Subscriber(scope, broker).wait_for(1)[0].topic == 'kept'


def test_forgetful_broker(scope):
    broker = Broker(scope)
    broker.publish('lost', b'1', '-r')
    broker.restart()
    broker.publish('new', b'1', '-r')
    assert [p.topic for p in Subscriber(scope, broker).wait_for(1)] == ['new']


def test_frozen_broker_answers_when_it_thaws(scope):
    broker = Broker(scope)
    subscriber = Subscriber(scope, broker)
    broker.freeze()
    thread = threading.Thread(target=broker.publish, args=('late', b'1'))
    thread.start()
    time.sleep(0.3)
    assert thread.is_alive() and not subscriber.publications()
    broker.thaw()
    thread.join(10)
    assert subscriber.wait_for(1)[0].topic == 'late'


def test_subscriber_follows_a_broker_that_comes_back(scope):
    broker = Broker(scope)
    subscriber = Subscriber(scope, broker)
    broker.kill()
    broker.start()
    subscriber.process.wait_for_lines(r'^Subscribed', 2)
    broker.publish('again', b'1')
    assert subscriber.wait_for(1)[0].topic == 'again'
    broker.kill()


DEVICES = """\
iccid,address,status,imsi,location_allowed
# a comment
8988280666000002864,100.91.200.24,active,901405100002864,yes
8988280600000000000,10.1.0.0/30,inactive,901405000000000,
8988280601000000000,fd00:0:0:2::/63,active,,no
8988280602000000000,fd00::5:0:0:1/128,active,,
8988280603000000000,::/64,active,,
"""


def test_redis_has_devices(scope):
    redis = Redis(scope, devices=DEVICES)
    assert redis.import_devices(DEVICES) == 9, 'again is no harm'
    assert len(redis.keys('addr:*')) == len(redis.keys('dev:*')) == 9
    assert redis.command('HGETALL', 'simgate:dev:{8988280666000002864}') == [
        b'status', b'active', b'addresses', b'100.91.200.24', b'imsi', b'901405100002864',
        b'location_allowed', b'true']
    assert redis.command('GET', 'simgate:addr:10.1.0.3') == b'8988280600000000003'
    assert redis.command('HMGET', 'simgate:dev:{8988280600000000003}', 'status', 'imsi', 'location_allowed') == [
        b'inactive', b'901405000000003', None]
    assert redis.command('GET', 'simgate:addr:fd00:0:0:3::') == b'8988280601000000001'
    assert redis.command('GET', 'simgate:addr:fd00::5:0:0:1') == b'8988280602000000000'
    assert redis.command('GET', 'simgate:addr:::') == b'8988280603000000000'
    assert raises(ValueError, redis.import_devices, 'iccid,address,status\n8988280600000000000,10.0.0.0/8,active\n')


def test_redis_answers(scope):
    redis = Redis(scope, 'maxclients 50\n')
    for client in (redis.connect(), RedisClient(('127.0.0.1', redis.port))):
        assert client.command('CONFIG', 'GET', 'maxclients') == [b'maxclients', b'50']
        answers = client.pipeline([('INCR', 'n'), ('GET', 'none'), ('NONSENSE',), ('SET', 'b', b'\r\n\x00')])
        assert isinstance(answers.pop(2), RedisError) and answers[1:] == [None, b'OK'], answers
        assert raises(RedisError, client.command, 'INCR', 'b')
        client.close()
    assert redis.command('GET', 'b') == b'\r\n\x00' and redis.command('GET', 'n') == b'2'


def test_redis_forgets_or_not(scope):
    for persistent in (False, True):
        redis = Redis(scope, persistent=persistent)
        redis.command('SET', 'kept', 1)
        redis.kill()
        redis.start()
        assert redis.command('GET', 'kept') == (b'1' if persistent else None)


def test_frozen_redis_answers_when_it_thaws(scope):
    redis = Redis(scope)
    client = redis.connect(timeout=0.3)
    redis.freeze()
    assert raises(TimeoutError, client.command, 'PING')
    redis.thaw()
    assert redis.command('PING') == b'PONG'


class Server:
    """Stands for the gateway: answers each datagram with the messages that a function gives for it."""

    def __init__(self, scope, answer):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(('127.0.0.1', 0))
        self.address = self.socket.getsockname()
        self.received = []
        self.answer = answer
        thread = threading.Thread(target=self._serve, daemon=True)
        thread.start()
        scope.defer(self.socket.close)
        scope.defer(thread.join, 5)
        scope.defer(self._end)

    def _end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(b'', self.address)

    def _serve(self):
        while True:
            data, peer = self.socket.recvfrom(2048)
            if not data:
                return
            self.received.append((coap.decode(data), peer))
            for message in self.answer(self.received[-1][0], len(self.received)):
                self.socket.sendto(message.encode(), peer)


def test_device_has_its_own_address(scope):
    server = Server(scope, lambda m, n: [coap.Message(coap.ACK, coap.CHANGED, m.mid, m.token)])
    outcome = Device(scope, server.address, '127.1.2.3').request(coap.post('data', 't=a', b'1'))
    assert (outcome.code, outcome.sent, outcome.separate) == (coap.CHANGED, 1, False)
    assert server.received[0][1][0] == '127.1.2.3'


def test_device_retransmits_until_it_is_answered(scope):
    server = Server(scope, lambda m, n: [] if n < 3 else [coap.Message(coap.ACK, coap.CHANGED, m.mid, m.token)])
    outcome = Device(scope, server.address).request(coap.post(''), ack_timeout=0.05)
    assert outcome.sent == 3
    assert len({received.encode() for received, _ in server.received}) == 1, 'all are the same'


def test_device_does_not_retransmit_non(scope):
    server = Server(scope, lambda m, n: [])
    device = Device(scope, server.address)
    message = coap.post('', message_type=coap.NON)
    assert raises(TimeoutError, lambda: device.request(message, timeout=0.5, ack_timeout=0.05))
    assert len(server.received) == 1


def test_device_takes_and_acknowledges_a_separate_response(scope):
    def answer(m, _number):
        if m.code != coap.POST:
            return []
        return [coap.Message(coap.ACK, mid=m.mid), coap.Message(coap.CON, coap.CHANGED, 7, b'other'),
                coap.Message(coap.CON, coap.CHANGED, 8, m.token)]
    server = Server(scope, answer)
    outcome = Device(scope, server.address).request(coap.post(''), ack_timeout=0.2)
    assert outcome.separate and outcome.response.mid == 8
    wait_until(lambda: len(server.received) == 2, 'the acknowledgement')
    assert server.received[1][0] == coap.Message(coap.ACK, mid=8)


def test_device_is_reset(scope):
    server = Server(scope, lambda m, n: [coap.Message(coap.RST, mid=m.mid)])
    assert raises(Reset, Device(scope, server.address).request, coap.Message(mid=5))


def test_process_that_fails_is_noticed(scope):
    process = Process(tap.Scope(), 'sh', ['sh', '-c', 'echo started; exit 3'])
    process.wait_for_lines('^started')
    assert process.wait() == 3
    assert raises(AssertionError, process.stop)
    assert raises(TimeoutError, process.wait_for_lines, 'never', 1, 1)


def run_file(scope, text):
    """Starts a test file with this text. Returns the process."""
    path = os.path.join(scope.directory(), 'test_inner.py')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('import os, sys, time\nfrom harness import *\n' + textwrap.dedent(text) + '\ntap.main()\n')
    environment = {**os.environ, 'PYTHONPATH': HERE, 'PYTHONDONTWRITEBYTECODE': '1'}
    return subprocess.Popen([sys.executable, path], stdout=subprocess.PIPE, text=True, env=environment)


def test_runner_reports_each_test(scope):
    inner = run_file(scope, '''
        def test_good(scope): pass
        def test_bad(scope):
            Process(scope, 'sh', ['sh', '-c', 'echo last words']).wait()
            assert 1 == 2, 'so there'
        def test_unable(scope): raise tap.Skip('no IPv6 here')
        @tap.timeout(1)
        def test_slow(scope): time.sleep(30)
        def test_status(scope): Process(scope, 'false', ['false']).wait()
    ''')
    output = inner.communicate(timeout=20)[0]
    lines = [line for line in output.splitlines() if not line.startswith('#')]
    assert inner.returncode == 1
    assert lines == ['TAP version 13', '1..5', 'ok 1 - good', 'not ok 2 - bad',
                     'ok 3 - unable # SKIP no IPv6 here', 'not ok 4 - slow', 'not ok 5 - status'], lines
    assert 'so there' in output and '# last words' in output and 'took too long' in output


def runs(pid, program):
    """Before, its guard may not have asked to die with its parent."""
    with open(f'/proc/{pid}/comm', encoding='ascii') as file:
        return file.read().strip() == program


def test_nothing_outlives_a_test_program(scope):
    for number in (signal.SIGTERM, signal.SIGKILL):
        inner = run_file(scope, '''
            def test_waits(scope):
                print(Process(scope, 'sleep', ['sleep', '600']).pid, flush=True)
                time.sleep(600)
        ''')
        pid = [inner.stdout.readline() for _ in range(3)][2].strip()
        wait_until(lambda: runs(pid, 'sleep'), 'the child is what it is to be')
        inner.send_signal(number)
        inner.communicate(timeout=20)
        wait_until(lambda: gone(pid), f'the child is gone after signal {number}')


if __name__ == '__main__':
    tap.main()
