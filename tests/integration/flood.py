"""Many devices that send at a steady rate, whatever they are answered, and never again."""

import collections
import selectors
import socket
import threading
import time

from fleet import address
from harness import coap

TICK = 0.01  # seconds


class Flood:
    """Confirmable messages from `devices` addresses, `rate` a second altogether. Acknowledges what
    has to be acknowledged, and counts the codes of what it gets; 0.00 is an empty ACK."""

    def __init__(self, scope, gateway, devices=200, rate=4000):
        self.rate = rate
        self.sent = 0
        self.codes = collections.Counter()
        self.max_ages = set()  # of 5.03
        self.ended = False
        self.selector = selectors.DefaultSelector()
        self.sockets = []
        for number in range(devices):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            scope.defer(s.close)
            s.setblocking(False)
            s.bind((address(number), 0))
            s.connect(gateway)
            self.sockets.append(s)
            self.selector.register(s, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._run, daemon=True)
        scope.defer(self.end)
        self.thread.start()

    def end(self):
        self.ended = True
        self.thread.join(5)

    def _run(self):
        start = time.monotonic()
        while not self.ended:
            due = int((time.monotonic() - start) * self.rate)
            while self.sent < due:
                self._send()
            for key, _ in self.selector.select(TICK):
                self._receive(key.fileobj)
        self.selector.close()

    def _send(self):
        mid = self.sent // len(self.sockets) & 0xffff
        message = coap.post('data', payload=b'%d' % self.sent, mid=mid, token=b'')
        try:
            self.sockets[self.sent % len(self.sockets)].send(message.encode())
        except OSError:
            pass
        self.sent += 1

    def _receive(self, s):
        try:
            message = coap.decode(s.recv(2048))
        except OSError:
            return
        if message.type == coap.CON:
            s.send(coap.Message(type=coap.ACK, mid=message.mid).encode())
        code = coap.code_text(message.code)
        self.codes[code] += 1
        if code == '5.03':
            self.max_ages.add(message.uint(coap.MAX_AGE))

    def __str__(self):
        return f'{self.sent} sent, ' + ', '.join(f'{n} × {code}' for code, n in sorted(self.codes.items()))
