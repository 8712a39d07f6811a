"""A device: a UDP socket on an address of its own, which is its identity."""

import dataclasses
import random
import socket
import time

from . import coap


@dataclasses.dataclass
class Outcome:
    """How a request ended."""
    response: coap.Message
    sent: int             # datagrams that it took
    separate: bool        # after an empty ACK
    seconds: float        # from the first datagram to the response

    @property
    def code(self):
        return self.response.code

    @property
    def payload(self):
        return self.response.payload


class Reset(Exception):
    """The answer was an RST."""


class Device:
    """`gateway` is (host, port); `source` any address of the loopback network, where each is one SIM."""

    def __init__(self, scope, gateway, source='127.0.0.1', port=0):
        self.gateway = gateway
        family = socket.AF_INET6 if ':' in gateway[0] else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((source, port))
        self.socket.connect(gateway)
        scope.defer(self.socket.close)

    @property
    def port(self):
        return self.socket.getsockname()[1]

    def send(self, message):
        """Sends a message, or bytes as they are."""
        self.socket.send(message if isinstance(message, bytes) else message.encode())

    def receive_bytes(self, timeout=5):
        """The next datagram, or None."""
        deadline = time.monotonic() + timeout
        while True:
            self.socket.settimeout(max(deadline - time.monotonic(), 0.001))
            try:
                return self.socket.recv(65536)
            except socket.timeout:
                return None
            except ConnectionRefusedError:  # the gateway is not there at the moment
                if time.monotonic() > deadline:
                    return None
                time.sleep(0.01)

    def receive(self, timeout=5):
        """The next message, or None."""
        data = self.receive_bytes(timeout)
        return None if data is None else coap.decode(data)

    def drain(self):
        """Throws away what arrived."""
        while self.receive_bytes(0) is not None:
            pass

    def request(self, message, timeout=20, ack_timeout=2.0):
        """Sends a request and waits for its response. A CON is retransmitted (RFC 7252 §4.2)."""
        start, acknowledged, sent = time.monotonic(), False, 0
        wait = ack_timeout * random.uniform(1, 1.5)
        next_sending = start
        while time.monotonic() < start + timeout:
            if not acknowledged and time.monotonic() >= next_sending:
                if sent == 0 or (message.type == coap.CON and sent <= 4):
                    self._send_quietly(message)
                    sent += 1
                next_sending = time.monotonic() + wait
                wait *= 2
            limit = start + timeout if acknowledged else min(next_sending, start + timeout)
            answer = self.receive(max(limit - time.monotonic(), 0))
            if not answer:
                continue
            if answer.type == coap.RST and answer.mid == message.mid:
                raise Reset(f'{message} was reset')
            if answer.type == coap.ACK and answer.code == coap.EMPTY:
                acknowledged = acknowledged or answer.mid == message.mid
            elif self._is_response(message, answer):
                return Outcome(answer, sent, answer.type != coap.ACK, time.monotonic() - start)
        raise TimeoutError(f'no response within {timeout} s to {message}')

    def _send_quietly(self, message):
        try:
            self.send(message)
        except ConnectionRefusedError:  # of the datagram before: this one was not sent
            self.send(message)

    def _is_response(self, message, answer):
        """Whether it answers the request; a confirmable one is acknowledged (RFC 7252 §5.2.2)."""
        if answer.token != message.token or answer.code < 64:
            return False
        if answer.type == coap.ACK:
            return answer.mid == message.mid
        if answer.type == coap.CON:
            self.send(coap.Message(type=coap.ACK, mid=answer.mid))
        return True
