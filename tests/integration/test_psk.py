#!/usr/bin/env python3
"""simgatectl psk: keys that users set, and what becomes of associations that were made with others."""

import os
import subprocess

from ctl import ICCID, NO, OTHER, SIMGATECTL, USAGE, Ctl, contents
from harness import Redis, SecureDevice, coap, run_coap_client, tap, wait_until
from harness.gateway import DEVICES
from rig import ask
from test_coaps import FIRST, SEVENTH, SecureRig

TEXT, HEX = 'a key of my own', '00112233445566778899aAbBcCdDeEfF'
FIVE_MINUTES = 5 * 60 * 1000


class Keys:
    """A Redis with a device, and what it has of that."""

    def __init__(self, scope):
        self.scope = scope
        self.redis = Redis(scope, devices=f'iccid,address,status\n{ICCID},10.0.0.1,active\n')
        self.ctl = Ctl(self.redis.url)

    def file(self, text):
        path = os.path.join(self.scope.directory(), 'key')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(text)
        return path

    def psk(self, iccid=ICCID):
        return contents(self.redis).get(f'psk:{{{iccid}}}')

    def epoch(self, iccid=ICCID):
        return int(contents(self.redis)[f'dev:{{{iccid}}}'].get('psk_epoch', 0))


def test_set_by_file_command_line_and_standard_input(scope):
    keys = Keys(scope)
    assert keys.ctl('psk', 'set', ICCID, '--key-file', keys.file(f'{TEXT}\n')) == (f'{ICCID} updated\n', '')
    assert keys.psk() == {'key': TEXT, 'format': 'text', 'origin': 'user'}
    first = keys.epoch()
    assert first
    assert keys.ctl('psk', 'set', ICCID, '--key', TEXT)[0] == f'{ICCID} unchanged\n'
    assert keys.epoch() == first
    for options in ([], ['--key-file', '-']):
        subprocess.run([SIMGATECTL, 'psk', 'set', ICCID, '--hex', *options, '--store', keys.redis.url], text=True,
                       input=f'{HEX}\n', check=True, timeout=60, stdout=subprocess.DEVNULL)
        assert keys.psk() == {'key': HEX, 'format': 'hex', 'origin': 'user'}
    assert keys.epoch() > first


def test_set_refuses(scope):
    keys = Keys(scope)
    before = contents(keys.redis)
    for key, options in (('short', []), ('has,a,comma', []), ('x' * 257, []), ('0011223344556677z', ['--hex']),
                         ('001122334455667', ['--hex']), ('00112233', ['--hex']), ('not ascii: é', [])):
        out, err = keys.ctl('psk', 'set', ICCID, '--key-file', keys.file(key), *options, status=USAGE)
        assert 'the key is not legal' in err and key not in out + err, err
    _, err = keys.ctl('psk', 'set', ICCID, '--key', TEXT, '--key-file', 'x', status=USAGE)
    assert 'are two keys' in err
    _, err = keys.ctl('psk', 'set', ICCID, '--key-file', '/nowhere', status=USAGE)
    assert '/nowhere: No such file' in err
    _, err = keys.ctl('psk', 'set', OTHER, '--key', TEXT, status=NO)
    assert f'there is no device {OTHER}' in err
    keys.ctl('psk', 'reset', OTHER, status=NO)
    assert contents(keys.redis) == before


def test_a_generated_key_that_is_set_becomes_the_users(scope):
    """The key stays good, so nothing that was made with it ends; one proved before does not."""
    keys = Keys(scope)
    psk = f'simgate:psk:{{{ICCID}}}'
    keys.redis.command('HSET', psk, 'key', TEXT, 'format', 'text', 'origin', 'generated', 'called', 7)
    assert keys.ctl('psk', 'set', ICCID, '--key', TEXT)[0] == f'{ICCID} updated\n'
    assert keys.psk() == {'key': TEXT, 'format': 'text', 'origin': 'user', 'called': '7'} and not keys.epoch()
    keys.redis.command('HSET', psk, 'proved', 'another key', 'proved_format', 'text')
    keys.ctl('psk', 'set', ICCID, '--key', TEXT)
    assert 'proved' not in keys.psk() and keys.epoch()


def test_reset(scope):
    keys = Keys(scope)
    assert keys.ctl('psk', 'reset', ICCID)[0] == f'{ICCID} unchanged\n'
    keys.ctl('psk', 'set', ICCID, '--key', TEXT)
    epoch = keys.epoch()
    assert keys.ctl('psk', 'reset', ICCID)[0] == f'{ICCID} updated\n'
    assert keys.psk() is None and keys.epoch() > epoch


def test_show(scope):
    keys = Keys(scope)
    _, err = keys.ctl('psk', 'show', ICCID, status=NO)
    assert f'{ICCID} has no key' in err
    keys.ctl('psk', 'set', ICCID, '--key', TEXT)
    keys.redis.command('HSET', f'simgate:psk:{{{ICCID}}}', 'proved', HEX, 'proved_format', 'hex')
    out, err = keys.ctl('psk', 'show', ICCID)
    assert TEXT not in out and HEX not in out and not err, out
    assert '(15 bytes, shown by --reveal)' in out and '(16 bytes, shown by --reveal)' in out, out
    out, _ = keys.ctl('psk', 'show', ICCID, '--reveal')
    assert f'key       {TEXT}\n' in out and f'proved    {HEX}\n' in out and 'origin    user\n' in out, out
    keys.redis.command('HSET', f'simgate:psk:{{{ICCID}}}', 'key', b'\x1b[2J\x1b[2J')
    out, err = keys.ctl('psk', 'show', ICCID, '--reveal', status=NO)
    assert 'makes no sense' in err and '\x1b' not in out + err


def test_import_takes_keys(scope):
    keys = Keys(scope)
    path = keys.file(f'iccid,address,status,psk,psk_format\n{ICCID},10.0.0.1,active,{TEXT},\n'
                     f'{OTHER},10.0.0.2,active,{HEX},hex\n')
    out, err = keys.ctl('import', path)
    assert out.startswith('1 added, 1 updated, 0 unchanged') and not err, (out, err)
    assert keys.psk() == {'key': TEXT, 'format': 'text', 'origin': 'user'} and keys.epoch()
    assert keys.psk(OTHER) == {'key': HEX, 'format': 'hex', 'origin': 'user'} and keys.epoch(OTHER)
    before = contents(keys.redis)
    assert keys.ctl('import', path)[0].startswith('0 added, 0 updated, 2 unchanged')
    assert contents(keys.redis) == before
    path = keys.file(f'iccid,address,status,psk\n{ICCID},10.0.0.1,active,\n')  # none is no new one
    assert keys.ctl('import', path)[0].startswith('0 added, 0 updated, 1 unchanged')
    assert contents(keys.redis) == before


def gateway_with_keys(scope, **settings):
    redis = Redis(scope, devices=DEVICES)
    rig = SecureRig(scope, settings, redis=redis)
    return redis, rig, Ctl(redis.url)


def serve(device):
    assert ask(device, coap.post('data')).code == coap.CHANGED


def assert_ends(rig, device):
    """The next request is not answered, and its association is over."""
    before = rig.dtls('associations')
    device.send(coap.post('data', payload=b'too late'))
    device.refused()  # the client is told: close_notify
    wait_until(lambda: rig.dtls('associations') == before - 1, 'the association has ended')


def test_a_changed_key_ends_associations(scope):
    for check in ('enforce', 'alarm', 'off'):
        redis, rig, ctl = gateway_with_keys(scope, **{'identity.check': check})
        iccid, key = rig.bootstrap()
        device, other = SecureDevice(scope, rig.gateway.coaps, iccid, key), rig.secure('127.0.0.8')
        serve(device)
        serve(other)
        redis.command('HINCRBY', f'simgate:psk:{{{iccid}}}', 'called', -FIVE_MINUTES)
        assert rig.bootstrap()[1] != key  # a rotation ends nothing
        serve(device)
        ctl('psk', 'set', iccid, '--key', TEXT)
        assert_ends(rig, device)
        serve(other)
        device = SecureDevice(scope, rig.gateway.coaps, iccid, TEXT.encode())
        serve(device)
        ctl('psk', 'set', iccid, '--key', TEXT)  # the same
        serve(device)
        ctl('psk', 'reset', iccid)
        assert_ends(rig, device)
        assert 'alert' in SecureDevice(scope, rig.gateway.coaps, iccid, TEXT.encode()).refused()
        device = rig.secure()
        serve(device)
        assert not [p for p in rig.published() if b'dG9vIGxhdGU' in p.payload]


def test_a_frozen_association_ends_as_well(scope):
    redis, rig, ctl = gateway_with_keys(scope, **{'coaps.freeze_after': '10ms', 'gateway.workers': '1'})
    device = rig.secure()
    serve(device)
    wait_until(lambda: rig.dtls('associations_asleep') == 1, 'it sleeps')
    serve(device)
    wait_until(lambda: rig.dtls('associations_asleep') == 1, 'it sleeps again')
    ctl('psk', 'reset', SEVENTH)
    assert_ends(rig, device)
    assert rig.dtls('associations_asleep') == 0


def test_libcoap_with_a_users_key(scope):
    _, rig, ctl = gateway_with_keys(scope)
    ctl('psk', 'set', FIRST, '--key', TEXT)
    host, port = rig.gateway.coaps
    output = run_coap_client('-u', FIRST, '-k', TEXT, '-v', '7', '-m', 'post', '-e', 'x', f'coaps://{host}:{port}/data',
                             dtls='openssl')
    assert 'c:2.04' in output, output


if __name__ == '__main__':
    tap.main()
