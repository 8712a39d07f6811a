#!/usr/bin/env python3
"""Which response code a request gets, and that no error is published."""

from harness import Device, Gateway, coap, free_port, tap, wait_until
from rig import FETCH, IPATCH, PATCH, Rig, assert_code, assert_silence

UNKNOWN_CRITICAL, UNKNOWN_ELECTIVE = 65001, 65000
SLOT = 2048  # the gateway keeps a datagram and what is known of it in so many bytes

# 127.0.0.0/22 are devices, 127.1.0.1 is known and inactive, all others are strangers.
FEW_DEVICES = """\
iccid,address,status
8988280666000000000,127.0.0.0/22,active
8988280666100000001,127.1.0.1,inactive
"""
STRANGER, INACTIVE = '127.2.0.1', '127.1.0.1'


def test_bad_topic_is_4_00(scope):
    rig = Rig(scope)
    device = rig.device()
    bad = ['t=', 't=a b', 't=a-b', 't=a.b', 't=ä', 't=a+', 't=#', 't=$SYS', 't=a\x00b', 't=//a', 't=a//b',
           't=a//', 't=/', 't=' + 'a' * 254, 't=' + 'a' * 300]
    for query in bad:
        for number in (coap.URI_QUERY, coap.LOCATION_QUERY):
            for kind in (coap.CON, coap.NON):
                assert_code(device, coap.post('data', payload=b'x', message_type=kind,
                                              options=[(number, query.encode())]), '4.00')
    assert rig.published(device) == []


def test_two_different_topics_are_4_00(scope):
    rig = Rig(scope)
    device = rig.device()
    assert_code(device, coap.post('data', ['t=a', 't=b'], b'x'), '4.00')
    assert_code(device, coap.post('data', ['t=a', 't=aa'], b'x'), '4.00')
    location = [(coap.LOCATION_QUERY, b't=b')]
    assert_code(device, coap.post('data', 't=a', b'x', options=location), '4.00')
    assert_code(device, coap.post('data', payload=b'x', options=2 * location), '2.04')
    assert_code(device, coap.post('data', 't=b', b'x', options=location), '2.04')
    assert [p.topic for p in rig.published(device)] == 2 * ['8988280666000000007/b']


def test_overlong_query_is_4_00_and_not_4_02(scope):
    rig = Rig(scope)
    device = rig.device()
    for number in (coap.URI_QUERY, coap.LOCATION_QUERY):
        for length, code in ((255, '2.04'), (256, '4.00'), (700, '4.00')):
            query = [(number, b'q=' + b'x' * (length - 2))]
            assert_code(device, coap.post('data', payload=b'x', options=query), code)
    assert len(rig.published(device)) == 2


def test_nobody_is_4_01(scope):
    rig = Rig(scope, devices=FEW_DEVICES)
    for source, reason in ((STRANGER, 'unknown_device'), (INACTIVE, 'inactive_device')):
        device = rig.device(source)
        for kind in (coap.CON, coap.NON):
            assert_code(device, coap.post('data', 't=a', b'x', message_type=kind), '4.01')
        assert rig.count('simgate_requests_refused_total', reason=reason) == 2
        assert_code(device, coap.get('nothing'), '4.01')
        assert device.request(coap.get('.well-known/core')).code == coap.CONTENT
    assert rig.published(rig.device('127.0.0.1')) == []


def test_source_outside_networks_is_4_01_everywhere(scope):
    rig = Rig(scope, {'identity.networks': '127.0.0.0/24'})
    device = rig.device('127.0.1.1')
    for path in ('', 'data', 'bootstrap', 'location', 'nothing'):
        assert_code(device, coap.post(path, payload=b'x'), '4.01')
    assert_code(device, coap.get('.well-known/core'), '4.01')
    assert rig.count('simgate_requests_refused_total', reason='outside_networks') == 6
    assert rig.published(rig.device('127.0.0.255')) == []


def test_unknown_critical_option_is_4_02_or_silence(scope):
    rig = Rig(scope)
    device = rig.device()
    for number in (UNKNOWN_CRITICAL, coap.IF_MATCH, 9):
        options = [(number, b'x')]
        assert_code(device, coap.post('data', payload=b'x', options=options), '4.02')
        assert_code(device, coap.get('.well-known/core', options=options), '4.02')
        message = coap.post('data', payload=b'x', options=options, message_type=coap.NON)
        assert_silence(device, message)
        assert_silence(device, message)
    assert_code(device, coap.post('data', payload=b'ok', options=[(UNKNOWN_ELECTIVE, b'x')]), '2.04')
    assert len(rig.published(device)) == 1


def test_unknown_path_is_4_04(scope):
    device = Rig(scope).device()
    for path in ('nothing', 'data/more', 'dat', 'Data', '.well-known', '.well-known/core/more', 'a/b/c/d/e/f/g'):
        assert_code(device, coap.post(path, payload=b'x'), '4.04')
        assert_code(device, coap.get(path), '4.04')


def test_method_not_allowed_is_4_05(scope):
    device = Rig(scope).device()
    for path in ('', 'data'):
        for method in (coap.GET, coap.PUT, coap.DELETE, FETCH, PATCH, IPATCH, 31):
            assert_code(device, coap.request(method, path), '4.05')
    for method in (coap.POST, coap.PUT, coap.DELETE, FETCH):
        assert_code(device, coap.request(method, '.well-known/core'), '4.05')


def test_accept_is_4_06_only_where_there_is_content(scope):
    device = Rig(scope).device()
    for wanted in (0, 50, 65535):
        accept = [(coap.ACCEPT, coap.uint(wanted))]
        assert_code(device, coap.get('.well-known/core', options=accept), '4.06')
        assert_code(device, coap.post('data', payload=b'x', options=accept), '2.04')
    accept = [(coap.ACCEPT, coap.uint(40))]
    assert device.request(coap.get('.well-known/core', options=accept)).code == coap.CONTENT


def test_payload_over_the_limit_is_4_13_with_size1(scope):
    rig = Rig(scope, {'telemetry.max_payload': '1K'})
    device = rig.device()
    size1 = [(coap.SIZE1, coap.uint(1024))]
    assert_code(device, coap.post('data', payload=bytes(1025)), '4.13', size1)
    assert_code(device, coap.post('data', payload=bytes(1025), message_type=coap.NON), '4.13', size1)
    assert_code(device, coap.post('data', payload=b'x', options=[(coap.SIZE1, coap.uint(1025))]), '4.13', size1)
    assert_code(device, coap.post('data', payload=bytes(1024)), '2.04')
    assert len(rig.published(device)) == 1


def test_datagram_longer_than_a_slot_is_4_13(scope):
    rig = Rig(scope)
    device = rig.device()
    size1 = [(coap.SIZE1, coap.uint(65536))]
    for length in (SLOT, 8192, 60000):
        assert_code(device, coap.post('data', payload=bytes(length)), '4.13', size1)
    assert rig.count('simgate_datagrams_truncated_total') == 3
    assert_code(device, coap.post('data', payload=bytes(1800)), '2.04')
    assert len(rig.published(device)) == 1


def test_rate_limit_is_4_29_with_max_age(scope):
    rig = Rig(scope, {'limits.device_rate': '1', 'limits.device_burst': '3'})
    device = rig.device()
    outcomes = [device.request(coap.post('data', payload=b'x')).response for _ in range(20)]
    assert [coap.code_text(r.code) for r in outcomes[:4]] == ['2.04', '2.04', '2.04', '4.29']
    refused = [r for r in outcomes if r.code == coap.code('4.29')]
    assert len(refused) >= 10, 'one message a second was to be taken'
    assert all(r.uint(coap.MAX_AGE) > 0 and not r.payload for r in refused)
    assert rig.count('simgate_requests_refused_total', reason='rate_limit') == len(refused)
    assert rig.device('127.0.0.8').request(coap.post('data', payload=b'x')).code == coap.CHANGED


def test_broker_down_is_5_02_at_once(scope):
    gateway = Gateway(scope, settings={'mqtt.url': f'mqtt://127.0.0.1:{free_port()}'}, wait_ready=False)
    device = Device(scope, gateway.coap)
    wait_until(lambda: gateway.get('/readyz') == (503, 'the broker is unreachable\n'), 'that is all that it lacks')
    assert_code(device, coap.post('data', payload=b'x'), '5.02')
    assert_code(device, coap.post('data', payload=b'x', message_type=coap.NON), '5.02')
    assert_code(device, coap.post('data', 't=a//b', b'x'), '4.00')
    assert_code(device, coap.post('data', payload=bytes(2000), options=[(coap.SIZE1, coap.uint(70000))]), '4.13',
                [(coap.SIZE1, coap.uint(65536))])


def test_silent_broker_is_5_04(scope):
    rig = Rig(scope, {'telemetry.deadline': '100ms', 'coap.ack_delay': '10s'})
    device = rig.device()
    rig.broker.freeze()
    assert_code(device, coap.post('data', payload=b'x'), '5.04')
    assert_code(device, coap.post('data', payload=b'x', message_type=coap.NON), '5.04')


def test_broker_that_refuses(scope):
    """Not authorised (0x87) is 4.03, any other refusal 5.02; no subscriber (0x10) is no refusal."""
    acl = f'{scope.directory()}/acl'
    with open(acl, 'w', encoding='utf-8') as file:
        file.write('topic readwrite allowed/#\n')
    rig = Rig(scope, {'mqtt.topic': '{t}/{iccid}'}, f'acl_file {acl}\nmessage_size_limit 2000\n')
    device = rig.device()
    assert_code(device, coap.post('data', 't=allowed', b'x'), '2.04')
    assert_code(device, coap.post('data', 't=other', b'x'), '4.03')
    assert_code(device, coap.post('data', 't=allowed', bytes(1600)), '5.02')
    rig.subscriber.process.stop()
    assert_code(device, coap.post('data', 't=allowed', b'y'), '2.04')


def test_overload_is_5_03_with_max_age(scope):
    rig = Rig(scope, {'gateway.workers': '1', 'coap.max_exchanges': '64'})
    device = rig.known()
    rig.broker.freeze()
    for _ in range(64):
        device.send(coap.post('data', payload=b'x', message_type=coap.NON))
    device.send(coap.post('data', payload=b'x'))
    response = device.receive()
    assert (response.type, coap.code_text(response.code)) == (coap.ACK, '5.03'), response
    assert response.uint(coap.MAX_AGE) > 0 and not response.payload, response
    assert rig.count('simgate_coap_overloaded_total') == 1


def test_proxying_is_5_05(scope):
    rig = Rig(scope)
    device = rig.device()
    for option in ((coap.PROXY_URI, b'coap://example.org/data'), (coap.PROXY_SCHEME, b'coap')):
        for kind in (coap.CON, coap.NON):
            assert_code(device, coap.post('data', payload=b'x', options=[option], message_type=kind), '5.05')
            assert_code(device, coap.get('.well-known/core', options=[option], message_type=kind), '5.05')
    assert rig.published(device) == []


def test_identity_comes_before_options_and_path(scope):
    rig = Rig(scope, devices=FEW_DEVICES)
    bad = [(UNKNOWN_CRITICAL, b''), (coap.PROXY_URI, b'coap://x')]
    for source in (STRANGER, INACTIVE):
        device = rig.device(source)
        for kind in (coap.CON, coap.NON):
            assert_code(device, coap.post('data', 't=a//b', b'x', options=bad, message_type=kind), '4.01')
        assert_code(device, coap.post('data', payload=bytes(3000)), '4.01')
        assert_code(device, coap.request(coap.PUT, 'nothing'), '4.01')


def test_order_of_the_other_checks(scope):
    device = Rig(scope).device()
    critical, proxy, query = (UNKNOWN_CRITICAL, b''), (coap.PROXY_SCHEME, b'coap'), (coap.URI_QUERY, bytes(256))
    assert_code(device, coap.request(coap.PUT, 'nothing', options=[critical, proxy, query]), '4.02')
    assert_code(device, coap.request(coap.PUT, 'nothing', options=[proxy, query]), '5.05')
    assert_code(device, coap.request(coap.PUT, 'nothing', options=[query]), '4.04')
    assert_code(device, coap.request(coap.PUT, 'data', options=[query]), '4.05')
    assert_code(device, coap.post('data', options=[query], payload=bytes(1500)), '4.00')


def test_rate_comes_before_options(scope):
    device = Rig(scope, {'limits.device_rate': '1', 'limits.device_burst': '1'}).device()
    first = coap.post('data', payload=b'x')
    assert device.request(first).code == coap.CHANGED
    bad = coap.request(coap.PUT, 'nothing', options=[(UNKNOWN_CRITICAL, b'')])
    assert device.request(bad).code == coap.code('4.29')
    assert device.request(first).code == coap.CHANGED, 'a duplicate costs nothing'


if __name__ == '__main__':
    tap.main()
