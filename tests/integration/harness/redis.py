"""A real redis-server, and the devices in it."""

import csv
import ipaddress
import os
import shutil

from .process import Process, free_port, wait_until
from .resp import RedisClient, RedisError

REDIS_SERVER = shutil.which('redis-server', path=os.environ.get('PATH', '') + ':/usr/sbin') or 'redis-server'

CONFIGURATION = """\
bind 127.0.0.1
port {port}
unixsocket {socket}
unixsocketperm 700
dir {directory}
always-show-logo no
enable-debug-command local
save ""
"""
PERSISTENCE = """\
appendonly yes
appendfsync always
"""

PREFIX = 'simgate:'
LARGEST_PREFIX = 1 << 16  # devices
PIPELINE = 1000           # commands


class Redis:
    """A Redis on a TCP port and a Unix socket of its own. `config` is put behind the lines that every
    one has, `devices` is what import_devices() takes, and a `persistent` one forgets nothing when it is
    killed. `command` is what runs it."""

    def __init__(self, scope, config='', persistent=False, devices='', command=()):
        self.scope = scope
        self.port = free_port()
        self.directory = scope.directory()
        self.socket = os.path.join(self.directory, 'redis.sock')
        self.file = os.path.join(self.directory, 'redis.conf')
        self.command_line = [*command, REDIS_SERVER, self.file]
        self.client = None
        text = CONFIGURATION.format(port=self.port, socket=self.socket, directory=self.directory)
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write(text + (PERSISTENCE if persistent else '') + config)
        scope.defer(self._disconnect)
        self.start()
        if devices:
            self.import_devices(devices)

    @property
    def url(self):
        """By the Unix socket."""
        return f'redis+unix://{self.socket}'

    @property
    def tcp_url(self):
        return f'redis://127.0.0.1:{self.port}'

    def start(self, wait=True):
        """Starts it, also after stop() or kill(), and waits until it answers."""
        self.process = Process(self.scope, 'redis-server', self.command_line)
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout=10):
        wait_until(self._answers, 'Redis answers', timeout)

    def _answers(self):
        if not self.process.running():
            raise AssertionError('redis-server did not start')
        try:
            return self.command('PING') == b'PONG'
        except (OSError, RedisError):  # not there yet, or still loading
            return False

    def stop(self):
        self._disconnect()
        self.process.stop()

    def kill(self):
        self._disconnect()
        self.process.kill()

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def connect(self, timeout=10):
        """A connection of the test's own."""
        client = RedisClient(self.socket, timeout)
        self.scope.defer(client.close)
        return client

    def command(self, *arguments):
        """Asks by a connection that is kept. An error is raised."""
        answer = self.pipeline([arguments])[0]
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def pipeline(self, commands):
        """Asks many at once. An error is one of the answers."""
        if not self.client:
            self.client = RedisClient(self.socket)
        try:
            return self.client.pipeline(commands)
        except OSError:
            self._disconnect()
            raise

    def _disconnect(self):
        if self.client:
            self.client.close()
        self.client = None

    def keys(self, pattern='*', prefix=PREFIX):
        """The keys that match, without the prefix."""
        return sorted(key[len(prefix):] for key in self.command('KEYS', prefix + pattern))

    def import_devices(self, text, prefix=PREFIX):
        """Writes the devices of a CSV file's text, each address of a (small) prefix its own. Returns how
        many there are."""
        commands, count = [], 0
        for row in csv.DictReader(line for line in text.splitlines() if line and not line.startswith('#')):
            for device in expand(row):
                commands += device_commands(device, prefix)
                count += 1
        for at in range(0, len(commands), PIPELINE):
            for answer in self.pipeline(commands[at:at + PIPELINE]):
                if isinstance(answer, RedisError):
                    raise answer
        return count


def expand(row):
    """The devices of a row (see docs/memory-store.md, "Prefixes")."""
    network = ipaddress.ip_network(row['address'])
    step_bits = 64 if network.version == 6 and network.prefixlen <= 64 else 0
    count = network.num_addresses >> step_bits
    if count > LARGEST_PREFIX:
        raise ValueError(f'{row["address"]} has {count} devices')
    for offset in range(count):
        device = dict(row, address=str(network.network_address + (offset << step_bits)))
        for column in ('iccid', 'imsi'):
            if row.get(column):
                device[column] = str(int(row[column]) + offset).zfill(len(row[column]))
        yield device


LOCATION = ('longitude', 'latitude', 'source', 'sample_time')


def device_commands(device, prefix):
    """What writes a device, which has one address."""
    fields = ['status', device['status'], 'addresses', device['address']]
    for column in ('imsi', 'template'):
        if device.get(column):
            fields += [column, device[column]]
    if device.get('location_allowed'):
        fields += ['location_allowed', 'true' if device['location_allowed'] in ('true', '1', 'yes') else 'false']
    commands = [('HSET', f'{prefix}dev:{{{device["iccid"]}}}', *fields),
                ('SET', f'{prefix}addr:{device["address"]}', device['iccid'])]
    location = [(name, device[name]) for name in LOCATION if device.get(name)]
    if location:
        commands.append(('HSET', f'{prefix}loc:{{{device["iccid"]}}}', *(word for pair in location for word in pair)))
    if device.get('psk'):
        commands.append(('HSET', f'{prefix}psk:{{{device["iccid"]}}}', 'key', device['psk'], 'origin', 'user'))
    return commands
