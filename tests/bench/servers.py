"""What is measured, and what it needs: processes on CPUs of their own, which end with their scope."""

import contextlib
import os
import pathlib
import pwd
import queue
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

LISTENING = re.compile(r'listening on (?:(coaps?)://)?127\.0\.0\.1:(\d+)')
ADMIN = re.compile(r'admin on (http://\S+)')
START_SECONDS = 10
STOP_SECONDS = 20
KEY = 'sixteencharsskey'
FIRST_ICCID = 8988280666000000000
SBIN = os.environ.get('PATH', '') + ':/usr/sbin'


class Missing(Exception):
    """It is not installed: what needs it is left out, and the rest goes on."""


class Failed(Exception):
    """It is there and does not do what it should."""


def find(name, package):
    path = shutil.which(name, path=SBIN)
    if not path:
        raise Missing(f'{name} is not installed (Debian: {package})')
    return path


def pinned(cpus, command):
    return ['taskset', '-c', cpus, *map(str, command)]


def with_parent(command):
    """Should this program be killed, its children end too."""
    return ['setpriv', '--pdeathsig', 'KILL', '--', *command] if shutil.which('setpriv') else command


def free_port(kind=socket.SOCK_STREAM, neighbour=False):
    """A port that was free a moment ago; with its neighbour, the port after it was too."""
    while True:
        with socket.socket(type=kind) as first, socket.socket(type=kind) as second:
            first.bind(('127.0.0.1', 0))
            port = first.getsockname()[1]
            if not neighbour:
                return port
            with contextlib.suppress(OSError, OverflowError):
                second.bind(('127.0.0.1', port + 1))
                return port


def wait_until(condition, what):
    end = time.monotonic() + START_SECONDS
    while not condition():
        if time.monotonic() > end:
            raise Failed(f'not within {START_SECONDS} s: {what}')
        time.sleep(0.01)


class Server:
    """A process on its CPUs. `ports` has the UDP ports that it says it listens on, by scheme."""

    def __init__(self, command, cpus):
        self.name = pathlib.Path(str(command[0])).name
        self.popen = subprocess.Popen(with_parent(pinned(cpus, command)), stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace')
        self.pid = self.popen.pid  # setpriv and taskset become what they start
        self.ports, self.admin, self.last_line = {}, None, ''
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.popen.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def wait_for(self, condition, what):
        """Reads what it prints until that is true. Later lines are read and dropped."""
        end = time.monotonic() + START_SECONDS
        while not condition():
            try:
                line = self.lines.get(timeout=max(0, end - time.monotonic()))
            except queue.Empty:
                raise Failed(f'{self.name}: not within {START_SECONDS} s: {what}') from None
            if line is None:
                raise Failed(f'{self.name} ended: {self.last_line.strip()}')
            self.last_line = line
            self._note(line)

    def _note(self, line):
        listening, admin = LISTENING.search(line), ADMIN.search(line)
        if listening:
            self.ports[listening[1] or 'coap'] = int(listening[2])
        if admin:
            self.admin = admin[1]

    def cpu_seconds(self):
        """User and system time of all its threads, which live as long as it does. To the nanosecond, where
        /proc/PID/stat counts in hundredths of a second."""
        threads = pathlib.Path(f'/proc/{self.pid}/task').iterdir()
        return sum(int((thread / 'schedstat').read_text().split()[0]) for thread in threads) / 1e9

    def memory(self):
        """Bytes of its resident set."""
        status = pathlib.Path(f'/proc/{self.pid}/status').read_text()
        return int(re.search(r'VmRSS:\s+(\d+) kB', status)[1]) * 1024

    def metric(self, name):
        """The sum of a metric over its labels."""
        with urllib.request.urlopen(self.admin + '/metrics', timeout=START_SECONDS) as answer:
            text = answer.read().decode()
        return sum(float(value) for value in re.findall(rf'^{name}(?:{{.*}})? (\S+)$', text, re.MULTILINE))

    def stop(self):
        self.popen.terminate()
        try:
            self.popen.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.popen.kill()
            self.popen.wait()


@contextlib.contextmanager
def running(command, cpus):
    server = Server(command, cpus)
    try:
        yield server
    finally:
        server.stop()


@contextlib.contextmanager
def bare(program, cpus, *arguments, scheme='coap'):
    """A bare server of ours, which chooses its port."""
    with running([program, '--port', 0, *arguments], cpus) as server:
        server.wait_for(lambda: server.ports, 'a port')
        server.ports = {scheme: server.ports.pop('coap')}
        yield server


@contextlib.contextmanager
def gateway(program, cpus, settings):
    """A simgate that is ready."""
    settings = {'coap.listen': '127.0.0.1:0', 'coaps.listen': '', 'gateway.workers': 1, 'gateway.receive': 'worker',
                'mqtt.url': 'null:', 'mqtt.connections': 1, 'admin.listen': '127.0.0.1:0', **settings}
    schemes = 2 if settings['coaps.listen'] else 1
    words = [word for key, value in settings.items() for word in ('--set', f'{key}={value}')]
    with running([program, *words], cpus) as server:
        server.wait_for(lambda: len(server.ports) == schemes and server.admin, 'its ports')
        wait_until(lambda: is_ready(server), 'the gateway is ready')
        yield server


def is_ready(server):
    try:
        with urllib.request.urlopen(server.admin + '/readyz', timeout=START_SECONDS) as answer:
            return answer.status == 200
    except OSError:
        return False


@contextlib.contextmanager
def libcoap(library, cpus):
    """libcoap's server, which makes a resource of what is posted; `library` is notls, openssl or gnutls."""
    port = free_port(socket.SOCK_DGRAM, neighbour=True)
    command = [find(f'coap-server-{library}', 'libcoap3-bin'), '-A', '127.0.0.1', '-p', port, '-d', 100]
    if library != 'notls':
        command += ['-k', KEY]
    with running(command, cpus) as server:
        server.ports = {'coap': port, 'coaps': port + 1}
        wait_until(lambda: answers_ping(port), f'coap-server-{library} answers')
        yield server


def answers_ping(port):
    """Whether an empty confirmable message gets its reset (RFC 7252 §4.3)."""
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.settimeout(0.1)
        client.connect(('127.0.0.1', port))
        try:
            client.send(b'\x40\x00\x00\x01')
            return client.recv(16)[:1] == b'\x70'
        except OSError:
            return False


def accepts(address, family=socket.AF_INET):
    with socket.socket(family) as client:
        try:
            client.connect(address)
            return True
        except OSError:
            return False


@contextlib.contextmanager
def mosquitto(cpus, scratch):
    """A broker; gives the process and its port."""
    program, port = find('mosquitto', 'mosquitto'), free_port()
    file = scratch / 'mosquitto.conf'
    # as root it would otherwise become another user
    file.write_text(f'listener {port} 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 0\npersistence false\n'
                    f'user {pwd.getpwuid(os.getuid()).pw_name}\nlog_type error\n')
    with running([program, '-c', file], cpus) as server:
        wait_until(lambda: accepts(('127.0.0.1', port)), 'mosquitto accepts connections')
        yield server, port


@contextlib.contextmanager
def redis(cpus, scratch):
    """A Redis without persistence on a Unix socket; gives the process and the socket's path."""
    path = scratch / 'redis.sock'
    path.unlink(missing_ok=True)
    command = [find('redis-server', 'redis-server'), '--port', 0, '--unixsocket', path, '--save', '', '--dir', scratch,
               '--loglevel', 'warning']
    with running(command, cpus) as server:
        wait_until(lambda: accepts(str(path), socket.AF_UNIX), 'Redis accepts connections')
        yield server, path


def redis_info(path, name):
    """A number of Redis' INFO."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(START_SECONDS)
        client.connect(str(path))
        client.sendall(b'INFO everything\r\n')
        data = b''
        while not data.endswith(b'\r\n') or data.count(b'\r\n') < 2:
            data += client.recv(1 << 16)
    return int(re.search(rf'^{name}:(\d+)', data.decode(), re.MULTILINE)[1])
