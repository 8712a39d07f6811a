#!/usr/bin/env python3
"""ClientHellos made by hand: what is chosen of them, and what strangers get for any number of them."""

import os
import selectors
import socket
import struct

import dtls_bytes
from dtls_bytes import CBC_SHA256, CCM, CCM_8, GCM_SHA256, TRIPLE_DES
from harness import Device, SecureDevice, coap, tap, wait_until
from rig import ask
from test_coaps import SecureRig

# As a widespread client lists them: eleven, of which some are long gone.
ELEVEN = [TRIPLE_DES, 0x008a, 0x008c, CBC_SHA256, 0x008d, 0x00af, GCM_SHA256, 0x00a9, CCM_8, 0xc0a9, CCM]
IP_PKTINFO = 8
WARM_UP, FLOOD = 10000, 4000  # the gateway's receive buffers are all in use after some 8,000
GROWTH = 512  # KiB; 300 bytes that each ClientHello leaves behind would be more


def hello(device, suites, **rest):
    device.send(dtls_bytes.client_hello(suites, **rest))
    return dtls_bytes.messages(device.receive_bytes())


def choice(rig, suites):
    """What the server chooses, or the alert with which it refuses."""
    device = Device(rig.scope, rig.gateway.coaps, '127.0.0.7')
    request, = hello(device, suites)
    answer = hello(device, suites, cookie=dtls_bytes.cookie_of(request), sequence=1)
    if answer[0].type == -1:
        return answer[0].body
    assert [m.type for m in answer] == [dtls_bytes.SERVER_HELLO, dtls_bytes.SERVER_HELLO_DONE], answer
    return dtls_bytes.suite_of(answer[0])


def test_the_best_suite_is_chosen_whatever_the_order(scope):
    rig = SecureRig(scope)
    assert choice(rig, ELEVEN) == CCM_8
    assert choice(rig, [TRIPLE_DES, CBC_SHA256, GCM_SHA256, CCM]) == CCM
    assert choice(rig, [CBC_SHA256, TRIPLE_DES, GCM_SHA256]) == GCM_SHA256
    assert choice(rig, [TRIPLE_DES, CBC_SHA256]) == CBC_SHA256


def test_without_a_suite_in_common_the_client_is_told(scope):
    rig = SecureRig(scope)
    assert choice(rig, [TRIPLE_DES]) == b'\x02\x28'  # fatal, handshake_failure
    assert rig.dtls('handshakes_total', outcome='failed') == 1 and rig.dtls('handshakes') == 0


class Spoofer:
    """Sends from any address of 127.0.0.0/8 by one socket, to which all the answers come."""

    def __init__(self, scope, to):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        scope.defer(self.socket.close)
        self.socket.bind(('0.0.0.0', 0))
        self.socket.setblocking(False)
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.socket, selectors.EVENT_READ)
        scope.defer(self.selector.close)
        self.to = to
        self.sent = self.bytes_sent = self.received = self.bytes_received = 0

    def send(self, source, data):
        info = struct.pack('=i4s4s', 0, socket.inet_aton(source), b'')
        self.socket.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, self.to)
        self.sent += 1
        self.bytes_sent += len(data)

    def receive(self, leave):
        """Takes answers until no more than so many are due, or none comes."""
        while self.sent - self.received > leave and self.selector.select(1):
            self.received += 1
            self.bytes_received += len(self.socket.recv(2048))

    def flood(self, count, make):
        for n in range(count):
            self.send('127.%u.%u.%u' % (2 + n % 250, n >> 8 & 255, n & 255), make(n))
            self.receive(64)  # it is not to be faster than the gateway
        self.receive(0)
        assert self.received == self.sent, f'{self.sent - self.received} got no answer'


def resident(pid):
    """KiB"""
    with open(f'/proc/{pid}/status', encoding='ascii') as file:
        return next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))


def test_spoofed_client_hellos_cost_nothing(scope):
    """From thousands of addresses, without a cookie and with a wrong one."""
    rig = SecureRig(scope, {'gateway.log_level': 'info'})
    device = rig.secure()
    assert ask(device, coap.post('data')).code == coap.CHANGED
    spoofer = Spoofer(scope, rig.gateway.coaps)

    def make(n):
        return dtls_bytes.client_hello(ELEVEN, cookie=b'c' * 20 if n & 1 else b'', random=os.urandom(32))
    spoofer.flood(WARM_UP, make)
    before = resident(rig.gateway.process.pid)
    spoofer.flood(FLOOD, make)
    growth = resident(rig.gateway.process.pid) - before
    tap.print_comment(f'{spoofer.sent} ClientHellos: {spoofer.bytes_sent} bytes in, {spoofer.bytes_received} out, '
                      f'{before} KiB resident, grown by {growth} KiB')
    assert spoofer.bytes_received <= spoofer.bytes_sent
    assert rig.dtls('hello_verify_requests_total') == spoofer.sent + 1
    assert rig.dtls('handshakes_started_total') == 1 and rig.dtls('handshakes') == 0
    assert rig.count('simgate_store_lookups_total') <= 2
    if not sanitized(rig):
        assert growth <= GROWTH
    assert ask(device, coap.post('data')).code == coap.CHANGED


def sanitized(rig):
    """A sanitizer's own memory is more than what the test looks for."""
    with open(f'/proc/{rig.gateway.process.pid}/maps', encoding='ascii') as file:
        return any('san.so' in line for line in file)


def test_a_handshake_that_stops_is_given_up(scope):
    rig = SecureRig(scope, {'coaps.handshake_timeout': '1s', 'coaps.retransmit_timeout': '200ms'})
    assert choice(rig, ELEVEN) == CCM_8
    wait_until(lambda: rig.dtls('handshakes_total', outcome='timed_out') == 1, 'it is given up')
    assert rig.dtls('retransmissions_total') >= 2 and rig.dtls('handshakes') == 0
    device = SecureDevice(scope, rig.gateway.coaps, *rig.bootstrap())
    assert ask(device, coap.post('data')).code == coap.CHANGED


if __name__ == '__main__':
    tap.main()
