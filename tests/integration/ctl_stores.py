"""The two kinds of store, for tests of commands of simgatectl that are the same on both."""

import os
import signal

from ctl import ICCID, NOTE, OTHER, Ctl
from harness import Redis

SOURCE = '127.0.0.7'  # of the first device
DEVICES = f"""\
iccid,address,status,location_allowed,template
{ICCID},{SOURCE},active,true,
{OTHER},127.0.0.8,active,,
"""


class RedisStore:
    """A Redis. Templates and the active one are keys in it."""

    def __init__(self, scope, devices):
        self.scope = scope
        self.redis = Redis(scope, devices=devices)
        self.url = self.redis.url
        self.ctl = Ctl(self.url)

    def apply(self, gateway):
        """Has a gateway take what was changed: it notices by itself."""

    def name_template(self, iccid, name):
        """Gives a device a template, by hand."""
        self.redis.command('HSET', f'simgate:dev:{{{iccid}}}', 'template', name)

    def write_template(self, name, text):
        """As somebody else would."""
        self.redis.command('SET', f'simgate:template:{name}', text)

    def templates(self):
        return {key.decode().removeprefix('template:'): self.redis.command('GET', b'simgate:' + key).decode()
                for key in self.redis.keys('template:*')}

    def active(self):
        return (self.redis.command('GET', 'simgate:active_template') or b'').decode()


class MemoryCtl(Ctl):
    """Leaves out the note that belongs to a change."""

    def __call__(self, *arguments, **rest):
        out, err = super().__call__(*arguments, **rest)
        return out, err.removesuffix(NOTE)


class MemoryStore:
    """A devices' file and what stands beside it."""

    def __init__(self, scope, devices):
        self.scope = scope
        self.path = os.path.join(scope.directory(), 'devices.csv')
        self.folder = self.path + '.templates'
        with open(self.path, 'w', encoding='utf-8') as file:
            file.write(devices)
        self.url = f'memory:{self.path}'
        self.ctl = MemoryCtl(self.url)

    def apply(self, gateway):
        seen = len(gateway.process.wait_for_lines('read again: ', 0))
        os.kill(gateway.process.pid, signal.SIGHUP)
        gateway.process.wait_for_lines('read again: ', seen + 1)

    def name_template(self, iccid, name):
        with open(self.path, encoding='utf-8') as file:
            lines = file.read().splitlines()
        with open(self.path, 'w', encoding='utf-8') as file:
            for line in lines:
                print(line.rpartition(',')[0] + f',{name}' if line.startswith(iccid) else line, file=file)

    def write_template(self, name, text):
        os.makedirs(self.folder, exist_ok=True)
        with open(os.path.join(self.folder, f'{name}.json'), 'w', encoding='utf-8') as file:
            file.write(text)

    def _read(self, name):
        try:
            with open(os.path.join(self.folder, name), encoding='utf-8', newline='') as file:
                return file.read()
        except FileNotFoundError:
            return ''

    def templates(self):
        names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        return {name.removesuffix('.json'): self._read(name) for name in sorted(names) if name.endswith('.json')}

    def active(self):
        return self._read('active').strip()


def both_stores(test):
    """Runs test(store) with either kind."""
    def run(scope):
        for kind in RedisStore, MemoryStore:
            try:
                test(kind(scope, DEVICES))
            except Exception as e:
                raise AssertionError(f'with {kind.__name__}') from e
    run.__name__ = test.__name__
    return run
