#!/usr/bin/env python3
"""GET /location: where a device is, as the store has it, over CoAP and CoAPS."""

import os

from ctl import Ctl
from harness import SecureDevice, coap, run_coap_client, tap, wait_until
from rig import Rig, assert_code, ask

KEY = 'a-key-of-its-own'
FIRST, SEVENTH, EIGHTH, NINTH = (f'898828066600000000{n}' for n in (1, 7, 8, 9))
DEVICES = f"""\
iccid,address,status,location_allowed,psk,longitude,latitude,source,sample_time
{FIRST},127.0.0.1,active,yes,,13.404954,52.520008,GPS,1700000000
{SEVENTH},127.0.0.7,active,yes,{KEY},-0.10,51.5000,,
{EIGHTH},127.0.0.8,active,no,,1.0,2.0,GPS,1700000000
{NINTH},127.0.0.9,active,yes,,,,,
8988280666000000010,127.0.0.10,inactive,yes,,1.0,2.0,GPS,1700000000
"""
HEADER = 'Longitude,Latitude,Source,SampleTime\n'
LIBRARY = os.environ.get('DTLSECHO')  # there where CoAPS is


class LocationRig(Rig):
    def __init__(self, scope, settings=None):
        super().__init__(scope, settings, devices=DEVICES)
        self.ctl = Ctl(self.gateway.settings['store.url'])

    def change(self, *arguments):
        """Calls simgatectl, and has a gateway read the files that it changed."""
        self.ctl(*arguments)
        if not self.gateway.redis:
            self.gateway.reload()


def location(device, **rest):
    response = ask(device, coap.get('location', **rest))
    assert response.code == coap.CONTENT, response
    return response.payload.decode()


def test_it_comes_as_it_was_written(scope):
    rig = LocationRig(scope)
    response = ask(rig.device('127.0.0.1'), coap.get('location'))
    assert response.code == coap.CONTENT
    assert response.payload.decode() == HEADER + '13.404954,52.520008,GPS,1700000000\n'
    assert response.options == [(coap.CONTENT_FORMAT, b'')], response.options
    assert location(rig.device('127.0.0.7')) == HEADER + '-0.10,51.5000,,\n'
    answer = run_coap_client('-m', 'get', rig.gateway.uri('location'))
    assert HEADER + '13.404954,52.520008,GPS,1700000000\n' in answer, answer


def test_who_may_not_know_or_cannot_is_told_so_without_a_payload(scope):
    rig = LocationRig(scope)
    assert_code(rig.device('127.0.0.8'), coap.get('location'), '4.03')
    assert_code(rig.device('127.0.0.9'), coap.get('location'), '4.04')
    assert_code(rig.device('127.0.0.10'), coap.get('location'), '4.01')
    assert_code(rig.device('127.0.0.11'), coap.get('location'), '4.01')
    known = rig.device('127.0.0.1')
    assert_code(known, coap.post('location', payload=b'x'), '4.05')
    assert_code(known, coap.get('location', options=[(coap.ACCEPT, b'\x32')]), '4.06')
    assert location(known, options=[(coap.ACCEPT, b'')]).startswith(HEADER)


def test_a_change_counts_at_once(scope):
    rig = LocationRig(scope)
    device = rig.device('127.0.0.9')
    assert_code(device, coap.get('location'), '4.04')
    rig.change('location', 'set', NINTH, '--longitude', '6.956068', '--latitude', '50.934544',
               '--source', 'survey', '--time', '1700000001')
    wait_until(lambda: ask(device, coap.get('location')).code == coap.CONTENT, 'the location is known')
    assert location(device) == HEADER + '6.956068,50.934544,survey,1700000001\n'
    rig.change('location', 'clear', NINTH)
    wait_until(lambda: ask(device, coap.get('location')).code == coap.code('4.04'), 'the location is gone')


def test_it_comes_in_blocks(scope):
    rig = LocationRig(scope)
    device, whole, more, number = rig.device('127.0.0.1'), b'', True, 0
    while more:
        response = ask(device, coap.get('location', options=[(coap.BLOCK2, coap.uint(number << 4 | 1))]))
        assert response.code == coap.CONTENT and len(response.payload) <= 32
        whole += response.payload
        more = response.uint(coap.BLOCK2) & 8
        number += 1
    assert whole.decode() == HEADER + '13.404954,52.520008,GPS,1700000000\n'


def test_over_coaps(scope):
    if not os.path.exists(LIBRARY or ''):
        raise tap.Skip('built without DTLS')
    rig = LocationRig(scope, {'coaps.listen': '127.0.0.1:0'})
    device = SecureDevice(scope, rig.gateway.coaps, SEVENTH, KEY.encode(), source='127.0.0.7')
    assert location(device) == HEADER + '-0.10,51.5000,,\n'
    assert ask(device, coap.get('bootstrap')).code == coap.code('4.04')
    links = ask(device, coap.get('.well-known/core')).payload.decode()
    assert '</location>' in links, links


if __name__ == '__main__':
    tap.main()
