#!/usr/bin/env python3
"""libcoap's client, as somebody would use it by hand."""

import base64
import json
import os
import random
import re

from harness import run_coap_client, tap
from rig import Rig, rig_with_ipv6

LINKS = '</>;rt="telemetry",</data>;rt="telemetry",</location>;rt="location";ct=0'
LOOPBACK, LOOPBACK_V6 = '8988280666000000001', '8988280666900000001'  # the ICCIDs of 127.0.0.1 and ::1


def responses(output):
    """(type, code) of what the client received after it began to send."""
    received = output.split('sending CoAP request:', 1)[1]
    return re.findall(r'received \d+ bytes\nv:1 t:(\w+) c:([\d.]+)', received)


def post(gateway, *arguments, path='data'):
    return responses(run_coap_client('-v', '9', '-m', 'post', *arguments, gateway.uri(path)))


def payload_of(publication):
    return base64.b64decode(json.loads(publication.payload)['payload']['value'])


def check_posts(rig, iccid):
    assert post(rig.gateway, '-e', 'con') == [('ACK', '2.04')]
    assert post(rig.gateway, '-N', '-e', 'non') == [('NON', '2.04')]
    assert post(rig.gateway, '-e', 'con t', path='data?t=room/1') == [('ACK', '2.04')]
    assert post(rig.gateway, '-N', '-e', 'non t', path='?t=room/1') == [('NON', '2.04')]
    assert post(rig.gateway, '-O', '20,t=where', '-e', 'location', path='') == [('ACK', '2.04')]
    found = [(p.topic, payload_of(p)) for p in rig.published()]
    assert found == [(iccid, b'con'), (iccid, b'non'), (f'{iccid}/room/1', b'con t'),
                     (f'{iccid}/room/1', b'non t'), (f'{iccid}/where', b'location')], found


def test_posts(scope):
    check_posts(Rig(scope), LOOPBACK)


def test_posts_over_ipv6(scope):
    check_posts(rig_with_ipv6(scope), LOOPBACK_V6)


def test_block_wise(scope):
    rig = Rig(scope)
    payload = random.randbytes(8192)
    file = os.path.join(scope.directory(), 'payload')
    with open(file, 'wb') as out:
        out.write(payload)
    for size in (64, 1024):
        blocks = len(payload) // size
        for options in ([], ['-N']):
            answers = post(rig.gateway, *options, '-b', str(size), '-f', file, path=f'data?t=b{size}')
            codes = [code for _, code in answers]
            assert codes == (blocks - 1) * ['2.31'] + ['2.04'], codes
    found = rig.published()
    assert [p.topic for p in found] == 2 * [f'{LOOPBACK}/b64'] + 2 * [f'{LOOPBACK}/b1024']
    assert all(payload_of(p) == payload for p in found)


def check_well_known_core(gateway):
    for options in ([], ['-N'], ['-b', '16'], ['-A', '40']):
        output = run_coap_client(*options, '-m', 'get', gateway.uri('.well-known/core'))
        assert output.strip() == LINKS, output


def test_well_known_core(scope):
    check_well_known_core(Rig(scope).gateway)


def test_well_known_core_over_ipv6(scope):
    check_well_known_core(rig_with_ipv6(scope).gateway)


def test_errors(scope):
    gateway = Rig(scope).gateway
    assert post(gateway, '-e', 'x', path='data?t=a//b') == [('ACK', '4.00')]
    assert post(gateway, '-e', 'x', path='nothing') == [('ACK', '4.04')]
    assert post(gateway, '-P', gateway.uri(), '-e', 'x') == [('ACK', '5.05')]
    assert post(gateway, '-O', '65001,0x01', '-e', 'x') == [('ACK', '4.02')]
    assert responses(run_coap_client('-v', '9', '-m', 'get', gateway.uri('data'))) == [('ACK', '4.05')]


if __name__ == '__main__':
    tap.main()
