"""A device that speaks CoAPS: the bytes of a message go through somebody else's DTLS client."""

import os
import selectors
import shutil
import subprocess
import threading

from .device import Device

GNUTLS = 'NONE:+VERS-DTLS1.2:+PSK:+AES-128-CCM-8:+AES-128-CCM:+AES-128-GCM:+AEAD:+SIGN-ALL:+COMP-NULL'


def openssl(gateway, identity, key, source, suite):
    """SECLEVEL: later versions take tags of 8 bytes for weak."""
    return ['openssl', 's_client', '-quiet', '-dtls1_2', '-timeout', '-connect', '%s:%u' % gateway, '-bind',
            f'{source}:0', '-psk_identity', identity, '-psk', key.hex(), '-cipher', f'{suite}:@SECLEVEL=0']


def gnutls(gateway, identity, key, *_):
    """From 127.0.0.1 only, and it has a say in what it sends: no message may begin with ^."""
    return ['gnutls-cli', '--udp', '--port', str(gateway[1]), '--pskusername', identity, '--pskkey', key.hex(),
            '--priority', GNUTLS, gateway[0]]


GREETING = b'- Simple Client Mode:\n\n'  # of GnuTLS, where messages are to come
PAUSE = 0.05                              # seconds; GnuTLS' client writes byte by byte


class SecureDevice(Device):
    """`key` is bytes. The handshake begins at once; what is sent meanwhile waits for it."""

    def __init__(self, scope, gateway, identity, key, source='127.0.0.7', suite='PSK-AES128-CCM8', client=openssl):
        guard = ['setpriv', '--pdeathsig', 'KILL', '--'] if shutil.which('setpriv') else []
        self.popen = subprocess.Popen(guard + client(gateway, identity, key, source, suite), bufsize=0,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.pause = PAUSE if client == gnutls else 0
        self.errors = b''
        self.reader = threading.Thread(target=self._read_errors, daemon=True)
        self.reader.start()
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.popen.stdout, selectors.EVENT_READ)
        scope.defer(self.end)

    def _read_errors(self):
        self.errors = self.popen.stderr.read()

    def end(self):
        """As a device whose battery is empty: without a word."""
        self.popen.kill()
        self._reap()

    def _reap(self):
        self.popen.wait(10)
        self.reader.join(10)
        self.selector.close()
        for pipe in (self.popen.stdin, self.popen.stdout, self.popen.stderr):
            pipe.close()

    def refused(self, timeout=10):
        """Waits until the client gives up. Returns what it says of the reason."""
        self.popen.wait(timeout)
        self._reap()
        return self.errors.decode()

    def send(self, message):
        self.popen.stdin.write(message if isinstance(message, bytes) else message.encode())

    def receive_bytes(self, timeout=5):
        """The next message, or None. Two that come at once would be one: a device asks one by one."""
        data, wait = b'', timeout
        while (not data or self.pause) and self.selector.select(wait):
            part = os.read(self.popen.stdout.fileno(), 65536)
            if not part:
                raise ConnectionError(f'the client ended: {self.refused()}')
            data = (data + part).rpartition(GREETING)[2]
            wait = self.pause if data else timeout
        return data or None
