"""A network of the test's own, in which a cable can be pulled.

The program runs itself again in a network namespace that has nothing but a loopback interface, and so
touches no interface of the machine. Redis gets another namespace, with a pair of virtual interfaces
between the two. All of it goes with the processes.
"""

import os
import subprocess
import sys

from harness import Redis

MARK = 'TEST_IN_NETWORK'
ADDRESS = '02:00:00:00:00:02'  # of the other end


def enter():
    """Returns in the namespace: the program starts again for that."""
    if MARK not in os.environ:
        os.environ[MARK] = 'yes'
        own = ['unshare', '--net'] if os.getuid() == 0 else ['unshare', '--net', '--map-root-user']
        os.execvp('unshare', [*own, sys.executable, *sys.argv])
    ip('link', 'set', 'lo', 'up')


def ip(*arguments, pid=None):
    prefix = ['nsenter', f'--target={pid}', '--net'] if pid else []
    subprocess.run([*prefix, 'ip', *arguments], check=True, timeout=10)


class DistantRedis(Redis):
    """A Redis at the other end of a cable. The test itself reaches it by its Unix socket."""

    number = 0

    def __init__(self, scope, devices=''):
        super().__init__(scope, 'bind 0.0.0.0\nprotected-mode no\n', devices=devices, command=('unshare', '--net'))
        DistantRedis.number += 1
        self.cable = f'cable{DistantRedis.number}'
        self.here, self.there = (f'10.83.{DistantRedis.number}.{end}' for end in (1, 2))
        ip('link', 'add', self.cable, 'type', 'veth', 'peer', 'name', 'there', 'address', ADDRESS,
           'netns', str(self.process.pid))
        ip('address', 'add', f'{self.here}/24', 'dev', self.cable)
        ip('link', 'set', self.cable, 'up')
        self._ip('address', 'add', f'{self.there}/24', 'dev', 'there')
        self._ip('link', 'set', 'there', 'up')
        # no questions for it: without answers the kernel would soon say that nobody is there
        ip('neighbour', 'replace', self.there, 'lladdr', ADDRESS, 'dev', self.cable, 'nud', 'permanent')
        scope.defer(ip, 'link', 'delete', self.cable)

    def _ip(self, *arguments):
        ip(*arguments, pid=self.process.pid)

    @property
    def tcp_url(self):
        return f'redis://{self.there}:{self.port}'

    def swallow(self):
        """From now on nothing comes back from it, and nobody is told so."""
        self._ip('route', 'add', 'blackhole', f'{self.here}/32')

    def deliver(self):
        self._ip('route', 'delete', 'blackhole', f'{self.here}/32')

    def unplug(self):
        self._ip('link', 'set', 'there', 'down')

    def plug(self):
        self._ip('link', 'set', 'there', 'up')
