#!/usr/bin/env python3
"""Real DTLS clients against the DTLS layer on a socket (dtls_echo.c)."""

import os
import re
import subprocess

from harness import Process, tap, wait_until

IDENTITY, KEY = '8988280666000000001', 'sixteencharsskey'
SUITES = {  # as the layer names it → as OpenSSL and as GnuTLS do
    'c0a8': ('PSK-AES128-CCM8', 'AES-128-CCM-8'),
    'c0a4': ('PSK-AES128-CCM', 'AES-128-CCM'),
    '00a8': ('PSK-AES128-GCM-SHA256', 'AES-128-GCM'),
    '00ae': ('PSK-AES128-CBC-SHA256', 'AES-128-CBC'),
}
PATIENCE = 30


class Echo(Process):
    def __init__(self, scope, by='address'):
        super().__init__(scope, 'dtls_echo', [os.environ['DTLSECHO'], '0', IDENTITY, KEY, by])
        line = wait_until(lambda: next((l for l in self.lines if l.startswith('listening')), None),
                          'the echo listens')
        self.port = line.rsplit(':', 1)[1]

    def wait_for(self, pattern):
        return wait_until(lambda: next((m for l in self.lines if (m := re.search(pattern, l))), None),
                          f'{pattern} in {self.lines}')


def run(*arguments):
    """What a client that ends by itself prints."""
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=PATIENCE, check=False)
    return done.stdout


def line_comes_back(arguments):
    """A client that sends its input and prints what it receives is ended when that was the same."""
    client = subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
    try:
        client.stdin.write('ping\n')
        client.stdin.flush()
        return any(line == 'ping\n' for line in client.stdout)
    finally:
        client.kill()
        client.wait()


def openssl(echo, cipher, identity=IDENTITY, key=KEY):
    return ['timeout', str(PATIENCE), 'openssl', 's_client', '-dtls1_2', '-quiet', '-psk_identity', identity,
            '-psk', key.encode().hex(), '-cipher', f'{cipher}:@SECLEVEL=0', '-connect', f'127.0.0.1:{echo.port}']


def gnutls(echo, cipher):
    priority = (f'NONE:+VERS-DTLS1.2:+PSK:+{cipher}:+AEAD:+SHA256:+SHA1:+COMP-NULL:+SIGN-ALL:+GROUP-ALL')
    return ['timeout', str(PATIENCE), 'gnutls-cli', '--udp', '127.0.0.1', '-p', echo.port, '--pskusername',
            IDENTITY, '--pskkey', KEY.encode().hex(), '--priority', priority]


def libcoap(echo, library, *arguments, key=KEY):
    return run(f'coap-client-{library}', '-B', '10', '-u', IDENTITY, '-k', key, *arguments,
               f'coaps://127.0.0.1:{echo.port}/x')


def test_openssl(scope):
    for suite, (cipher, _) in SUITES.items():
        echo = Echo(scope)
        assert line_comes_back(openssl(echo, cipher)), cipher
        echo.wait_for(f'established: "{IDENTITY}", suite {suite}')


def test_openssl_with_every_psk_suite(scope):
    echo = Echo(scope, 'identity')
    assert line_comes_back(openssl(echo, 'PSK'))
    echo.wait_for('suite c0a8')


def test_openssl_refused(scope):
    echo = Echo(scope)
    assert 'alert decrypt error' in run(*openssl(echo, 'PSK', key='another key'))
    echo = Echo(scope, 'identity')
    assert 'alert unknown psk identity' in run(*openssl(echo, 'PSK', identity='nobody'))
    echo = Echo(scope)
    assert 'alert unknown psk identity' in run(*openssl(echo, 'PSK', identity='nobody'))
    echo.wait_for('mismatch: claims to be "nobody"')


def test_gnutls(scope):
    for suite, (_, cipher) in SUITES.items():
        echo = Echo(scope)
        assert line_comes_back(gnutls(echo, cipher)), cipher
        echo.wait_for(f'established: "{IDENTITY}", suite {suite}')


def test_libcoap(scope):
    file = os.path.join(scope.directory(), 'payload')
    with open(file, 'wb') as out:
        out.write(bytes(range(256)) * 4)
    for library in ('openssl', 'gnutls'):
        echo = Echo(scope)
        assert libcoap(echo, library, '-m', 'get') == 'hello\n', library
        echo.wait_for('established')
        echo.wait_for('ended')  # by its close_notify
        assert libcoap(echo, library, '-m', 'post', '-f', file) == 'hello\n', library
        echo.wait_for('message of 10[0-9][0-9] bytes')
        assert 'hello' not in libcoap(echo, library, '-m', 'get', key='another key'), library


if __name__ == '__main__':
    tap.main()
