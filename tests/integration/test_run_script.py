#!/usr/bin/env python3
"""`make run`: one command, and what a device sends is on the screen; nothing is left behind."""

import os
import signal
import socket

from harness import Process, free_port, gone, run_coap_client, tap, wait_until
from harness.gateway import SIMGATE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(SIMGATE)))


def start(scope, port):
    environment = {**os.environ, 'PORT': str(port), 'ADMIN_PORT': '0'}
    return Process(scope, 'run.sh', [os.path.join(ROOT, 'deploy/run.sh'), BUILD], environment)


PARTS = {'mosquitto', 'mosquitto_sub', 'simgate'}


def name_of(pid):
    try:
        with open(f'/proc/{pid}/comm', encoding='ascii') as file:
            return file.read().strip()
    except FileNotFoundError:  # one of the short-lived helpers of a script
        return None


def children(pid):
    """name → pid of the parts that run below the script."""
    def found():
        with open(f'/proc/{pid}/task/{pid}/children', encoding='ascii') as file:
            names = {name_of(child): int(child) for child in file.read().split()}
        return PARTS <= set(names) and {name: names[name] for name in PARTS}
    return wait_until(found, 'all parts run')


def test_shows_what_a_device_sends(scope):
    port = free_port(socket.SOCK_DGRAM)
    process = start(scope, port)
    process.wait_for_lines('simgate is ready')
    run_coap_client('-m', 'post', '-e', '21.5', f'coap://127.0.0.1:{port}/data?t=room/temp')
    process.wait_for_lines(r'^8988280666000000001/room/temp  .*"value":"MjEuNQ=="')


def test_stops_when_it_is_told(scope):
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(scope, free_port(socket.SOCK_DGRAM))
        process.wait_for_lines('simgate is ready')
        below = children(process.pid)
        process.popen.send_signal(number)
        assert process.wait() == 0
        wait_until(lambda: all(map(gone, below.values())), 'nothing is left running')


def test_ends_when_a_part_dies(scope):
    process = start(scope, free_port(socket.SOCK_DGRAM))
    process.expected = {1}
    process.wait_for_lines('simgate is ready')
    below = children(process.pid)
    os.kill(below['mosquitto'], signal.SIGKILL)
    assert process.wait() == 1
    wait_until(lambda: all(map(gone, below.values())), 'nothing is left running')


def test_says_that_the_port_is_taken(scope):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(('127.0.0.1', 0))
        process = start(scope, other.getsockname()[1])
        process.expected = {1}
        assert process.wait() == 1
        process.wait_for_lines('is taken')


if __name__ == '__main__':
    tap.main()
