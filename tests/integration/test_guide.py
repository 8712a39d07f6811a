#!/usr/bin/env python3
"""docs/guide.md is true: every command of it, in order, prints what it says there."""

import os
import re
import subprocess
import threading
import time

from harness import free_port, tap

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../..')
END = 'END-OF-A-COMMAND'
PATIENCE = 15  # seconds until what is shown has to be there
PROGRAMS = [os.path.dirname(os.path.abspath(os.environ.get(name, default)))
            for name, default in (('SIMGATE', 'build/gateway/simgate'), ('SIMGATECTL', 'build/storage/simgatectl'))]
# What a person sees before typing on, which a program has to wait for.
UNTIL = {'mosquitto ': 'until grep -q running broker.log; do sleep 0.02; done',
         'stdbuf ': 'until grep -q SUBACK broker.log; do sleep 0.02; done',
         'redis-server ': 'until grep -q Ready redis.log; do sleep 0.02; done',
         'kill -HUP ': 'until [ "$(grep -c "read again" gateway.log)" -gt "${again:-0}" ]; do sleep 0.02; done; '
                       'again=$((${again:-0} + 1))'}
# What only looks may be asked again until what is to be seen has arrived.
LOOKS = ('tail', 'cat', 'grep', 'curl', 'coap-client')
UDP, TCP = ('5683', '5684', '5783', '5784'), ('1883', '6379', '9683', '9783')


def steps():
    """(command, lines that it prints) for each `$` of the page."""
    with open(os.path.join(ROOT, 'docs/guide.md'), encoding='utf-8') as page:
        blocks = re.findall(r'(?:^    .*\n)+', page.read(), re.M)
    found = []
    for line in (line[4:] for block in blocks for line in block.splitlines()):
        if line.startswith('$ '):
            found.append((line[2:], []))
        elif line.startswith('> '):
            found[-1] = (f'{found[-1][0]}\n{line[2:]}', [])
        elif found:
            found[-1][1].append(line)
    return found


class Ports:
    """Free ones in the place of the well-known ones."""

    def __init__(self):
        import socket
        self.of = {p: str(free_port(socket.SOCK_DGRAM)) for p in UDP} | {p: str(free_port()) for p in TCP}

    def put(self, text):
        text = re.sub(r"(coaps?)://127\.0\.0\.1(?=[/'\s])", lambda m: f'{m[0]}:{5683 + (m[1] == "coaps")}', text)
        return re.sub(r'\b(' + '|'.join(self.of) + r')\b', lambda m: self.of[m[1]], text)

    def take(self, text):
        for known, used in self.of.items():
            text = re.sub(rf'\b{used}\b', known, text)
        return text


class Shell:
    """A bash that runs one command after the other, as at a terminal."""

    def __init__(self, scope, environment):
        self.popen = subprocess.Popen(['bash'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                      text=True, cwd=scope.directory(), env=environment)
        scope.defer(self.end)

    def end(self):
        """Whatever the page left running."""
        watch = threading.Timer(20, self.popen.kill)
        watch.start()
        self.popen.communicate('kill $(jobs -p) 2>/dev/null; wait\n')
        watch.cancel()

    def run(self, command):
        self.popen.stdin.write(f'{command}\necho {END}\n')
        self.popen.stdin.flush()
        lines = []
        for line in self.popen.stdout:
            if line.rstrip('\n').endswith(END):
                rest = line.rstrip('\n').removesuffix(END)
                return lines + ([rest] if rest else [])
            lines.append(line.rstrip('\n'))
        raise AssertionError(f'the shell ended within {command}: {lines}')


def is_like(lines, expected):
    """Whether they are the same, `…` being anything, and a line of nothing else any number of lines."""
    pattern = '\n'.join('(?:.*\n)*?.*' if line == '…' else '.*'.join(map(re.escape, line.split('…')))
                        for line in expected)
    return re.fullmatch(pattern, '\n'.join(lines).rstrip()) is not None


def test_every_command_of_the_guide(scope):
    ports = Ports()
    environment = {k: v for k, v in os.environ.items() if not k.startswith('SIMGATE')}
    environment |= {'PATH': os.pathsep.join(PROGRAMS + [os.environ['PATH']]),
                    'SIMGATE_COAP_LISTEN': '0.0.0.0:' + ports.of['5683'],
                    'SIMGATE_COAPS_LISTEN': '0.0.0.0:' + ports.of['5684'],
                    'SIMGATE_ADMIN_LISTEN': '127.0.0.1:' + ports.of['9683']}
    shell = Shell(scope, environment)
    for command, expected in steps():
        deadline = time.monotonic() + PATIENCE
        while True:
            lines = [ports.take(line) for line in shell.run(ports.put(command))]
            if is_like(lines, expected):
                break
            assert command.startswith(LOOKS) and time.monotonic() < deadline, '\n'.join(
                ['', f'$ {command}', *lines, '--- but the page says', *expected])
            time.sleep(0.1)
        tap.print_comment('\n'.join([f'$ {command}', *lines]))
        for started, condition in UNTIL.items():
            if command.startswith(started):
                shell.run(condition)


if __name__ == '__main__':
    tap.main()
