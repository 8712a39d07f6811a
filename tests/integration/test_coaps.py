#!/usr/bin/env python3
"""CoAPS with the DTLS clients that there are: libcoap's with two libraries, OpenSSL's and GnuTLS' own."""

import base64
import json
import re

from harness import SecureDevice, coap, gnutls, run_coap_client, tap, wait_until
from rig import Rig, ask

SETTINGS = {'coaps.listen': '127.0.0.1:0'}
SUITES = ['PSK-AES128-CCM8', 'PSK-AES128-CCM', 'PSK-AES128-GCM-SHA256', 'PSK-AES128-CBC-SHA256']
FIRST, SEVENTH, EIGHTH = (f'898828066600000000{n}' for n in (1, 7, 8))  # of 127.0.0.1, .7 and .8
ASLEEP = '8988280666000000099'
DEVICES = f"""\
iccid,address,status,psk
8988280666000000000,127.0.0.0/27,active,
8988280666000592137,127.9.9.9,active,
{ASLEEP},127.0.0.99,inactive,a-key-of-its-own
"""


class SecureRig(Rig):
    def __init__(self, scope, settings=None, **rest):
        super().__init__(scope, {**SETTINGS, **(settings or {})}, **rest)

    def bootstrap(self, source='127.0.0.7'):
        """What GET /bootstrap says: ICCID and key."""
        iccid, key, url = ask(self.device(source), coap.get('bootstrap')).payload.decode().split(',')
        assert url == 'coaps://%s:%u' % self.gateway.coaps, url
        return iccid, key.encode()

    def secure(self, source='127.0.0.7', **rest):
        return SecureDevice(self.scope, self.gateway.coaps, *self.bootstrap(source), source=source, **rest)

    def dtls(self, name, **labels):
        return int(self.count(f'simgate_dtls_{name}', **labels))

    def wait_failed(self, count=1):
        """Waits until so many handshakes have failed, and none is left."""
        wait_until(lambda: self.dtls('handshakes_total', outcome='failed') == count and
                   self.dtls('handshakes') == 0, f'{count} handshakes failed')


def found(rig):
    """(topic, payload, ICCID) of what was published."""
    publications = [(p.topic, json.loads(p.payload)) for p in rig.published()]
    return [(topic, base64.b64decode(j['payload']['value']), j['device']['iccid']) for topic, j in publications]


def test_libcoap_bootstraps_and_posts(scope):
    rig = SecureRig(scope)
    answer = run_coap_client('-m', 'get', rig.gateway.uri('bootstrap'))
    iccid, key, url = re.search(r'^(89\d+),(\w{16}),(coaps://.*)$', answer, re.M).groups()
    assert iccid == FIRST
    for library in ('openssl', 'gnutls'):
        output = run_coap_client('-u', iccid, '-k', key, '-v', '7', '-m', 'post', '-e', library,
                                 f'{url}/data?t=room/{library}', dtls=library)
        assert 'c:2.04' in output, output
    assert found(rig) == [(f'{FIRST}/room/{l}', l.encode(), FIRST) for l in ('openssl', 'gnutls')]
    assert rig.dtls('handshakes_total', outcome='done') == 2
    output = run_coap_client('-u', iccid, '-k', key, '-v', '7', '-m', 'get', f'{url}/bootstrap', dtls='openssl')
    assert 'c:4.04' in output, output


def test_every_suite_and_many_requests_over_one_association(scope):
    rig = SecureRig(scope)
    for number, suite in enumerate(SUITES, 1):
        device = rig.secure(suite=suite)
        for n in range(3):
            assert ask(device, coap.post('data', f't=n{n}', suite.encode())).code == coap.CHANGED
        assert rig.dtls('handshakes_total', outcome='done') == number
        device.end()
    assert found(rig) == [(f'{SEVENTH}/n{n}', suite.encode(), SEVENTH) for suite in SUITES for n in range(3)]
    assert rig.dtls('records_total', direction='in') == rig.dtls('records_total', direction='out') == 12


def test_gnutls(scope):
    rig = SecureRig(scope)
    device = rig.secure('127.0.0.1', client=gnutls)
    for n in range(3):
        assert ask(device, coap.post('data', payload=b'%d' % n)).code == coap.CHANGED
    assert found(rig) == [(FIRST, b'%d' % n, FIRST) for n in range(3)]


def test_a_wrong_key_is_refused_and_leaves_nothing(scope):
    """However often: there are more attempts than places."""
    rig = SecureRig(scope, {'coaps.max_handshakes': '16', 'gateway.workers': '1'})
    rig.bootstrap('127.0.0.8')
    for attempt in range(1, 6):
        devices = [SecureDevice(scope, rig.gateway.coaps, EIGHTH if n == 8 else SEVENTH, b'not the key',
                                f'127.0.0.{n}') for n in range(8, 16)]
        assert 'decrypt error' in devices[0].refused()
        assert all('alert' in device.refused() for device in devices[1:])
        rig.wait_failed(8 * attempt)
    assert rig.dtls('associations') == 0 and rig.dtls('bad_finished_total') == 5
    assert ask(rig.secure(), coap.post('data')).code == coap.CHANGED


def test_identities_that_are_not_the_addresss_are_refused(scope):
    rig = SecureRig(scope)
    iccid, key = rig.bootstrap()
    rig.bootstrap('127.0.0.8')
    for number, (identity, source) in enumerate([('8900000000000000000', '127.0.0.7'), (iccid, '127.0.0.8')], 1):
        device = SecureDevice(scope, rig.gateway.coaps, identity, key, source)
        assert 'alert' in device.refused()
        rig.wait_failed(number)
        assert rig.dtls('identities_refused_total', reason='mismatch') == number
    device = SecureDevice(scope, rig.gateway.coaps, iccid, key, '127.0.0.200')  # nobody's address
    assert 'alert' in device.refused()
    rig.wait_failed(3)
    assert rig.dtls('identities_refused_total', reason='unknown') == 1
    assert rig.dtls('associations') == 0


def test_an_inactive_device_finishes_its_handshake(scope):
    rig = SecureRig(scope, devices=DEVICES)
    device = SecureDevice(scope, rig.gateway.coaps, ASLEEP, b'a-key-of-its-own', '127.0.0.99')
    assert ask(device, coap.post('data')).code == coap.code('4.01')
    assert rig.dtls('handshakes_total', outcome='done') == 1


def test_a_repeat_is_published_once(scope):
    rig = SecureRig(scope)
    device = rig.secure()
    message = coap.post('data', payload=b'once')
    first = ask(device, message)
    assert first == ask(device, message) and first.code == coap.CHANGED
    other = rig.device()  # the same Message ID from the same address, but not over DTLS
    assert ask(other, message).code == coap.CHANGED
    assert [payload for _, payload, _ in found(rig)] == [b'once', b'once']
    assert rig.count('simgate_coap_duplicates_total') == 1


def test_a_separate_response(scope):
    rig = SecureRig(scope, {'coap.ack_delay': '500ms', 'coap.ack_timeout': '1s'})
    device = rig.secure()
    assert ask(device, coap.post('data')).code == coap.CHANGED
    rig.broker.freeze()
    message = coap.post('data', payload=b'late')
    device.send(message)
    assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
    rig.broker.thaw()
    response = device.receive()
    assert (response.type, response.code, response.token) == (coap.CON, coap.CHANGED, message.token), response
    device.send(coap.Message(coap.ACK, mid=response.mid))
    wait_until(lambda: rig.count('simgate_coap_exchanges') == 0, 'it is through')
    assert rig.count('simgate_coap_retransmissions_total') == 0


def test_without_the_broker(scope):
    rig = SecureRig(scope)
    device = rig.secure()
    rig.broker.kill()
    rig.gateway.wait_ready(False)
    assert ask(device, coap.post('data')).code == coap.code('5.02')
    rig.broker.start()
    rig.gateway.wait_ready()
    assert ask(device, coap.post('data')).code == coap.CHANGED


if __name__ == '__main__':
    tap.main()
