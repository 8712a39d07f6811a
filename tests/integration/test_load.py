#!/usr/bin/env python3
"""simgate-load against a real gateway and a real broker: what it counts is so, and what is lost or slow
it says."""

import os
import signal
import subprocess
import threading

from harness import Broker, Gateway, Subscriber, tap, wait_until
from loading import FIRST_ICCID, SIMGATELOAD, Load, answers, bytes_at, coap, expect_balance, load
from stub_broker import StubBroker
from tls_broker import TlsBroker, make_ca

DROPPED = '$SYS/broker/publish/messages/dropped'


def test_conservation_holds(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    run = load(scope, coap(gateway), '--rate', '2000', '--duration', '2s', '--verify', broker.url)
    expect_balance(run, 3900)


def test_conservation_holds_for_any_payload(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    for format_, form in (('envelope', 'json'), ('raw', 'text'), ('raw', 'json')):
        gateway = Gateway(scope, broker, settings={'telemetry.format': format_, 'telemetry.parse_json': 'true'})
        run = load(scope, coap(gateway), '--count', '500', '--window', '20', '--payload', form, '--size', '1024',
                   '--verify', broker.url)
        expect_balance(run, 500)
        gateway.stop()


def test_conservation_holds_with_more_open_requests(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    run = load(scope, coap(gateway), '--devices', '3', '--nstart', '8', '--window', '24', '--count', '2000',
               '--verify', f'{broker.url}/+/load')
    expect_balance(run, 2000)


@tap.timeout(120)
def test_conservation_holds_under_loss_and_duplicates(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    run = load(scope, coap(gateway), '--rate', '1000', '--count', '1000', '--drain', '60s', '--loss', '1%',
               '--duplicates', '10%', '--malformed', '10%', '--reorder', '10%', '--verify', broker.url)
    expect_balance(run, 1000)
    datagrams = run['datagrams']
    assert datagrams['retransmissions'] > 0 < datagrams['dropped_out'], run.output
    assert datagrams['duplicates'] > 0 < datagrams['malformed'], run.output
    assert gateway.metrics().sum('simgate_coap_duplicates_total') >= datagrams['duplicates'] / 2, run.output


def test_a_message_that_is_not_delivered_is_named(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    # who listens to one device only misses those of the others
    run = load(scope, coap(gateway), '--devices', '2', '--count', '20', '--window', '1', '--verify-wait', '300ms',
               '--verify', f'{broker.url}/{FIRST_ICCID}/#')
    verification = run['verification']
    assert run.status == 1, (run.status, run.output)
    assert (verification['acknowledged'], verification['delivered'], verification['lost']) == (20, 10, 10), run.output
    assert len(verification['lost_names']) == 10
    assert all(name.split('-')[1] == '00001' for name in verification['lost_names']), verification['lost_names']


def test_what_a_dying_gateway_had_promised_is_missed(scope):
    """With telemetry.ack = queued a 2.04 is no promise. The broker takes nothing until the gateway is dead."""
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker, settings={'telemetry.ack': 'queued'})
    run = Load(scope, coap(gateway), '--rate', '500', '--duration', '1m', '--drain', '0', '--verify-wait', '500ms',
               '--verify', broker.url)
    wait_until(lambda: answers(gateway) > 100, 'the load began')
    broker.freeze()
    before = answers(gateway)
    wait_until(lambda: answers(gateway) > before + 500, 'more are answered')
    gateway.kill()
    broker.thaw()
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    assert run.status == 1, (run.status, run.output)
    assert run['verification']['lost'] > 0, run.output


def test_what_comes_twice_is_named(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    subscriber = Subscriber(scope, broker)
    run = Load(scope, coap(gateway), '--devices', '1', '--rate', '10', '--duration', '1m', '--verify', broker.url)
    first = subscriber.wait_for(1)[0]
    broker.publish(first.topic, first.payload)
    broker.publish('elsewhere', b'something else')
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    verification = run['verification']
    assert run.status == 0, (run.status, run.output)
    assert verification['lost'] == 0 and verification['duplicated'] == 1, run.output
    assert verification['foreign'] == 1, run.output
    assert [name.split('-')[1:] for name in verification['duplicated_names']] == [['00000', '0000000']]


def test_a_broker_that_forgets_is_no_loss_of_the_gateway(scope):
    """It dies with what it had acknowledged: whether that would have been delivered, nobody can say."""
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    run = Load(scope, coap(gateway), '--rate', '500', '--duration', '1m', '--verify-wait', '300ms', '--verify',
               f'{broker.url}/{FIRST_ICCID}/#')
    wait_until(lambda: answers(gateway) > 100, 'the load began')
    broker.kill()
    broker.start()
    before = answers(gateway)
    wait_until(lambda: answers(gateway) > before + 1500, 'the load goes on')
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    assert run.status == 1, (run.status, run.output)
    assert 'forgot our subscription' in run['verification']['problem'], run['verification']


def test_a_broker_that_is_gone_in_the_end_is_said(scope):
    broker = Broker(scope, 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker)
    run = Load(scope, coap(gateway), '--rate', '500', '--duration', '1m', '--drain', '1s', '--verify-wait', '300ms',
               '--verify', f'{broker.url}/{FIRST_ICCID}/#')
    wait_until(lambda: answers(gateway) > 100, 'the load began')
    broker.kill()
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    assert run.status == 1, (run.status, run.output)
    assert 'gone in the end' in run['verification']['problem'], run['verification']
    gateway.kill()  # it would wait for its broker


def test_a_broker_that_drops_for_slow_subscribers_is_said(scope):
    """It says so by $SYS. The test says it here: mosquitto does only behind 65,535 messages in flight."""
    gateway = Gateway(scope)
    broker = StubBroker(scope)
    run = Load(scope, coap(gateway), '--rate', '100', '--duration', '1m', '--verify-wait', '300ms', '--verify',
               broker.url)
    wait_until(lambda: answers(gateway) > 20, 'the load began')
    broker.publish(DROPPED, b'5')
    broker.publish(DROPPED, b'7')
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    assert run.status == 1 and run['verification']['lost'] > 20, (run.status, run.output)
    assert 'dropped publications' in run['verification']['problem'], run['verification']


def test_a_broker_with_passwords(scope):
    directory = scope.directory()
    for name, content in (('right', 'secret\n'), ('wrong', 'other\n')):
        with open(os.path.join(directory, name), 'w', encoding='utf-8') as file:
            file.write(content)
    subprocess.run(['mosquitto_passwd', '-b', '-c', os.path.join(directory, 'users'), 'tester', 'secret'], check=True,
                   timeout=20)
    broker = Broker(scope, f'max_queued_messages 0\npassword_file {directory}/users\n')
    gateway = Gateway(scope, broker)
    arguments = ['--count', '20', '--window', '1', '--verify', broker.url, '--verify-user', 'tester']
    expect_balance(load(scope, coap(gateway), *arguments, '--verify-password-file', f'{directory}/right'), 20)
    run = load(scope, coap(gateway), *arguments, '--verify-password-file', f'{directory}/wrong')
    assert run.status == 3 and 'does not let us subscribe' in run.output, run.output


def test_a_broker_with_tls(scope):
    directory = scope.directory()
    ca, other = make_ca(directory, 'ca'), make_ca(directory, 'other')
    broker = TlsBroker(scope, directory, ca, 'IP:127.0.0.1', 'max_queued_messages 0\n')
    gateway = Gateway(scope, broker.plain)
    arguments = ['--count', '20', '--window', '1', '--verify', broker.url]
    expect_balance(load(scope, coap(gateway), *arguments, '--verify-ca', ca), 20)
    for trusted in (['--verify-ca', other], []):
        run = load(scope, coap(gateway), *arguments, *trusted)
        assert run.status == 3 and 'certificate verify failed' in run.output, run.output
    run = load(scope, coap(gateway), *arguments, '--verify-ca', '/nowhere')
    assert run.status == 3 and '/nowhere: No such file' in run.output, run.output
    run = load(scope, coap(gateway), '--verify', broker.url.replace('127.0.0.1', 'localhost'), '--verify-ca', ca)
    assert run.status == 3 and ': host name verification failed' in run.output, run.output


def test_a_broker_that_is_not_there_is_said(scope):
    run = load(scope, 'coap://127.0.0.1:9', '--verify', 'mqtt://127.0.0.1:9')
    assert run.status == 3 and 'mqtt://127.0.0.1:9' in run.output, run.output


def test_a_refusal_is_no_success(scope):
    gateway = Gateway(scope)
    run = load(scope, coap(gateway), '--count', '100', '--window', '10', sources='127.77.0.0/22')
    assert run.status == 1, run.output
    assert run['operations']['refused'] == 100 and run['operations']['succeeded'] == 0, run.output


def test_malformed_datagrams_are_no_loss(scope):
    gateway = Gateway(scope)
    run = load(scope, coap(gateway), '--rate', '2000', '--count', '2000', '--malformed', '50%')
    datagrams = run['datagrams']
    assert run.status == 0, (run.status, run.output)
    assert run['operations']['succeeded'] == 2000
    assert 700 < datagrams['malformed'] < 1300, run.output
    assert 0 < datagrams['malformed_resets'] < datagrams['malformed'], run.output
    assert datagrams['strays'] == 0, run.output


def stall(program, seconds):
    program.process.freeze()
    threading.Timer(seconds, program.process.thaw).start()


def test_a_stalled_server_shows_in_the_open_loop(scope):
    """A second's stall in four: a quarter of all requests waited for it, each for half a second on average."""
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--devices', '1000', '--rate', '1000', '--duration', '4s')
    wait_until(lambda: answers(gateway) > 500, 'the load began')
    stall(gateway, 1)
    run = run.wait()
    assert run.status == 0, (run.status, run.output)
    assert run['operations']['due'] == run['operations']['sent'] >= 3990, run.output
    assert 0.7 < run['latency_seconds']['p99'] < 3, run['latency_seconds']
    assert run['latency_seconds']['p50'] < 0.3, run['latency_seconds']
    own = run['generator']
    assert own['sent_late_seconds']['count'] + run['operations']['blocked'] >= 3900, (own, run.output)
    assert max(own['sent_late_seconds']['p99'], own['read_late_seconds']['p99']) < 0.35, own


def test_requests_that_wait_for_a_device_count_from_their_instant(scope):
    """Ten devices with one request each: during the stall all others wait to be sent, and none is forgotten."""
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--devices', '10', '--rate', '1000', '--duration', '4s')
    wait_until(lambda: answers(gateway) > 500, 'the load began')
    stall(gateway, 1)
    run = run.wait()
    assert run.status == 0, (run.status, run.output)
    assert run['operations']['due'] == run['operations']['sent'] >= 3990, run.output
    assert run['operations']['blocked'] > 500, run.output
    assert 0.7 < run['latency_seconds']['p99'] < 3, run['latency_seconds']


def test_the_generators_own_slowness_is_said(scope):
    """Whoever stops the generator gets its starts late, all of them, and told that it was its fault."""
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--devices', '1000', '--rate', '1000', '--duration', '3s')
    wait_until(lambda: answers(gateway) > 300, 'the load began')
    stall(run, 0.5)
    run = run.wait()
    operations = run['operations']
    assert run.status == 0, (run.status, run.output)
    assert operations['due'] == operations['sent'] >= 2990, run.output
    assert operations['late'] > 300 and operations['blocked'] == 0, run.output
    assert run['latency_seconds']['p99'] > 0.3, run['latency_seconds']
    assert run['generator']['sent_late_seconds']['p99'] > 0.3, run['generator']
    assert run['generator']['sent_late_seconds']['p50'] < 0.1, run['generator']


def test_answers_that_we_read_late_are_said(scope):
    """The gateway stands still with requests that wait for it, answers them while the generator does, and
    what the generator then reads has waited all that time."""
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--devices', '1000', '--rate', '1000', '--duration', '2s')
    wait_until(lambda: answers(gateway) > 300, 'the load began')
    before = answers(gateway)
    gateway.process.freeze()
    wait_until(lambda: bytes_at(gateway.coap[1]) > 50000, 'requests wait for the gateway')
    run.process.freeze()
    gateway.process.thaw()
    wait_until(lambda: answers(gateway) >= before + 50, 'the gateway has answered')
    threading.Timer(0.4, run.process.thaw).start()
    run = run.wait()
    assert run.status == 0, (run.status, run.output)
    assert run['generator']['read_late_seconds']['max'] > 0.35, run['generator']
    assert run['generator']['read_late_seconds']['p50'] < 0.1, run['generator']


def test_poisson_arrivals_can_be_repeated(scope):
    gateway = Gateway(scope)
    arguments = ('--rate', '1000', '--duration', '500ms', '--arrivals', 'poisson')
    runs = [load(scope, coap(gateway), *arguments, *seed) for seed in ((), ('--seed', '5'), ('--seed', '5'))]
    assert all(run.status == 0 for run in runs), [run.output for run in runs]
    assert 400 < runs[0]['operations']['sent'] < 600, runs[0].output
    assert runs[0]['settings']['arrivals'].startswith('Poisson, seed '), runs[0]['settings']
    assert runs[1]['operations']['sent'] == runs[2]['operations']['sent'] != 500, 'the seed decides how many there are'


def test_a_dead_server_is_retransmitted_to_and_given_up(scope):
    run = load(scope, 'coap://127.0.0.1:9', '--devices', '5', '--storm', '100ms', '--drain', '4s')
    operations = run['operations']
    assert run.status == 1, run.output
    assert operations['sent'] == 5 and operations['answered'] == 0 and operations['open_at_end'] == 5, run.output
    assert run['datagrams']['retransmissions'] == 5, 'after 2 to 3 s, and then after twice that'


def test_a_million_devices(scope):
    gateway = Gateway(scope, devices='iccid,address,status\n8988280666000000000,127.0.0.0/8,active\n')
    run = load(scope, coap(gateway), '--devices', '1000000', '--rate', '2000', '--duration', '1s',
               sources='127.0.0.0/8')
    assert run.status == 0 and run['operations']['succeeded'] >= 1990, (run.status, run.output)


def test_location(scope):
    gateway = Gateway(scope)
    run = load(scope, coap(gateway), '--scenario', 'location', '--count', '200', '--window', '10')
    assert run.status == 1 and run['operations']['refused'] == 200, run.output  # none is stored


def test_the_first_interrupt_ends_with_a_summary(scope):
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--rate', '500', '--duration', '1h')
    wait_until(lambda: answers(gateway) > 100, 'the load began')
    run.process.popen.send_signal(signal.SIGINT)
    run = run.wait()
    assert run.status == 0 and run['operations']['succeeded'] > 100, (run.status, run.output)


def test_the_second_interrupt_ends_the_waiting(scope):
    gateway = Gateway(scope)
    run = Load(scope, coap(gateway), '--rate', '100', '--duration', '1h', '--drain', '1h')
    wait_until(lambda: answers(gateway) > 10, 'the load began')
    gateway.process.freeze()
    before = switches(run)
    wait_until(lambda: switches(run) > before + 20, 'it sent what will not be answered')
    for _ in range(2):
        before = switches(run)
        run.process.popen.send_signal(signal.SIGINT)
        wait_until(lambda: not run.process.running() or switches(run) > before + 20, 'it took the signal')
    run = run.wait()
    assert run.status == 1 and run['operations']['open_at_end'] > 0, (run.status, run.output)


def switches(run):
    """How often the generator has waited: it looks for signals every 50 ms."""
    try:
        with open(f'/proc/{run.process.pid}/status', encoding='ascii') as file:
            return int(file.read().split('\nvoluntary_ctxt_switches:')[1].split()[0])
    except (FileNotFoundError, ProcessLookupError, IndexError):
        return 0


def test_addresses_that_are_not_of_this_machine_are_said(scope):
    run = load(scope, 'coap://127.0.0.1:9', sources='192.0.2.0/24')
    assert run.status == 3 and 'must be addresses of this machine' in run.output, run.output


def test_a_scenario_file_and_the_command_line_that_wins(scope):
    gateway = Gateway(scope)
    path = os.path.join(scope.directory(), 'scenario.ini')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(f'target = {coap(gateway)}\n[load]\ncount = 50\nwindow = 5\n[requests]\nnon = true\n')
    run = load(scope, None, '--file', path)
    assert run.status == 0 and run['operations']['sent'] == 50, run.output
    run = load(scope, None, '--file', path, '--count', '70')
    assert run.status == 0 and run['operations']['sent'] == 70, run.output
    run = load(scope, None, '--file', path, '--rate', '100', '--duration', '200ms')
    assert run.status == 0 and 15 <= run['operations']['sent'] <= 21, run.output
    with open(path, 'a', encoding='utf-8') as file:
        file.write('colour = blue\n')
    run = load(scope, None, '--file', path)
    assert run.status == 2 and "'colour' is no option" in run.output and f'{path}:7' in run.output, run.output


def test_wrong_options_are_said(scope):
    wrong = [([], 'a target is needed'),
             (['http://h'], 'must be coap://'),
             (['coap://127.0.0.1', '--rate', '5', '--window', '5'], 'exclude each other'),
             (['coap://127.0.0.1', '--devices', '0'], 'devices must be a number from 1'),
             (['coap://127.0.0.1', '--scenario', 'dtls-cold'], 'needs a target coaps://'),
             (['coap://127.0.0.1', '--devices', '2000', '--sources', '127.1.0.0/22'], 'has 1024 addresses'),
             (['coap://127.0.0.1', '--size', '10', '--verify', 'mqtt://127.0.0.1'], 'size must be 20 or more'),
             (['coap://127.0.0.1', '--malformed', '2'], 'must be a share'),
             (['coap://127.0.0.1', '--nstart', '3'], 'power of two'),
             (['coap://127.0.0.1', '--arrivals', 'late'], 'must be even or poisson'),
             (['coap://127.0.0.1', '--arrivals', 'poisson', '--window', '1'], 'for the open loop'),
             (['coap://127.0.0.1', '--seed', '1'], 'for --arrivals poisson'),
             (['coap://127.0.0.1', '--device-prefix', '48'], 'is for IPv6'),
             (['coap://127.0.0.1', '--rebind-address'], 'needs --rebind'),
             (['coaps://127.0.0.1', '--first-iccid', '1'], 'need each other'),
             (['coap://127.0.0.1', '--verify', 'mqtt://::1'], 'must be mqtt[s]://'),
             (['coap://127.0.0.1', '--verify', 'mqtt://h', '--verify-ca', 'f'], 'is for mqtts://'),
             (['coap://127.0.0.1', '--verify-user', 'u'], 'need --verify'),
             (['coap://127.0.0.1', '--verify', 'mqtt://h', '--verify-password-file', 'f'], 'needs --verify-user')]
    for arguments, message in wrong:
        result = subprocess.run([SIMGATELOAD, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                text=True, timeout=20, check=False)
        assert result.returncode == 2 and message in result.stdout, (arguments, result.stdout)


if __name__ == '__main__':
    tap.main()
