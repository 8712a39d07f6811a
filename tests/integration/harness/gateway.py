"""The gateway under test, and libcoap's client."""

import os
import shutil
import signal
import subprocess
import urllib.parse

from .metrics import Metrics, http_get
from .process import Process, wait_until
from .redis import Redis

SIMGATE = os.environ.get('SIMGATE', 'build/gateway/simgate')
STORE = os.environ.get('TEST_STORE', 'memory')  # or redis

RELOADED = r'read again: '

# Who writes from 127.0.0.7 is 8988280666000000007, from 127.1.0.7 8988280666000065543: the number is
# that of the address in 127.0.0.0/8. ::1 (its /64) is one more.
DEVICES = """\
iccid,address,status
8988280666000000000,127.0.0.0/22,active
8988280666000065536,127.1.0.0/22,active
8988280666000592137,127.9.9.9,active
8988280666900000001,::/64,active
"""


class Gateway:
    """A simgate on free ports. `settings` are configuration keys ("coap.listen") and their values. Its
    store is `redis`, whose devices are the test's business; or one of its own with `devices`, of the
    kind that TEST_STORE names."""

    def __init__(self, scope, broker=None, devices=DEVICES, settings=None, wait_ready=True, redis=None):
        self.scope = scope
        self.redis = redis
        if STORE == 'redis' and not redis:
            self.redis = Redis(scope, devices=devices)
        self.settings = {
            'coap.listen': '127.0.0.1:0',
            'coaps.listen': '',
            'admin.listen': '127.0.0.1:0',
            'store.url': self.redis.url if self.redis else f'memory:{self._write(devices)}',
            'mqtt.url': broker.url if broker else 'null:',
            'gateway.workers': '2',
            'gateway.log_level': 'debug',
            **(settings or {}),
        }
        self.start(wait_ready)

    def _write(self, devices):
        self.devices_file = os.path.join(self.scope.directory(), 'devices.csv')
        with open(self.devices_file, 'w', encoding='utf-8') as file:
            file.write(devices)
        return self.devices_file

    def start(self, wait_ready=True):
        """Starts it, also after stop() or kill(). Port 0 is another port each time."""
        arguments = [SIMGATE]
        for key, value in self.settings.items():
            arguments += ['--set', f'{key}={value}']
        self.process = Process(self.scope, 'simgate', arguments)
        self.listeners = self._listening('coap')
        self.secure_listeners = self._listening('coaps')
        self.admin = self.process.wait_for_lines(r'admin on (http://\S+)')[0].group(1)
        if wait_ready:
            self.wait_ready()

    def _listening(self, scheme):
        wanted = self.settings[f'{scheme}.listen']
        if not wanted:
            return []
        lines = self.process.wait_for_lines(rf'listening on {scheme}://(\S+)', wanted.count(',') + 1)
        return [self._host_and_port(line.group(1)) for line in lines]

    @staticmethod
    def _host_and_port(text):
        url = urllib.parse.urlsplit(f'coap://{text}')
        return url.hostname, url.port

    @property
    def coap(self):
        """(host, port) of the first listener."""
        return self.listeners[0]

    @property
    def coaps(self):
        """(host, port) of the first listener for CoAPS."""
        return self.secure_listeners[0]

    def uri(self, path=''):
        host, port = self.coap
        return f'coap://{f"[{host}]" if ":" in host else host}:{port}/{path}'

    def get(self, path):
        """(status, text) of the admin port."""
        return http_get(f'{self.admin}{path}')

    def ready(self):
        """Also when it is degraded."""
        return self.get('/readyz')[0] == 200

    def wait_ready(self, ready=True, timeout=10):
        wait_until(lambda: self.ready() == ready, f'/readyz says {ready}', timeout)

    def metrics(self):
        status, text = self.get('/metrics')
        assert status == 200, status
        return Metrics(text)

    def reload(self):
        """Has the memory store read its files again, and waits until it has."""
        seen = len(self.process.wait_for_lines(RELOADED, 0))
        os.kill(self.process.pid, signal.SIGHUP)
        return self.process.wait_for_lines(RELOADED, seen + 1)[-1].group(0)

    def stop(self):
        self.process.stop()

    def kill(self):
        self.process.kill()


def run_coap_client(*arguments, timeout=20, dtls=None):
    """libcoap's client, the one with the DTLS library `dtls` or one without. Returns its standard output;
    what it says of errors is there as well."""
    names = [f'coap-client-{dtls}'] if dtls else ['coap-client-notls', 'coap-client']
    program = next(filter(None, map(shutil.which, names)), None)
    if not program:
        raise FileNotFoundError(f'{names[0]}: install libcoap3-bin')
    result = subprocess.run([program, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, timeout=timeout, check=False)
    return result.stdout
