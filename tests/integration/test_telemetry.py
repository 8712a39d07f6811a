#!/usr/bin/env python3
"""What of a message arrives at the broker: its topic and its payload, byte for byte."""

import base64
import json
import re
import time

from harness import coap, tap
from rig import Rig, assert_code

ICCID, SOURCE = '8988280666000000007', '127.0.0.7'
WITH_IMSI = """\
iccid,address,status,imsi
8988280666000000007,127.0.0.7,active,901405100002864
8988280666000000008,127.0.0.8,active,
8988280666900000001,127.0.1.0/24,active,901405100003000
"""
ANY_BYTES = bytes(range(256)) + b'"\\\n\x00' * 192  # 1,024


def envelope_pattern(value, topic=None, iccid=ICCID, ip=SOURCE, imsi=None):
    """A regular expression for the whole envelope; `value` is what stands between the payload's braces
    before the topic. Groups: received, seconds of the id."""
    payload = value + (f',"topic":"{topic}"' if topic else '')
    device = f'"iccid":"{iccid}","ip":"{ip}"' + (f',"imsi":"{imsi}"' if imsi else '')
    return (re.escape('{"payload":{' + payload + '},"received":"') + r'(\d{13})'
            + re.escape('","id":"1-') + '([0-9a-f]{8})-[0-9a-f]{24}'
            + re.escape('","source":"COAP","type":"TELEMETRY_DATA","version":"1.0.0","device":{' + device + '}}'))


def text(payload):
    return f'"type":"STRING","encoding":"base64","value":"{base64.b64encode(payload).decode()}"'


def assert_envelope(publication, value, **known):
    json.loads(publication.payload)
    match = re.fullmatch(envelope_pattern(value, **known), publication.payload.decode())
    assert match, f'{publication.payload} is not {envelope_pattern(value, **known)}'
    received = int(match.group(1))
    assert abs(received / 1000 - time.time()) < 10, received
    assert int(match.group(2), 16) == received // 1000, publication.payload


def publish(rig, *messages):
    """Sends them, each of which is acknowledged, and returns what was published."""
    device = rig.device(SOURCE)
    for message in messages:
        assert_code(device, message, '2.04')
    found = rig.published(device)
    assert len(found) == len(messages), found
    return found


def test_envelope(scope):
    rig = Rig(scope)
    found = publish(rig, coap.post('data', payload=b'21.5'), coap.post('', 't=room/1', b'21.5'),
                    coap.post('data', payload=b'21.5', message_type=coap.NON))
    assert [p.topic for p in found] == [ICCID, f'{ICCID}/room/1', ICCID]
    assert_envelope(found[0], text(b'21.5'))
    assert_envelope(found[1], text(b'21.5'), topic='room/1')
    assert_envelope(found[2], text(b'21.5'))
    assert len({json.loads(p.payload)['id'] for p in found}) == 3


def test_imsi_only_where_known(scope):
    rig = Rig(scope, devices=WITH_IMSI, settings={'mqtt.topic': '{imsi}/{iccid}/{t}'})
    message = coap.post('data', 't=a', b'x')
    known = {'127.0.0.7': (ICCID, '901405100002864'), '127.0.0.8': ('8988280666000000008', None),
             '127.0.1.9': ('8988280666900000010', '901405100003009')}
    for source, (iccid, imsi) in known.items():
        device = rig.device(source)
        assert_code(device, message, '2.04')
        found = [p for p in rig.published(device) if iccid in p.topic]
        assert [p.topic for p in found] == [f'{imsi}/{iccid}/a' if imsi else f'{iccid}/a']
        assert_envelope(found[0], text(b'x'), topic='a', iccid=iccid, ip=source, imsi=imsi)


def test_any_payload(scope):
    payloads = [b'', b'\x00', b'\xff', b'ab', b'abc', ANY_BYTES, b'\xff' * 1024, 'grün ☃'.encode()]
    found = publish(Rig(scope), *[coap.post('data', payload=payload) for payload in payloads])
    for publication, payload in zip(found, payloads):
        assert_envelope(publication, text(payload))


def test_topic_by_either_option_and_without_its_leading_slash(scope):
    def by_location(t):
        return coap.post('data', payload=b'x', options=[(coap.LOCATION_QUERY, f't={t}'.encode())])

    longest, parts = 'a' * 253, 'Ab_9/' * 50 + 'abc'
    topics = ['a', 'a/b/c', 'AZaz09_/_', longest, parts]
    found = publish(Rig(scope), *[coap.post('data', f't={t}', b'x') for t in topics],
                    *[by_location(t) for t in topics],
                    coap.post('data', 't=/a/b', b'x'), by_location('/a/b'),
                    coap.post('data', 't=/' + longest[1:], b'x'))
    assert [p.topic for p in found] == ([f'{ICCID}/{t}' for t in 2 * topics] + 2 * [f'{ICCID}/a/b']
                                        + [f'{ICCID}/{longest[1:]}'])
    assert_envelope(found[10], text(b'x'), topic='a/b')


def test_no_topic(scope):
    """Other queries are no topic."""
    found = publish(Rig(scope), coap.post('data', payload=b'x'), coap.post('data', ['T=a', 'tt=b', 'x', ''], b'x'))
    assert [p.topic for p in found] == 2 * [ICCID]
    assert_envelope(found[1], text(b'x'))


def test_topic_templates(scope):
    templates = {
        '{t}': ['some/where', 'a/b'],
        'up/{iccid}/{t}/json': [f'up/{ICCID}/json', f'up/{ICCID}/a/b/json'],
        '/up//{t}/': ['up', 'up/a/b'],
        'fleet/{iccid}': 2 * [f'fleet/{ICCID}'],
        'fixed': 2 * ['fixed'],
    }
    for template, topics in templates.items():
        rig = Rig(scope, {'mqtt.topic': template, 'mqtt.default_topic': 'some/where'})
        device = rig.device()
        assert_code(device, coap.post('data', payload=b'x'), '2.04')
        assert_code(device, coap.post('data', 't=/a/b', b'x'), '2.04')
        assert [p.topic for p in rig.subscriber.wait_for(2)] == topics, template


def test_raw_format(scope):
    rig = Rig(scope, {'telemetry.format': 'raw'})
    payloads = [b'21.5', b'', ANY_BYTES]
    found = publish(rig, *[coap.post('data', 't=a', payload) for payload in payloads])
    assert [(p.topic, p.payload) for p in found] == [(f'{ICCID}/a', payload) for payload in payloads]
    for publication in found:
        match = re.fullmatch(rf'iccid:{ICCID} +ip:{re.escape(SOURCE)} +received:(\d{{13}}) +'
                             r'id:1-([0-9a-f]{8})-[0-9a-f]{24}', publication.properties.strip())
        assert match, publication.properties
        assert abs(int(match.group(1)) / 1000 - time.time()) < 10, publication.properties
        assert int(match.group(2), 16) == int(match.group(1)) // 1000, publication.properties


def test_envelope_has_no_properties(scope):
    assert publish(Rig(scope), coap.post('data', payload=b'x'))[0].properties.strip() == ''


def test_parse_json(scope):
    """Valid JSON is put in as the device wrote it; everything else is what it always was."""
    valid = [b'{"a":1.50,"b":[true,null,{}]}', b' {"n": 123456789012345678901234567890.10E+2 }\r\n', b'[1,2]',
             b'"text \\u00e9 \\"q\\""', b'-0.0', b'null', '{"ü":"☃"}'.encode(), b'{"a":1,"b":{"a":2}}']
    invalid = [b'', b' ', b'{"a":1', b'{"a":1}}', b'{"a":1},', b"{'a':1}", b'01', b'.5', b'NaN', b'1 2', b'"\xff"',
               b'"a\nb"', b'{"a":1}\x00', b'\xef\xbb\xbf{}', b'"\\ud800"', b'[1,]']
    rig = Rig(scope, {'telemetry.parse_json': 'true'})
    found = publish(rig, *[coap.post('data', 't=j', payload) for payload in valid + invalid])
    for publication, payload in zip(found, valid):
        assert_envelope(publication, '"type":"JSON","value":' + payload.decode(), topic='j')
    for publication, payload in zip(found[len(valid):], invalid):
        assert_envelope(publication, text(payload), topic='j')


def test_json_is_not_parsed_unless_asked_to(scope):
    assert_envelope(publish(Rig(scope), coap.post('data', payload=b'{"a":1}'))[0], text(b'{"a":1}'))


def test_acknowledged_only_after_the_broker(scope):
    rig = Rig(scope, {'coap.ack_delay': '30s'})
    device = rig.device()
    rig.broker.freeze()
    message = coap.post('data', payload=b'x')
    device.send(message)
    assert device.receive(0.3) is None
    rig.broker.thaw()
    answer = device.receive_bytes()
    assert answer == coap.Message(coap.ACK, coap.CHANGED, message.mid, message.token).encode(), answer
    assert len(rig.published(device)) == 1


def test_queued_acknowledges_at_once(scope):
    rig = Rig(scope, {'telemetry.ack': 'queued', 'coap.ack_delay': '30s'})
    device = rig.device()
    rig.broker.freeze()
    assert_code(device, coap.post('data', 't=a', b'x'), '2.04')
    assert_code(device, coap.post('data', 't=b', b'y', message_type=coap.NON), '2.04')
    assert rig.count('simgate_publications_total', result='acknowledged') == 0
    rig.broker.thaw()
    found = rig.subscriber.wait_for(2)
    assert [p.topic for p in found] == [f'{ICCID}/a', f'{ICCID}/b']


def test_messages_of_a_device_keep_their_order(scope):
    rig = Rig(scope, {'gateway.workers': '4', 'mqtt.connections': '4'})
    devices = [rig.known(f'127.0.0.{i}') for i in range(1, 9)]
    for number in range(25):
        for device in devices:
            device.send(coap.post('data', f't=n{number}', b'x', message_type=coap.NON))
    topics = [p.topic for p in rig.subscriber.wait_for(200)]
    for i in range(1, 9):
        iccid = f'898828066600000000{i}'
        assert [t for t in topics if t.startswith(iccid)] == [f'{iccid}/n{n}' for n in range(25)]


if __name__ == '__main__':
    tap.main()
