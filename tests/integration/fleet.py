"""Many devices in one thread, each with an address of its own and one request at a time."""

import collections
import heapq
import random
import selectors
import socket
import threading
import time

from harness import coap

PAUSE = 0.05  # seconds between a message that failed and the next attempt
ADDRESSES = 250


def address(number):
    """127.1.0.1, 127.1.0.2, … : each is a SIM."""
    return f'127.1.{number // ADDRESSES}.{number % ADDRESSES + 1}'


class FleetDevice:
    """Sends its messages one after the other, each until it has got a 2.04."""

    def __init__(self, fleet, number, messages):
        self.fleet = fleet
        self.number = number
        self.messages = messages
        self.message = self.attempt = 0
        self.mid = number * 257 & 0xffff
        self.payloads = {}  # by token, of every attempt
        self.datagram = None  # what is sent again; None between attempts
        self.confirmed = False  # by an empty ACK
        self.due = 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((address(number), 0))

    def _send(self, datagram, gateways):
        try:
            for gateway in gateways:
                self.socket.sendto(datagram, gateway)
        except OSError:  # there is no room: as good as lost
            pass

    def _wait(self, seconds):
        self.due = time.monotonic() + seconds
        heapq.heappush(self.fleet.timers, (self.due, self.number))

    def begin(self):
        """The next message, or the next attempt with the same."""
        self.mid = (self.mid + 1) & 0xffff
        self.attempt += 1
        token = (self.message << 8 | self.attempt & 0xff).to_bytes(4, 'big')
        self.payloads[token] = f'{self.number}/{self.message}/{self.attempt}'.encode()
        self.datagram = coap.post('data', payload=self.payloads[token], token=token, mid=self.mid).encode()
        self.confirmed, self.sent = False, 1
        self._send(self.datagram, self.fleet.choose())
        self._wait(self.fleet.ack_timeout)

    def expire(self):
        if not self.datagram:
            self.begin()
        elif self.confirmed or self.sent > self.fleet.max_retransmit:
            self.fleet.abandoned += 1
            self.begin()
        else:
            self.fleet.retransmissions += 1
            self._send(self.datagram, self.fleet.choose())
            self._wait(self.fleet.ack_timeout * 2 ** self.sent)
            self.sent += 1

    def receive(self):
        while True:
            try:
                data, gateway = self.socket.recvfrom(2048)
            except BlockingIOError:
                return
            message = coap.decode(data)
            if message.code == coap.EMPTY:
                self._confirm(message)
            else:
                self._answered(message, gateway)

    def _confirm(self, message):
        if message.type == coap.ACK and message.mid == self.mid and self.datagram and not self.confirmed:
            self.confirmed = True
            self._wait(self.fleet.patience)

    def _answered(self, message, gateway):
        if message.type == coap.CON:
            self._send(coap.Message(type=coap.ACK, mid=message.mid).encode(), [gateway])
        self.fleet.codes[coap.code_text(message.code)] += 1
        if message.code == coap.CHANGED:
            self.fleet.acknowledged[self.payloads[message.token]] += 1
        if not self.datagram or message.token != self.datagram[4:8]:
            return  # of an earlier attempt, or once more
        if self.fleet.happens():
            self._send(self.datagram, self.fleet.choose())
        self.datagram = None
        if message.code != coap.CHANGED:
            self._wait(PAUSE)
            return
        self.message, self.attempt = self.message + 1, 0
        if self.message < self.messages:
            self.begin()
        else:
            self.due = None
            self.fleet.left -= 1


class Fleet:
    """Each attempt with a message is another payload, DEVICE/MESSAGE/ATTEMPT, and counts by itself. Every
    datagram goes to one of the gateways, and a share of `repeats` to two at once, and once more when it
    is answered."""

    def __init__(self, scope, gateways, devices, messages, ack_timeout=0.5, max_retransmit=4, patience=6,
                 repeats=0.0):
        self.gateways = gateways if isinstance(gateways, list) else [gateways]
        self.share = repeats
        self.repeats = 0
        self.ack_timeout = ack_timeout
        self.max_retransmit = max_retransmit
        self.patience = patience  # seconds from the empty ACK until an attempt is given up
        self.timers = []
        self.acknowledged = collections.Counter()  # payloads that got a 2.04
        self.codes = collections.Counter()
        self.retransmissions = 0
        self.abandoned = 0
        self.left = devices
        self.ended = False
        self.devices = [FleetDevice(self, n, messages) for n in range(devices)]
        for device in self.devices:
            scope.defer(device.socket.close)
        self.thread = threading.Thread(target=self._run, daemon=True)
        scope.defer(self.end)
        self.thread.start()

    def end(self):
        self.ended = True
        self.thread.join(5)

    def happens(self):
        """Whether something is to be repeated without need."""
        happens = random.random() < self.share
        self.repeats += happens
        return happens

    def choose(self):
        """Where a datagram goes."""
        return random.sample(self.gateways, 2 if self.happens() else 1)

    def _run(self):
        selector = selectors.DefaultSelector()
        for device in self.devices:
            selector.register(device.socket, selectors.EVENT_READ, device)
            device.begin()
        while self.left and not self.ended:
            for key, _ in selector.select(0.01):
                key.data.receive()
            self._expire()
        selector.close()

    def _expire(self):
        now = time.monotonic()
        while self.timers and self.timers[0][0] <= now:
            due, number = heapq.heappop(self.timers)
            if self.devices[number].due == due:
                self.devices[number].expire()

    def wait_for(self, count, timeout=60):
        """Waits until so many messages were acknowledged."""
        deadline = time.monotonic() + timeout
        while len(self.acknowledged) < count:
            if not self.thread.is_alive() or time.monotonic() > deadline:
                raise TimeoutError(f'{count} acknowledged messages: {self}')
            time.sleep(0.01)

    def wait(self, timeout=60):
        """Waits until every message was acknowledged."""
        self.thread.join(timeout)
        if self.left:
            raise TimeoutError(f'{self.left} devices have not finished: {self}')

    def __str__(self):
        codes = ', '.join(f'{n} × {code}' for code, n in sorted(self.codes.items()))
        return (f'{len(self.acknowledged)} acknowledged ({codes}), {self.retransmissions} retransmissions, '
                f'{self.abandoned} attempts given up')
