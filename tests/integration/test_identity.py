#!/usr/bin/env python3
"""identity.check: a key of one SIM and the address of another, with libcoap's client and OpenSSL's."""

import json

from harness import SecureDevice, coap, run_coap_client, tap, wait_until
from rig import ask
from test_coaps import FIRST, SEVENTH, SecureRig

ERRORS = 'simgate/error/'
OUTSIDE = {'identity.networks': '10.0.0.0/8'}


def published(rig):
    """(topic, ICCID) of messages, and error events by topic."""
    all_of_it = [(p.topic, json.loads(p.payload)) for p in rig.published()]
    return ([(topic, j['device']['iccid']) for topic, j in all_of_it if not topic.startswith(ERRORS)],
            {topic: j for topic, j in all_of_it if topic.startswith(ERRORS)})


def post(rig, iccid, key):
    host, port = rig.gateway.coaps
    return run_coap_client('-u', iccid, '-k', key.decode(), '-v', '7', '-B', '5', '-m', 'post', '-e', 'x',
                           f'coaps://{host}:{port}/data', dtls='openssl')


def assert_event(event, source, claimed):
    assert event['type'] == 'ERROR' and event['version'] == '1.0.0', event
    assert event['device'] == {'iccid': FIRST, 'ip': source}, event
    assert event['error']['code'] == 'IDENTITY_MISMATCH', event
    assert FIRST in event['error']['description'] and claimed in event['error']['description'], event


def test_enforce_refuses_and_reports(scope):
    rig = SecureRig(scope)
    iccid, key = rig.bootstrap()
    rig.bootstrap('127.0.0.1')
    assert 'c:2.04' not in post(rig, iccid, key)
    wait_until(lambda: rig.count('simgate_error_events_total', outcome='acknowledged') == 1, 'it is reported')
    messages, errors = published(rig)
    assert not messages and list(errors) == [f'{ERRORS}{FIRST}'], errors
    assert_event(errors[f'{ERRORS}{FIRST}'], '127.0.0.1', SEVENTH)
    assert rig.count('simgate_identity_disagreements_total', outcome='refused') == 1


def test_alarm_serves_and_reports(scope):
    rig = SecureRig(scope, {'identity.check': 'alarm', 'mqtt.error_topic': 'simgate/error/of/{iccid}'})
    iccid, key = rig.bootstrap()
    for _ in range(2):
        assert 'c:2.04' in post(rig, iccid, key)
    messages, errors = published(rig)
    assert messages == [(SEVENTH, SEVENTH)] * 2, messages
    assert list(errors) == [f'{ERRORS}of/{FIRST}'], errors
    assert_event(errors[f'{ERRORS}of/{FIRST}'], '127.0.0.1', SEVENTH)
    assert rig.count('simgate_identity_disagreements_total', outcome='served') == 2
    device = SecureDevice(scope, rig.gateway.coaps, iccid, key, '127.0.0.7')  # at home
    assert ask(device, coap.post('data')).code == coap.CHANGED
    assert rig.count('simgate_identity_disagreements_total') == 2


def test_off_serves_sources_outside_the_networks_with_a_key(scope):
    home = SecureRig(scope)
    iccid, key = home.bootstrap()
    devices = f'iccid,address,status,psk\n{iccid},10.1.2.3,active,{key.decode()}\n'
    for check in ('off', 'alarm', 'enforce'):
        rig = SecureRig(scope, {**OUTSIDE, 'identity.check': check}, devices=devices)
        plain = ask(rig.device(), coap.post('data'))
        assert plain.code == coap.code('4.01'), plain
        served = 'c:2.04' in post(rig, iccid, key)
        assert served == (check != 'enforce'), check
        assert rig.count('simgate_identity_disagreements_total') == 0


def test_off_refuses_unknown_identities_and_wrong_keys(scope):
    rig = SecureRig(scope, {'identity.check': 'off'})
    iccid, key = rig.bootstrap()
    for identity, secret in (('8900000000000000000', key), ('no ICCID', key), (iccid, b'another-key')):
        device = SecureDevice(scope, rig.gateway.coaps, identity, secret, '127.0.0.8')
        assert 'alert' in device.refused(), identity
    wait_until(lambda: rig.dtls('handshakes') == 0, 'no handshake is left')
    assert rig.dtls('handshakes_total', outcome='done') == 0
    device = SecureDevice(scope, rig.gateway.coaps, iccid, key, '127.0.0.8')
    assert ask(device, coap.post('data')).code == coap.CHANGED


if __name__ == '__main__':
    tap.main()
