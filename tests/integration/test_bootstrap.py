#!/usr/bin/env python3
"""GET /bootstrap: the key of a device that is known by its address, and the bytes that clients rely on."""

import re

from harness import coap, tap
from rig import Rig, assert_code, ask

URL = 'coaps://gateway.example.org:5684'
SETTINGS = {'coaps.public_url': URL}
LONGEST = 149  # bytes that a widespread client has room for


def bootstrap(device, **rest):
    response = ask(device, coap.get('bootstrap', **rest))
    assert response.code == coap.code('2.05'), response
    return response


def test_a_device_gets_its_iccid_a_key_and_the_url(scope):
    rig = Rig(scope, SETTINGS)
    response = bootstrap(rig.device('127.0.0.7'))
    assert re.fullmatch(r'8988280666000000007,[A-Za-z0-9]{16},' + re.escape(URL),
                        response.payload.decode()), response.payload
    assert response.options == [(coap.CONTENT_FORMAT, b'')], response.options


def test_the_key_stays_for_repeats_restarts_and_other_ports(scope):
    rig = Rig(scope, SETTINGS)
    device = rig.device('127.0.0.7')
    first = bootstrap(device).payload
    assert bootstrap(device).payload == first
    assert bootstrap(rig.device('127.0.0.7')).payload == first
    assert bootstrap(rig.device('127.0.0.8')).payload != first
    rig.gateway.stop()
    rig.gateway.start()
    assert bootstrap(rig.device('127.0.0.7')).payload == first


def test_a_client_that_takes_the_response_for_text_finds_its_iccid(scope):
    """It asks by a NON without a token, and looks for "89" in 150 bytes that end at the first NUL."""
    rig = Rig(scope, SETTINGS)
    device = rig.device('127.0.0.7')
    for _ in range(2000):
        device.send(coap.get('bootstrap', message_type=coap.NON, token=b''))
        answer = device.receive_bytes()
        assert len(answer) <= LONGEST, len(answer)
        before = answer[:answer.index(b'8988280666000000007,')]
        assert b'\0' not in answer and b'89' not in before, answer


def test_strangers_get_no_key(scope):
    rig = Rig(scope, SETTINGS)
    assert_code(rig.device('127.0.0.7'), coap.post('bootstrap'), '4.05')
    assert_code(rig.device('127.0.0.7'), coap.get('bootstrap', options=[(coap.ACCEPT, b'\x32')]), '4.06')
    stranger = Rig(scope, {**SETTINGS, 'identity.networks': '10.0.0.0/8'})
    assert_code(stranger.device('127.0.0.7'), coap.get('bootstrap'), '4.01')


def test_without_coaps_there_is_no_bootstrap(scope):
    rig = Rig(scope)
    assert_code(rig.device('127.0.0.7'), coap.get('bootstrap'), '4.04')


if __name__ == '__main__':
    tap.main()
