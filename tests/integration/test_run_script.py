#!/usr/bin/env python3
"""`make run`: one command, and what a device sends is on the screen; nothing is left behind."""

import os
import signal
import socket
import subprocess

from harness import Process, free_port, gone, run_coap_client, tap, wait_until
from harness.gateway import SIMGATE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(SIMGATE)))


def start(scope, port, store='memory', coaps_port=None):
    environment = {**os.environ, 'PORT': str(port), 'COAPS_PORT': str(coaps_port or free_port(socket.SOCK_DGRAM)),
                   'ADMIN_PORT': '0', 'STORE': store}
    return Process(scope, 'run.sh', [os.path.join(ROOT, 'deploy/run.sh'), BUILD], environment)


PARTS = {
    'memory': {'mosquitto', 'mosquitto_sub', 'simgate'},
    'redis': {'mosquitto', 'mosquitto_sub', 'simgate', 'redis-server'},
}


def has_coaps():
    """Whether it is built with DTLS."""
    settings = ['--set', 'store.url=memory:', '--set', 'coaps.listen=127.0.0.1:5684']
    return subprocess.run([SIMGATE, '--check-config', *settings], capture_output=True, check=False).returncode == 0


def name_of(pid):
    try:
        with open(f'/proc/{pid}/comm', encoding='ascii') as file:
            return file.read().strip()
    except FileNotFoundError:  # one of the short-lived helpers of a script
        return None


def children(pid, store):
    """name → pid of the parts that run below the script."""
    def found():
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            names = {name_of(child): int(child) for child in file.read().split()}
        return PARTS[store] <= set(names) and {name: names[name] for name in PARTS[store]}
    return wait_until(found, 'all parts run')


def post(port, payload):
    return run_coap_client('-m', 'post', '-e', payload, f'coap://127.0.0.1:{port}/data?t=room/temp')


def test_shows_what_a_device_sends(scope):
    for store in PARTS:
        port = free_port(socket.SOCK_DGRAM)
        process = start(scope, port, store)
        process.wait_for_lines('simgate is ready')
        post(port, '21.5')
        process.wait_for_lines(r'^8988280666000000001/room/temp  .*"value":"MjEuNQ=="')
        process.stop()


def test_commands_that_it_prints_work_when_they_are_pasted(scope):
    port = free_port(socket.SOCK_DGRAM)
    process = start(scope, port, 'redis')
    process.wait_for_lines('Ctrl-C ends everything')

    def paste(pattern):
        line = process.wait_for_lines(pattern)[0].string
        done = subprocess.run(line, shell=True, cwd='/', text=True, stdout=subprocess.PIPE, timeout=20, check=True)
        return done.stdout

    assert '4.01' not in post(port, '21.5')
    assert paste('device deactivate') == '8988280666000000001 updated\n'
    assert '4.01' in post(port, '22')
    assert 'inactive' in paste('redis-cli .*hgetall').split()
    assert paste('device activate') == '8988280666000000001 updated\n'
    assert '4.01' not in post(port, '23')
    found = process.wait_for_lines(r'^8988280666000000001/room/temp  .*"value":"(\S+?)"', 2)
    assert [match.group(1) for match in found] == ['MjEuNQ==', 'MjM='], found


def test_coaps_by_the_lines_that_it_prints(scope):
    process = start(scope, free_port(socket.SOCK_DGRAM))
    process.wait_for_lines('Ctrl-C ends everything')
    if not has_coaps():
        assert not any('CoAPS' in line for line in process.lines)
        return

    def paste(line):
        return subprocess.run(line, shell=True, text=True, stdout=subprocess.PIPE, timeout=20, check=True).stdout
    bootstrap = process.wait_for_lines(r'^ +coap-client\S* -m get .*/bootstrap')[0].string
    iccid, key, url = paste(bootstrap).strip().split(',')
    line = process.wait_for_lines(r'^ +coap-client\S* -u \d+ -k KEY -m post .* .(coaps://[^/]+)/')[0]
    assert line.group(1) == url and f'-u {iccid} ' in line.string, (line.string, url)
    paste(line.string.replace('KEY', key))
    process.wait_for_lines(r'^8988280666000000001/room/temp  .*"value":"MjEuNQ=="')


def test_stops_when_it_is_told(scope):
    for number, store in ((signal.SIGINT, 'memory'), (signal.SIGTERM, 'memory'), (signal.SIGINT, 'redis')):
        process = start(scope, free_port(socket.SOCK_DGRAM), store)
        process.wait_for_lines('simgate is ready')
        below = children(process.pid, store)
        process.popen.send_signal(number)
        assert process.wait() == 0
        wait_until(lambda: all(map(gone, below.values())), 'nothing is left running')


def test_ends_when_a_part_dies(scope):
    for store, part in (('memory', 'mosquitto'), ('redis', 'redis-server')):
        process = start(scope, free_port(socket.SOCK_DGRAM), store)
        process.expected = {1}
        process.wait_for_lines('simgate is ready')
        below = children(process.pid, store)
        os.kill(below[part], signal.SIGKILL)
        assert process.wait() == 1
        wait_until(lambda: all(map(gone, below.values())), 'nothing is left running')


def test_says_that_the_port_is_taken(scope):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', 0))
        taken, free = other.getsockname()[1], free_port(socket.SOCK_DGRAM)
        attempts = {'PORT': (taken, free), **({'COAPS_PORT': (free, taken)} if has_coaps() else {})}
        for variable, ports in attempts.items():
            process = start(scope, ports[0], coaps_port=ports[1])
            process.expected = {1}
            assert process.wait() == 1
            process.wait_for_lines(f'port {taken} is taken')
            process.wait_for_lines(f'make run {variable}=')


def test_knows_its_stores(scope):
    process = start(scope, free_port(socket.SOCK_DGRAM), 'shelf')
    process.expected = {1}
    assert process.wait() == 1
    process.wait_for_lines('STORE=shelf is no store')


if __name__ == '__main__':
    tap.main()
