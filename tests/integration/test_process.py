#!/usr/bin/env python3
"""The process: its options and configuration, how it refuses to start, and how it ends."""

import os
import signal
import subprocess

from harness import Device, Gateway, Process, coap, free_port, tap, wait_until
from harness.gateway import DEVICES, SIMGATE
from rig import Rig, assert_code, assert_silence

EXIT_FAILURE, EXIT_USAGE = 1, 2


def run(*arguments, **environment):
    """(exit status, standard output, standard error) of a simgate that ends by itself."""
    result = subprocess.run([SIMGATE, *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                            env={**os.environ, **environment}, timeout=20, check=False)
    return result.returncode, result.stdout, result.stderr


def write(scope, name, text):
    path = os.path.join(scope.directory(), name)
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def arguments(settings):
    return [word for key, value in settings.items() for word in ('--set', f'{key}={value}')]


def start_arguments(scope, devices=DEVICES, **settings):
    """Enough for a gateway to start; SECTION_KEY stands for section.key."""
    given = {key.replace('_', '.', 1): value for key, value in settings.items()}
    return arguments({'store.url': f'memory:{write(scope, "devices.csv", devices)}', 'mqtt.url': 'null:',
                      'coap.listen': '127.0.0.1:0', 'coaps.listen': '', 'admin.listen': '', **given})


def test_check_config_prints_every_error(scope):
    file = write(scope, 'simgate.ini', '[coap]\nlisten = nowhere\nack_delay = 5\n\n[mqtt]\nno_such_key = 1\n\n'
                                       '[no_such_section]\nkey = 1\n')
    status, output, errors = run('--check-config', '--config', file, '--set', 'coap.max_retransmit=99',
                                 '--set', 'mqtt.topic={t}', SIMGATE_LIMITS_DEVICE_RATE='many')
    assert (status, output) == (EXIT_USAGE, '')
    for expected in (f'{file}:2: coap.listen: ', f'{file}:3: coap.ack_delay: ',
                     f'{file}:6: unknown key mqtt.no_such_key', f'{file}:8: unknown section [no_such_section]', '--set coap.max_retransmit: ',
                     'environment SIMGATE_LIMITS_DEVICE_RATE: ', 'store.url: required'):
        assert sum(line.startswith(expected) for line in errors.splitlines()) == 1, f'{expected} in {errors}'


def test_check_config_accepts(scope):
    good = write(scope, 'simgate.ini', '[store]\nurl = memory:devices.csv\n[mqtt]\nurl = null:\n')
    assert run('--check-config', '-c', good) == (0, 'configuration is valid\n', '')


def test_a_wrong_configuration_does_not_start(scope):
    status, output, errors = run(*start_arguments(scope), '--set', 'gateway.workers=65')
    assert (status, output) == (EXIT_USAGE, '')
    assert errors.count('\n') == 1 and 'gateway.workers: "65" is not a whole number from 0 to 64' in errors, errors


def test_topic_that_can_become_empty_is_refused(scope):
    status, _, errors = run(*start_arguments(scope), '--set', 'mqtt.topic={t}')
    assert status == EXIT_USAGE and 'mqtt.default_topic' in errors, errors


def test_print_config_loads_back(scope):
    changed = arguments({'coap.listen': '127.0.0.1:1,[::1]:2', 'coap.ack_delay': '1500ms', 'mqtt.topic': 'a/{t}',
                         'store.url': 'memory:d.csv', 'telemetry.max_payload': '3K', 'telemetry.parse_json': 'yes',
                         'identity.networks': '10.0.0.0/8,fd00::/8', 'gateway.receive': 'worker'})
    status, printed, _ = run('--print-config', *changed)
    assert status == 0
    assert 'ack_delay = 1500ms\n' in printed and 'max_payload = 3K\n' in printed and 'topic = a/{t}\n' in printed
    file = write(scope, 'simgate.ini', printed)
    assert run('--check-config', '--config', file)[0] == 0
    assert run('--print-config', '--config', file) == (0, printed, '')


def test_order_of_the_sources(scope):
    """--set goes before the environment, that before the file, that before the default."""
    file = write(scope, 'simgate.ini', '[mqtt]\nqueue = 17\nconnections = 3\nkeepalive = 7s\n')
    _, printed, _ = run('--print-config', '--config', file, '--set', 'mqtt.queue=19',
                        SIMGATE_MQTT_QUEUE='18', SIMGATE_MQTT_CONNECTIONS='4')
    for line in ('queue = 19\n', 'connections = 4\n', 'keepalive = 7s\n', 'ack_delay = 1s\n'):
        assert line in printed, f'{line} in {printed}'


def test_wrong_options(scope):
    for wrong in (['--nonsense'], ['-x'], ['--config'], ['argument'], ['--takeover=yes'], ['--print-config=xml'],
                  ['--config', os.path.join(scope.directory(), 'missing.ini')], ['--set', 'nothing']):
        status, output, errors = run(*wrong)
        assert (status, output) == (EXIT_USAGE, ''), wrong
        assert errors.count('\n') >= 1 and wrong[-1].split('=')[-1] in errors, errors


def test_help_and_version(_scope):
    status, output, errors = run('--help')
    assert (status, errors) == (0, '') and output.startswith('Usage: simgate ')
    status, output, errors = run('--version')
    assert (status, errors) == (0, '') and output.startswith('simgate ') and output.count('\n') == 1


def test_devices_that_cannot_be_read(scope):
    missing = os.path.join(scope.directory(), 'missing.csv')
    status, _, errors = run(*start_arguments(scope, store_url=f'memory:{missing}'))
    assert status == EXIT_FAILURE and f'store.url: {missing}: No such file or directory' in errors, errors
    status, _, errors = run(*start_arguments(scope, store_url='nothing:x'))
    assert status == EXIT_FAILURE and 'store.url: ' in errors, errors


def test_devices_with_errors(scope):
    file = write(scope, 'devices.csv', 'iccid,address,status\n8988280666000000000,127.0.0.0/8,active\n'
                                       'abc,300.1.1.1,maybe\n8988280666000000001,10.0.0.1,active,,\n')
    status, _, errors = run(*start_arguments(scope, store_url=f'memory:{file}'))
    assert status == EXIT_FAILURE
    for expected in (f'{file}:3: column iccid: "abc"', f'{file}:3: column address: "300.1.1.1"',
                     f'{file}:3: column status: "maybe"', f'{file}:4: '):
        assert expected in errors, f'{expected} in {errors}'
    assert f'{file}:2:' not in errors and 'listening' not in errors, errors


def test_broker_url_that_is_none(scope):
    status, _, errors = run(*start_arguments(scope, mqtt_url='http://127.0.0.1'))
    assert status == EXIT_USAGE and 'mqtt.url: ' in errors and 'mqtt://' in errors, errors


def test_admin_port_in_use(scope):
    first = Gateway(scope)
    port = first.admin.rsplit(':', 1)[1]
    status, _, errors = run(*start_arguments(scope, admin_listen=f'127.0.0.1:{port}'))
    assert status == EXIT_FAILURE and f'admin.listen: 127.0.0.1:{port}: Address already in use' in errors, errors


def test_port_in_use(scope):
    """Refused, in every combination of placements; shared when asked to."""
    for first in ('dedicated', 'worker'):
        gateway = Gateway(scope, settings={'gateway.receive': first})
        listen = f'127.0.0.1:{gateway.coap[1]}'
        for second in ('dedicated', 'worker'):
            options = start_arguments(scope, coap_listen=listen, gateway_receive=second, gateway_workers='2')
            status, _, errors = run(*options)
            assert status == EXIT_FAILURE, errors
            assert f'coap.listen: {listen}: Address already in use (--takeover shares' in errors, errors
            successor = Process(scope, 'successor', [SIMGATE, '--takeover', *options])
            successor.wait_for_lines(f'listening on coap://{listen}')
            for _ in range(20):  # whichever of them gets it
                assert_code(Device(scope, gateway.coap), coap.post('data', payload=b'x'), '2.04')
            successor.stop()


def test_takeover(scope):
    """The new gateway starts, the old one ends, and the port is never without one."""
    for placement in ('dedicated', 'worker'):
        old = Gateway(scope, settings={'gateway.receive': placement, 'gateway.workers': '2'})
        options = start_arguments(scope, coap_listen=f'127.0.0.1:{old.coap[1]}', gateway_receive=placement,
                                  gateway_workers='2')
        new = Process(scope, 'successor', [SIMGATE, '--takeover', *options])
        new.wait_for_lines('listening on')
        old.stop()
        for i in range(1, 30):
            device = Device(scope, old.coap, f'127.0.0.{i}')
            assert_code(device, coap.post('data', payload=b'x'), '2.04')
        new.stop()


def in_flight(rig, device):
    """A request that waits for the broker, which is frozen."""
    rig.broker.freeze()
    message = coap.post('data', 't=a', b'x')
    device.send(message)
    wait_until(lambda: rig.count('simgate_coap_exchanges') == 1, 'the request is in flight')
    return message


def test_termination_finishes_what_is_in_flight(scope):
    for number in (signal.SIGTERM, signal.SIGINT):
        rig = Rig(scope, {'coap.ack_delay': '30s', 'telemetry.deadline': '30s', 'gateway.drain_timeout': '30s'})
        device, late = rig.device(), rig.device('127.0.0.8')
        message = in_flight(rig, device)
        rig.gateway.process.popen.send_signal(number)
        rig.gateway.wait_ready(False)
        assert rig.gateway.get('/readyz') == (503, 'stopping\n')
        assert rig.gateway.get('/healthz')[0] == 200
        assert_silence(late, coap.post('data', payload=b'late'))
        assert rig.count('simgate_requests_drained_total') == 1
        rig.broker.thaw()
        expected = coap.Message(coap.ACK, coap.CHANGED, message.mid, message.token).encode()
        assert device.receive_bytes() == expected
        assert rig.gateway.process.wait() == 0
        assert [p.topic for p in rig.subscriber.wait_for(1)] == ['8988280666000000007/a']


def test_termination_waits_for_separate_responses(scope):
    """A gateway that has sent an empty ACK stays until the device has the response."""
    rig = Rig(scope, {'coap.ack_delay': '50ms', 'coap.ack_timeout': '100ms', 'gateway.drain_timeout': '30s'})
    device = rig.device()
    message = in_flight(rig, device)
    assert device.receive_bytes() == coap.Message(coap.ACK, mid=message.mid).encode()
    rig.gateway.process.terminate()
    rig.gateway.wait_ready(False)
    rig.broker.thaw()
    response = device.receive()
    assert device.receive() == response, 'it is sent again'
    assert rig.gateway.process.running()
    device.send(coap.Message(coap.ACK, mid=response.mid))
    assert rig.gateway.process.wait() == 0


def test_second_signal_ends_at_once(scope):
    rig = Rig(scope, {'telemetry.deadline': '30s', 'gateway.drain_timeout': '30s'})
    in_flight(rig, rig.device())
    process = rig.gateway.process
    process.expected.add(EXIT_FAILURE)
    process.terminate()
    rig.gateway.wait_ready(False)
    process.terminate()
    assert process.wait(5) == EXIT_FAILURE
    assert any('second signal' in line for line in process.lines)


def test_termination_gives_up_at_its_timeout(scope):
    """What is not through then is answered that way."""
    rig = Rig(scope, {'telemetry.deadline': '30s', 'gateway.drain_timeout': '100ms', 'coap.ack_delay': '30s'})
    device = rig.device()
    message = in_flight(rig, device)
    rig.gateway.process.terminate()
    assert rig.gateway.process.wait(10) == 0
    assert any('requests or responses not through' in line for line in rig.gateway.process.lines)
    expected = coap.Message(coap.ACK, coap.code('5.02'), message.mid, message.token).encode()
    assert device.receive_bytes() == expected


def test_idle_gateway_ends_at_once(scope):
    gateway = Gateway(scope, settings={'mqtt.url': f'mqtt://127.0.0.1:{free_port()}'}, wait_ready=False)
    gateway.wait_ready(False)  # its main loop runs: ThreadSanitizer can lose a signal that comes before
    gateway.process.terminate()
    assert gateway.process.wait(5) == 0


if __name__ == '__main__':
    tap.main()
