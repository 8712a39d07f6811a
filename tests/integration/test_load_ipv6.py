#!/usr/bin/env python3
"""simgate-load with IPv6 devices, in a network where a prefix is this machine's: an address of one may not
be used elsewhere."""

import network
from harness import Broker, Gateway, tap
from loading import load

PREFIX = 'fd00:5a::/32'
DEVICES = f'iccid,address,status\n8988280666900000000,{PREFIX},active\n'
LISTEN = {'coap.listen': '[::1]:0', 'coaps.listen': '[::1]:0'}


def local_prefix(scope):
    network.ip('-6', 'route', 'add', 'local', PREFIX, 'dev', 'lo')
    scope.defer(network.ip, '-6', 'route', 'delete', 'local', PREFIX, 'dev', 'lo')


def coap(gateway):
    return f'coap://[::1]:{gateway.coap[1]}'


def coaps(gateway):
    return f'coaps://[::1]:{gateway.coaps[1]}'


def test_each_device_has_a_prefix(scope):
    """The gateway knows each by it: the broker gets a topic for each."""
    local_prefix(scope)
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker, devices=DEVICES, settings=LISTEN)
    run = load(scope, coap(gateway), '--window', '20', '--count', '200', '--verify',
               f'{broker.url}/8988280666900000042/#', '--verify-wait', '100ms', sources=PREFIX)
    assert run.status == 1 and run['operations']['succeeded'] == 200, (run.status, run.output)
    assert run['verification']['delivered'] == 2, 'one device of 100 is number 42'
    assert all(name.split('-')[1] != '0002a' for name in run['verification']['lost_names']), run.output
    assert run['settings']['each device has'] == 'a /64', run['settings']


def test_each_device_has_an_address(scope):
    """They share a prefix, and so are one device to the gateway."""
    local_prefix(scope)
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker, devices=DEVICES, settings=LISTEN)
    run = load(scope, coap(gateway), '--window', '20', '--count', '200', '--device-prefix', '128', '--verify',
               f'{broker.url}/8988280666900000007/#', sources='fd00:5a:0:7::/64')
    assert run.status == 0 and run['verification']['delivered'] == 200, (run.status, run.output)


def test_coaps(scope):
    local_prefix(scope)
    gateway = Gateway(scope, devices=DEVICES, settings=LISTEN)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--count', '200', '--window', '10',
               sources=PREFIX)
    assert run.status == 0 and run['steps']['handshake']['succeeded'] == 100, (run.status, run.output)


def test_what_cannot_work_is_said(scope):
    run = load(scope, 'coap://[::1]:9', '--count', '1', sources=PREFIX)
    assert run.status == 3, (run.status, run.output)
    assert f'ip -6 route add local {PREFIX} dev lo' in run.output, run.output
    cases = [('coap://[::1]:9', '127.1.0.0/22', 'needs --sources'), ('coap://127.0.0.1:9', PREFIX, 'is IPv6'),
             ('coap://[::1]:9', 'fd00:5a::/64', 'has 1 prefixes of /64'), ('coap://[::1', PREFIX, 'written as [::1]')]
    for target, sources, message in cases:
        run = load(scope, target, sources=sources)
        assert run.status == 2 and message in run.output, (target, sources, run.output)


if __name__ == '__main__':
    network.enter()
    tap.main()
