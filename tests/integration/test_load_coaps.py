#!/usr/bin/env python3
"""simgate-load by CoAPS against a real gateway: each device has a key and an association of its own."""

import os
import signal

from harness import Broker, Gateway, Process, free_port, tap, wait_until
from loading import FIRST_ICCID, Load, bytes_at, coap, coaps, expect_balance, load


def secure_gateway(scope, broker=None, settings=None):
    return Gateway(scope, broker, settings={'coaps.listen': '127.0.0.1:0', **(settings or {})})


def test_bootstrap(scope):
    gateway = secure_gateway(scope)
    run = load(scope, coap(gateway), '--scenario', 'bootstrap', '--count', '200', '--window', '10')
    assert run.status == 0 and run['steps']['bootstrap']['succeeded'] == 200, run.output


def test_dtls_steady_state(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--rate', '1000', '--count', '2000',
               '--verify', broker.url)
    expect_balance(run, 2000)
    assert run['steps']['bootstrap']['succeeded'] == run['steps']['handshake']['succeeded'] == 100, run.output
    assert run['operations']['devices_ready'] == 100
    assert gateway.metrics().sum('simgate_dtls_handshakes_total', outcome='done') == 100


def test_dtls_cold_start(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--scenario', 'dtls-cold',
               '--rate', '200', '--count', '300', '--verify', broker.url)
    expect_balance(run, 300)
    assert all(run['steps'][step]['succeeded'] == 300 for step in ('bootstrap', 'handshake', 'message')), run.output


@tap.timeout(120)
def test_a_storm_of_cold_starts_under_loss(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--storm', '200ms', '--loss', '2%',
               '--drain', '60s', '--verify', broker.url)
    expect_balance(run, 100)
    assert run['datagrams']['retransmissions'] > 0, run.output
    assert run['steps']['handshake']['succeeded'] >= 100 and run['operations']['sent'] == 100, run.output


def libcoap_server(scope, port):
    server = Process(scope, 'coap-server-openssl', [
        'coap-server-openssl', '-A', '127.0.0.1', '-p', str(port), '-d', '9', '-v', '7', '-k', 'sixteencharsskey'])
    server.expected = {-signal.SIGTERM, *range(256)}
    server.wait_for_lines('created DTLS endpoint')
    return server


def test_a_server_that_resumes(scope):
    port = free_port()
    server = libcoap_server(scope, port)
    run = load(scope, f'coaps://127.0.0.1:{port + 1}', '--scenario', 'dtls-resume', '--devices', '3', '--count', '9',
               '--window', '1', '--psk', 'sixteencharsskey', '--first-iccid', str(FIRST_ICCID))
    assert run.status == 0 and run['operations']['succeeded'] == 9, (run.status, run.output)
    assert run['handshakes'] == {'full': 3, 'resumed': 9, 'offered': 9}, run['handshakes']
    ports = {tuple(match.groups()) for match in server.wait_for_lines(r'<-> (127[.\d]+):(\d+) .*session connected', 12)}
    assert len(ports) == 12, 'each handshake is from a port of its own'


def test_a_gateway_does_not_resume(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--scenario', 'dtls-resume',
               '--window', '10', '--count', '300', '--verify', broker.url)
    expect_balance(run, 300)
    assert run['handshakes'] == {'full': 400, 'resumed': 0, 'offered': 300}, run['handshakes']
    assert gateway.metrics().sum('simgate_dtls_handshakes_total', outcome='done') == 400


def test_more_open_requests_by_an_association(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker)
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--devices', '3', '--nstart', '8',
               '--window', '24', '--count', '2000', '--verify', broker.url)
    expect_balance(run, 2000)
    assert run['steps']['handshake']['started'] == 3, run.output


def test_an_association_that_ends_with_more_open_requests(scope):
    """The server says that it goes: each device makes one association anew, whatever it had open."""
    port = free_port()
    server = libcoap_server(scope, port)
    run = Load(scope, f'coaps://127.0.0.1:{port + 1}', '--devices', '5', '--nstart', '4', '--rate', '2000',
               '--duration', '1h', '--psk', 'sixteencharsskey', '--first-iccid', str(FIRST_ICCID), '--max-errors', '100%',
               '--max-loss', '100%')
    server.wait_for_lines('c:2.04', 200)
    server.freeze()
    wait_until(lambda: bytes_at(port + 1) > 5000, 'requests are open')
    server.terminate()  # before it can answer
    server.stop()
    server = libcoap_server(scope, port)
    server.wait_for_lines('session connected', 5)
    server.wait_for_lines('c:2.04', 200)
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    operations = run['operations']
    assert run.status == 0 and operations['failed_handshakes'] > 0, (run.status, run.output)
    assert run['steps']['handshake']['succeeded'] == 10, run.output
    assert operations['succeeded'] + operations['failed_handshakes'] == operations['sent'], run.output


def test_devices_keep_their_association_by_its_connection_id(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker, {'coaps.connection_ids': 'true'})
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--scenario', 'rebind',
               '--rebind', '50%', '--count', '500', '--window', '10', '--verify', broker.url)
    expect_balance(run, 500)
    assert run['datagrams']['rebinds'] > 150, run.output
    assert run['steps']['handshake']['started'] == 100, run.output


def test_devices_move_to_another_address(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = secure_gateway(scope, broker, {'coaps.connection_ids': 'true', 'identity.check': 'off'})
    run = load(scope, coaps(gateway), '--plain-port', str(gateway.coap[1]), '--scenario', 'rebind',
               '--rebind', '50%', '--rebind-address', '--count', '500', '--window', '10', '--verify', broker.url)
    expect_balance(run, 500)
    assert run['datagrams']['rebinds'] > 150 and run['steps']['handshake']['started'] == 100, run.output


def test_a_server_that_is_not_there(scope):
    run = load(scope, 'coaps://127.0.0.1:9', '--plain-port', '9')
    assert run.status == 3 and 'nothing answers' in run.output, run.output


def test_more_open_requests_need_an_association_that_stays(scope):
    for scenario in ('dtls-cold', 'dtls-resume', 'storm'):
        run = load(scope, 'coaps://127.0.0.1:9', '--nstart', '2', '--scenario', scenario)
        assert run.status == 2 and 'whose associations stay' in run.output, run.output


def test_keys_from_the_command_line_and_from_a_file(scope):
    path = os.path.join(scope.directory(), 'keys.csv')
    with open(path, 'w', encoding='utf-8') as file:
        file.write('iccid,address,psk\n')
        file.writelines(f'{FIRST_ICCID + i},127.1.{i // 256}.{i % 256},key-of-device-{i:03}\n' for i in range(100))
    with open(path, encoding='utf-8') as file:
        gateway = Gateway(scope, devices=file.read().replace('\n', ',active\n').replace('psk,active', 'psk,status'),
                          settings={'coaps.listen': '127.0.0.1:0'})
    run = load(scope, coaps(gateway), '--keys', path, '--count', '200', '--window', '10')
    assert run.status == 0 and 'bootstrap' not in run['steps'], (run.status, run.output)
    run = load(scope, coaps(gateway), '--devices', '1', '--psk', 'key-of-device-000', '--first-iccid',
               str(FIRST_ICCID), '--count', '5', '--window', '1')
    assert run.status == 0 and run['operations']['succeeded'] == 5, (run.status, run.output)
    run = load(scope, coaps(gateway), '--devices', '1', '--psk', 'key-of-device-001', '--first-iccid',
               str(FIRST_ICCID + 1), '--sources', '127.1.0.1/32', '--count', '5', '--window', '1')
    assert run.status == 0 and run['operations']['succeeded'] == 5, 'a number that a double does not hold'
    run = load(scope, coaps(gateway), '--devices', '1', '--psk', 'another', '--first-iccid', str(FIRST_ICCID))
    assert run.status == 3 and 'no device got an association' in run.output, run.output


if __name__ == '__main__':
    tap.main()
