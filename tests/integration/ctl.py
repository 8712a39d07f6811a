"""simgatectl as a user meets it: what it prints, its exit status, and what Redis has afterwards."""

import json
import os
import subprocess

SIMGATECTL = os.environ.get('SIMGATECTL', 'build/storage/simgatectl')

OK, NO, USAGE, STORE = range(4)  # exit statuses

ICCID, OTHER, THIRD = '8988280666000002864', '8988280666000002865', '8988280666000002866'

NOTE = 'note: a running gateway reads it on SIGHUP\n'  # behind changes of a memory store's files


class Ctl:
    """Calls for one store. `options` stand behind each command line; `environment` has variables."""

    def __init__(self, store, *options, environment=None):
        self.options = ['--store', store, *options]
        kept = {k: v for k, v in os.environ.items() if not k.startswith('SIMGATE_')}
        self.environment = {**kept, **(environment or {})}

    def __call__(self, *arguments, status=OK, stdin=''):
        """Returns what it wrote to standard output and to standard error."""
        done = subprocess.run([SIMGATECTL, *arguments, *self.options], env=self.environment, text=True,
                              input=stdin, capture_output=True, timeout=120, check=False)
        assert done.returncode == status, f'status {done.returncode}: {arguments}\n{done.stdout}{done.stderr}'
        return done.stdout, done.stderr

    def show(self, what, status=OK):
        """The lines of device show as a dictionary, and standard error."""
        out, err = self('device', 'show', what, status=status)
        return dict(line.split(None, 1) for line in out.splitlines()), err

    def json(self, *arguments, status=OK):
        """The objects of a command's answer in JSON."""
        return [json.loads(line) for line in self(*arguments, '--output', 'json', status=status)[0].splitlines()]

    def list(self, status=OK):
        """The rows of device list, in their order."""
        out, _ = self('device', 'list', status=status)
        return sorted(tuple(line.split()) for line in out.splitlines()[1:])


def contents(redis, prefix='simgate:'):
    """Everything in Redis below a prefix: key → text, or fields."""
    found = {}
    for name in redis.command('KEYS', '*'):
        key = name.decode().removeprefix(prefix)
        if not name.startswith(prefix.encode()):
            continue
        if redis.command('TYPE', name) == b'hash':
            flat = [part.decode() for part in redis.command('HGETALL', name)]
            found[key] = dict(zip(flat[::2], flat[1::2]))
        else:
            found[key] = redis.command('GET', name).decode()
    return found
