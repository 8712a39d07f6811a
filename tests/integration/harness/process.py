"""Processes that end with their scope, and the small things around them."""

import errno
import random
import re
import shutil
import signal
import socket
import subprocess
import threading
import time


ASKED_FOR = range(10000, 30000)  # none of these is given to those who ask for any port


def free_port(kind=socket.SOCK_STREAM, host='127.0.0.1'):
    """A port that was free a moment ago. Where a program takes port 0, let it choose instead."""
    for _ in range(100):
        with socket.socket(socket.AF_INET6 if ':' in host else socket.AF_INET, kind) as s:
            try:
                s.bind((host, random.choice(ASKED_FOR)))
                return s.getsockname()[1]
            except OSError as e:
                if e.errno != errno.EADDRINUSE:
                    raise
    raise OSError(errno.EADDRINUSE, f'no port of {host} seems to be free')


def has_ipv6():
    try:
        free_port(socket.SOCK_DGRAM, '::1')
        return True
    except OSError:
        return False


def gone(pid):
    """Whether the process has ended; who is to reap it may take its time."""
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii') as file:
            return file.read().rsplit(')', 1)[1].split()[0] == 'Z'
    except (FileNotFoundError, ProcessLookupError):
        return True


def wait_until(condition, what, timeout=10):
    """Waits until a function gives something true, and returns that."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f'not within {timeout} s: {what}')
        time.sleep(0.02)


class Process:
    """A child whose output is kept, by line. Should this program be killed, its children end too."""

    def __init__(self, scope, name, arguments, environment=None):
        self.name = name
        self.lines = []
        self.frozen = False
        self.ending = signal.SIGTERM  # what stop() asks it to end with
        self.expected = {0}  # exit statuses; a test that provokes another adds it
        self.changed = threading.Condition()
        guard = ['setpriv', '--pdeathsig', 'KILL', '--'] if shutil.which('setpriv') else []
        self.popen = subprocess.Popen(guard + list(arguments), env=environment, text=True,
                                      encoding='utf-8', errors='replace', stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        scope.processes.append(self)
        scope.defer(self.stop)

    def _read(self):
        for line in self.popen.stdout:
            with self.changed:
                self.lines.append(line.rstrip('\n'))
                self.changed.notify_all()
        with self.changed:
            self.changed.notify_all()

    @property
    def pid(self):
        return self.popen.pid

    def running(self):
        return self.popen.poll() is None

    def state(self):
        return 'running' if self.running() else f'exit status {self.popen.returncode}'

    def wait_for_lines(self, pattern, count=1, timeout=10):
        """Waits until so many lines of output match. Returns the matches."""
        regex = re.compile(pattern)
        deadline = time.monotonic() + timeout
        with self.changed:
            while True:
                matches = [m for m in map(regex.search, self.lines) if m]
                if len(matches) >= count:
                    return matches
                left = deadline - time.monotonic()
                if left <= 0 or not self.reader.is_alive():
                    raise TimeoutError(f'{self.name} ({self.state()}) did not print {count} × '
                                       f'"{pattern}" within {timeout} s')
                self.changed.wait(min(left, 0.2))

    def freeze(self):
        """Stops it from running, as a hung machine would be: connections stay, nothing answers."""
        self.popen.send_signal(signal.SIGSTOP)
        self.frozen = True

    def thaw(self):
        self.popen.send_signal(signal.SIGCONT)
        self.frozen = False

    def kill(self):
        """The hard way, as in a power cut."""
        self.expected.add(-signal.SIGKILL)
        self.popen.kill()
        self._reap(10)

    def terminate(self):
        """Asks it to end, without waiting."""
        if self.running():
            self.popen.send_signal(signal.SIGTERM)

    def wait(self, timeout=30):
        """Waits for its end. Returns the exit status."""
        self._reap(timeout)
        return self.popen.returncode

    def stop(self, timeout=30):
        """Asks it to end and waits. A status that was not to be expected is an error."""
        if self.frozen:
            self.thaw()
        if self.running():
            self.popen.send_signal(self.ending)
        try:
            self._reap(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        if self.popen.returncode not in self.expected:
            raise AssertionError(f'{self.name} ended with status {self.popen.returncode}')

    def _reap(self, timeout):
        self.popen.wait(timeout)
        self.reader.join(timeout)
        self.popen.stdout.close()
