"""A real mosquitto, and a subscriber that keeps what it gets."""

import signal
import collections
import os
import pwd
import shutil
import socket
import subprocess

from .process import Process, free_port, wait_until

# `properties` are MQTT 5 user properties as mosquitto_sub prints them, "name:value name:value".
Publication = collections.namedtuple('Publication', 'topic payload properties')

MOSQUITTO = shutil.which('mosquitto', path=os.environ.get('PATH', '') + ':/usr/sbin') or 'mosquitto'

CONFIGURATION = """\
listener {port} 127.0.0.1
allow_anonymous true
max_inflight_messages 0
user {user}
log_type all
connection_messages true
"""
PERSISTENCE = """\
persistence true
persistence_location {directory}/
autosave_interval 1
autosave_on_changes true
"""


class Broker:
    """A mosquitto on a port of its own. `config` is put behind the lines that every one has."""

    def __init__(self, scope, config='', persistent=False):
        self.scope = scope
        self.port = free_port()
        self.directory = scope.directory()
        self.file = os.path.join(self.directory, 'mosquitto.conf')
        # as root it would otherwise become another user, who may not write to the directory
        user = pwd.getpwuid(os.getuid()).pw_name
        text = CONFIGURATION.format(port=self.port, user=user)
        text += PERSISTENCE.format(directory=self.directory) if persistent else 'persistence false\n'
        with open(self.file, 'w', encoding='utf-8') as file:
            file.write(text + config)
        self.start()

    @property
    def url(self):
        return f'mqtt://127.0.0.1:{self.port}'

    def start(self):
        """Starts it, also after stop() or kill(), and waits until it accepts connections."""
        self.process = Process(self.scope, 'mosquitto', [MOSQUITTO, '-c', self.file])
        wait_until(self._accepts, 'mosquitto accepts connections')

    def _accepts(self):
        if not self.process.running():
            raise AssertionError('mosquitto did not start')
        try:
            socket.create_connection(('127.0.0.1', self.port), 1).close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def publish(self, topic, payload, *options):
        """Publishes with QoS 1 and waits for the broker's acknowledgement."""
        subprocess.run(['mosquitto_pub', '-h', '127.0.0.1', '-p', str(self.port), '-q', '1', '-t', topic,
                        '-s' if payload else '-n', *options], input=payload, check=True, timeout=20)


class Subscriber:
    """Subscribed when the constructor returns. `options` go to mosquitto_sub."""

    def __init__(self, scope, broker, topic='#', options=()):
        self.process = Process(scope, 'mosquitto_sub', [
            'stdbuf', '-oL',  # or "Subscribed" waits in its buffer
            'mosquitto_sub', '-h', '127.0.0.1', '-p', str(broker.port), '-V', 'mqttv5', '-q', '1', '-t', topic,
            '-d', '-F', '> %t %x %P', *options])
        # it reports what became of the broker, and now and then a SIGTERM is not enough for it
        self.process.expected = {-signal.SIGKILL, *range(256)}
        self.process.ending = signal.SIGKILL
        self.process.wait_for_lines(r'^Subscribed \(mid')

    def publications(self):
        """What arrived so far, in order."""
        found = []
        for line in list(self.process.lines):
            if line.startswith('> '):
                topic, payload, properties = line[2:].split(' ', 2)
                found.append(Publication(topic, bytes.fromhex(payload), properties))
        return found

    def wait_for(self, count, timeout=10):
        """Waits for at least so many publications. Returns all."""
        self.process.wait_for_lines('^> ', count, timeout)
        return self.publications()
