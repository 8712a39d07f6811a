#!/usr/bin/env python3
"""Connection ids (RFC 9146): an association follows its device to another port, and to another address of its SIM."""

import os
import select
import shutil
import subprocess

from harness import Redis, coap, tap, wait_until
from rig import Rig, ask

ICCID = '8988280666000000007'
KEY = 'sixteen-byte-key'
DEVICES = f"""\
iccid,address,status,psk
{ICCID},127.0.0.7,active,{KEY}
8988280666000000008,127.0.0.8,active,
8988280666000592137,127.9.9.9,active,
"""


class WalkingDevice:
    """dtls_device.c"""

    def __init__(self, scope, gateway, source='127.0.0.7', cid=True):
        guard = ['setpriv', '--pdeathsig', 'KILL', '--'] if shutil.which('setpriv') else []
        arguments = [os.environ['DTLSDEVICE'], str(gateway[1]), ICCID, KEY, source] + ['cid'] * cid
        self.popen = subprocess.Popen(guard + arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                      bufsize=1)
        scope.defer(self.end)
        assert self._line(20) == 'connected'

    def end(self):
        self.popen.kill()
        self.popen.wait(10)
        self.popen.stdin.close()
        self.popen.stdout.close()

    def _line(self, timeout=10):
        assert select.select([self.popen.stdout], [], [], timeout)[0], 'the device is silent'
        return self.popen.stdout.readline().rstrip('\n')

    def move(self, source):
        self.popen.stdin.write(f'move {source}\n')

    def post(self, message):
        """The code of the answer, or None."""
        self.popen.stdin.write(f'send {message.encode().hex()}\nreceive\n')
        word, _, answer = self._line().partition(' ')
        return coap.code_text(coap.decode(bytes.fromhex(answer)).code) if word == 'received' else None


class CidRig(Rig):
    def __init__(self, scope, settings=None, devices=DEVICES):
        super().__init__(scope, {'coaps.listen': '127.0.0.1:0', **(settings or {})}, devices=devices)

    def dtls(self, name, **labels):
        return int(self.count(f'simgate_dtls_{name}', **labels))

    def walker(self, **rest):
        return WalkingDevice(self.scope, self.gateway.coaps, **rest)


def post(number):
    return coap.post('data', payload=b'%d' % number)


def test_another_port(scope):
    """With several workers and either placement: records find the worker by their id, not by their source."""
    for receive in ('dedicated', 'worker'):
        rig = CidRig(scope, {'gateway.workers': '4', 'gateway.receive': receive})
        device = rig.walker()
        for number in range(8):
            assert device.post(post(number)) == '2.04', number
            device.move('127.0.0.7')
        assert rig.dtls('moves_total') == 7
        assert rig.dtls('associations') == 1
        assert len(rig.published()) == 8


def test_a_repeat_after_a_move_is_a_repeat(scope):
    rig = CidRig(scope)
    device, message = rig.walker(), post(1)
    assert device.post(message) == '2.04'
    device.move('127.0.0.7')
    assert device.post(message) == '2.04'
    assert len(rig.published()) == 1
    assert rig.count('simgate_coap_duplicates_total') == 1


def test_without_a_connection_id_another_port_is_a_stranger(scope):
    rig = CidRig(scope)
    device = rig.walker(cid=False)
    assert device.post(post(1)) == '2.04'
    device.move('127.0.0.7')
    assert device.post(post(2)) is None
    assert rig.dtls('moves_total') == 0
    assert rig.dtls('dropped_total', reason='no_association') > 0


def test_the_address_of_another_sim_is_refused(scope):
    rig = CidRig(scope)
    device = rig.walker()
    assert device.post(post(1)) == '2.04'
    device.move('127.0.0.8')
    for number in range(3):
        assert device.post(post(2 + number)) is None
    assert rig.dtls('moves_total') == 0
    assert rig.dtls('dropped_total', reason='foreign_address') == 3
    device.move('127.0.0.7')
    assert device.post(post(5)) == '2.04', 'the association is none the worse for it'
    topics = [p.topic for p in rig.published()]
    assert topics.count(f'{ICCID}') == 2 and len(topics) == 3, topics
    assert 'simgate/error/8988280666000000008' in topics, 'it is told once whose address it was'


def test_any_address_where_the_key_alone_counts(scope):
    rig = CidRig(scope, {'identity.check': 'off'})
    device = rig.walker()
    for number, source in enumerate(('127.0.0.7', '127.0.0.8', '127.200.0.1')):
        device.move(source)
        assert device.post(post(number)) == '2.04', source
    assert rig.dtls('associations') == 1
    assert [p.topic for p in rig.published()] == [ICCID] * 3


def test_another_address_of_the_same_sim(scope):
    redis = Redis(scope, devices=DEVICES.replace('psk', 'comment'))
    redis.command('HSET', f'simgate:psk:{{{ICCID}}}', 'key', KEY, 'origin', 'user')
    redis.command('SET', 'simgate:addr:127.0.0.77', ICCID)
    rig = CidRig(scope, {'store.url': redis.url})
    device = rig.walker()
    assert device.post(post(1)) == '2.04'
    device.move('127.0.0.77')
    message = post(2)
    wait_until(lambda: device.post(message) == '2.04', 'the address is known as the same SIM\'s')
    device.move('127.0.0.7')
    assert device.post(post(3)) == '2.04'
    assert rig.dtls('moves_total') == 2
    assert len(rig.published()) == 3


if __name__ == '__main__':
    tap.main()
