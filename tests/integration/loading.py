"""simgate-load for tests: started, waited for, and its figures."""

import json
import os

from harness import Process

SIMGATELOAD = os.environ.get('SIMGATELOAD', 'build/loadtest/simgate-load')

# The first device is at 127.1.0.0, and so on.
SOURCES = '127.1.0.0/22'
FIRST_ICCID = 8988280666000065536


class Run:
    """A simgate-load that has ended: its exit status, what it printed, and its figures."""

    def __init__(self, status, output, figures):
        self.status, self.output, self.figures = status, output, figures

    def __getitem__(self, name):
        return self.figures[name]


class Load:
    """A simgate-load that goes on."""

    def __init__(self, scope, target, *arguments, sources=SOURCES):
        self.file = os.path.join(scope.directory(), 'results.json')
        command = [SIMGATELOAD, '--sources', sources, '--devices', '100', '--json', self.file, *arguments]
        self.process = Process(scope, 'simgate-load', [*command, target] if target else command)
        self.process.expected = {0, 1, 2, 3}

    def wait(self):
        status = self.process.wait()
        figures = None
        if os.path.exists(self.file):
            with open(self.file, encoding='utf-8') as file:
                figures = json.load(file)
        return Run(status, '\n'.join(self.process.lines), figures)


def load(scope, target, *arguments, **rest):
    return Load(scope, target, *arguments, **rest).wait()


def coap(gateway):
    return f'coap://127.0.0.1:{gateway.coap[1]}'


def coaps(gateway):
    return f'coaps://127.0.0.1:{gateway.coaps[1]}'


def answers(gateway):
    return gateway.metrics().sum('simgate_datagrams_sent_total')


def bytes_at(port):
    """What waits to be received at an IPv4 port, with what the kernel adds to it."""
    with open('/proc/net/udp', encoding='ascii') as file:
        rows = [line.split() for line in file][1:]
    return sum(int(row[4].split(':')[1], 16) for row in rows if int(row[1].split(':')[1], 16) == port)


def expect_balance(run, at_least=1):
    """All that was sent was acknowledged and delivered, once."""
    verification = run['verification']
    assert run.status == 0, (run.status, run.output)
    assert verification['acknowledged'] == run['operations']['sent'] >= at_least, run.output
    assert verification['delivered'] == verification['acknowledged'], run.output
    assert verification['lost'] == verification['duplicated'] == verification['unknown'] == 0, run.output
