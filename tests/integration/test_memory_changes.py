#!/usr/bin/env python3
"""The files of a memory store change: by simgatectl, or by hand. What a running gateway makes of it on
SIGHUP, with real devices."""

import json
import os
import signal
import stat
import subprocess

from ctl import ICCID, NO, NOTE, OTHER, SIMGATECTL, USAGE, Ctl
from harness import SecureDevice, coap, tap, wait_until
from rig import assert_code, ask
from test_coaps import SecureRig

KEY, NEW_KEY = 'a key of my own', 'another key of my own'
IN_PREFIX = '8988280600000000007'  # of 127.2.0.7
DEVICES = f"""\
# the first lot
iccid,address,status
{ICCID},127.0.0.7,active
{OTHER},127.0.0.8,active
8988280666000592137,127.9.9.9,active
8988280600000000000,127.2.0.0/24,active
"""


class ChangingRig(SecureRig):
    """A gateway with a devices' file that changes, and simgatectl for that."""

    def __init__(self, scope, devices=DEVICES):
        super().__init__(scope, devices=devices)
        self.path = self.gateway.devices_file
        self.ctl = Ctl(f'memory:{self.path}')
        self.reloads = 0

    def change(self, *command):
        assert self.ctl(*command)[1].endswith(NOTE)

    def hang_up(self):
        """Sends SIGHUP and waits until the log says what came of it. Returns that line."""
        self.reloads += 1
        self.gateway.process.popen.send_signal(signal.SIGHUP)
        return self.gateway.process.wait_for_lines('.*read again.*', self.reloads)[-1].group(0)

    def write(self, text, suffix=''):
        with open(self.path + suffix, 'w', encoding='utf-8') as file:
            file.write(text)

    def read(self, suffix=''):
        with open(self.path + suffix, encoding='utf-8', newline='') as file:
            return file.read()


def assert_served(device, code='2.04'):
    """This code is what messages get as soon as the worker has heard of the change."""
    wait_until(lambda: coap.code_text(device.request(coap.post('data')).response.code) == code, code, 5)


def test_devices_are_deactivated_added_and_removed(scope):
    rig = ChangingRig(scope)
    device, other, new = (rig.device(f'127.0.0.{n}') for n in (7, 8, 10))
    for d, code in ((device, '2.04'), (other, '2.04'), (new, '4.01')):
        assert_code(d, coap.post('data'), code)
    rig.change('device', 'deactivate', ICCID)
    rig.change('device', 'remove', OTHER)
    rig.change('device', 'add', OTHER, '--address', '127.0.0.10')
    assert rig.ctl('device', 'activate', OTHER) == (f'{OTHER} unchanged\n', '')
    assert_code(device, coap.post('data'), '2.04')  # not before it is told to
    assert '4 rows, 0 templates; keys changed by users: 0' in rig.hang_up()
    for d, code in ((device, '4.01'), (other, '4.01'), (new, '2.04')):
        assert_served(d, code)
    rig.change('device', 'activate', ICCID)
    rig.hang_up()
    assert_served(device)
    assert rig.read() == DEVICES.replace(f'{OTHER},127.0.0.8,active\n', '') + f'{OTHER},127.0.0.10,active\n'


def test_a_bad_file_changes_nothing(scope):
    rig = ChangingRig(scope)
    device = rig.device('127.0.0.7')
    for text, place in ((DEVICES.replace('127.0.0.7,active', '127.0.0.7,inaktive'), ':3: column status: "inaktive"'),
                        (DEVICES.replace('127.0.0.8', '127.0.0.7'), ':4: column address: line 3 has the same'),
                        ('', ': no header')):
        rig.write(text)
        assert f'nothing has changed: {rig.path}{place}' in rig.hang_up()
        assert_code(device, coap.post('data'), '2.04')
    rig.write(DEVICES.replace('127.0.0.7,active', '127.0.0.7,inactive'))
    rig.write('no sense\n', '.state')
    assert f'{rig.path}.state:1: this is no line' in rig.hang_up()
    rig.write('', '.state')
    os.mkdir(f'{rig.path}.templates')
    rig.write('{}', '.templates/bad name.json')
    assert f'{rig.path}.templates/bad name.json: ' in rig.hang_up()
    assert_code(device, coap.post('data'), '2.04')
    assert rig.gateway.ready()
    os.remove(f'{rig.path}.templates/bad name.json')
    rig.hang_up()
    assert_served(device, '4.01')


def assert_ended(device):
    """The association is ended as soon as the worker has heard of the change."""
    try:
        for _ in range(1000):
            device.request(coap.post('data'))
    except ConnectionError:
        return
    raise AssertionError('the association goes on')


def test_a_changed_key_ends_associations(scope):
    rig = ChangingRig(scope)
    generated = rig.bootstrap('127.0.0.7')[1]
    device, other = rig.secure('127.0.0.7'), rig.secure('127.0.0.8')
    for d in (device, other):
        assert ask(d, coap.post('data')).code == coap.CHANGED
    rig.change('psk', 'set', ICCID, '--key', KEY)
    assert 'keys changed by users: 1' in rig.hang_up()
    assert_ended(device)
    assert 'decrypt error' in SecureDevice(scope, rig.gateway.coaps, ICCID, generated).refused()
    device = SecureDevice(scope, rig.gateway.coaps, ICCID, KEY.encode())
    for _ in range(2):
        assert ask(device, coap.post('data')).code == coap.CHANGED
        assert 'keys changed by users: 0' in rig.hang_up()  # which ends nothing
    assert ask(other, coap.post('data')).code == coap.CHANGED
    rig.change('psk', 'set', ICCID, '--key', NEW_KEY)
    rig.hang_up()
    assert_ended(device)
    assert rig.bootstrap('127.0.0.7')[1] == NEW_KEY.encode()


def test_a_reset_key_ends_associations(scope):
    """Also where it was generated, and for one of a row's devices."""
    rig = ChangingRig(scope)
    for iccid, source in ((ICCID, '127.0.0.7'), (IN_PREFIX, '127.2.0.7')):
        before = rig.bootstrap(source)[1]
        device = rig.secure(source)
        assert ask(device, coap.post('data')).code == coap.CHANGED
        rig.change('psk', 'reset', iccid)
        assert rig.bootstrap(source)[1] == before
        rig.hang_up()
        assert_ended(device)
        assert rig.bootstrap(source)[1] != before
        assert ask(rig.secure(source), coap.post('data')).code == coap.CHANGED
    assert rig.ctl('psk', 'reset', OTHER) == (f'{OTHER} unchanged\n', '')


def test_locations_and_templates(scope):
    template = {'sense': [{'asset': 'temperature', 'value': {'byte': 0, 'type': 'int'}}]}
    rig = ChangingRig(scope, f"""\
iccid,address,status,location_allowed,longitude,latitude,template
{ICCID},127.0.0.7,active,yes,13.40,52.5200,
8988280600000000000,127.2.0.0/24,active,yes,1,2,-
8988280666000592137,127.9.9.9,active,no,,,-
""")
    device, of_row = rig.device('127.0.0.7'), rig.device('127.2.0.7')

    def where(device):
        return device.request(coap.get('location')).response.payload

    title = b'Longitude,Latitude,Source,SampleTime\n'
    assert where(device) == title + b'13.40,52.5200,,\n'
    assert where(of_row) == title + b'1,2,,\n'
    rig.write(f'{IN_PREFIX} location 5.50 -6 GPS 1700000000\n{ICCID} nowhere\n', '.state')
    os.mkdir(f'{rig.path}.templates')
    rig.write(json.dumps(template), '.templates/thermometer.json')
    rig.write('thermometer\n', '.templates/active')
    assert where(of_row) == title + b'1,2,,\n'
    assert '3 rows, 1 template;' in rig.hang_up()
    wait_until(lambda: where(of_row) == title + b'5.50,-6,GPS,1700000000\n', 'the location is read')
    assert_code(device, coap.get('location'), '4.04')
    for d in (device, of_row):
        assert_code(d, coap.post('data', payload=b'\x15'), '2.04')
    first, second = (json.loads(p.payload)['payload'] for p in rig.published())
    assert (first['type'], first['value']) == ('JSON', {'temperature': 21})
    assert second['encoding'] == 'base64', 'it is to have no template'


def test_keys_and_restarts(scope):
    """What a gateway learnt is there after a SIGHUP and after a restart; what was reset is not."""
    rig = ChangingRig(scope)
    kept, reset = rig.bootstrap('127.0.0.7')[1], rig.bootstrap('127.0.0.8')[1]
    rig.change('psk', 'reset', OTHER)
    rig.hang_up()
    assert rig.bootstrap('127.0.0.7')[1] == kept
    fresh = rig.bootstrap('127.0.0.8')[1]
    rig.gateway.kill()
    rig.gateway.start()
    assert rig.bootstrap('127.0.0.7')[1] == kept
    assert rig.bootstrap('127.0.0.8')[1] == fresh != reset


def test_psk_show(scope):
    rig = ChangingRig(scope)
    assert 'has no key' in rig.ctl('psk', 'show', ICCID, status=NO)[1]
    key = rig.bootstrap('127.0.0.7')[1].decode()
    out, _ = rig.ctl('psk', 'show', ICCID)
    assert key not in out and '(16 bytes, shown by --reveal)' in out
    shown = dict(line.split(None, 1) for line in rig.ctl('psk', 'show', ICCID, '--reveal')[0].splitlines())
    assert shown['key'] == key and shown['origin'] == 'generated' and shown['proved'] == '-'
    assert int(shown['called']) > 1700000000000
    assert ask(rig.secure(), coap.post('data')).code == coap.CHANGED
    wait_until(lambda: 'proved    the key' in rig.ctl('psk', 'show', ICCID)[0], 'it is proved')
    rig.change('psk', 'set', ICCID, '--hex', '--key', '00112233445566778899')
    answer = json.loads(rig.ctl('psk', 'show', ICCID, '--reveal', '--output', 'json')[0])
    assert answer == {'iccid': ICCID, 'key': '00112233445566778899', 'key_bytes': 10, 'format': 'hex',
                      'origin': 'user', 'called': None, 'proved': None, 'proved_is_key': False}
    assert 'there is no device' in rig.ctl('psk', 'show', '8988280666000009999', status=NO)[1]


def test_what_is_refused(scope):
    rig = ChangingRig(scope)
    for command, place in (
            (['device', 'deactivate', IN_PREFIX], f':6: {IN_PREFIX} is one of the devices of 127.2.0.0/24'),
            (['psk', 'set', IN_PREFIX, '--key', KEY], f':6: {IN_PREFIX} is one of'),
            (['device', 'add', IN_PREFIX, '--address', '10.0.0.1'], f':6: {IN_PREFIX} is one of'),
            (['device', 'add', ICCID, '--address', '10.0.0.1'], f':3: there is a device {ICCID} already'),
            (['device', 'set', ICCID, '--address', '127.0.0.8'], f':4: 127.0.0.8 is the address of {OTHER}'),
            (['device', 'remove', '8988280666000009999'], ': there is no device 8988280666000009999'),
            (['psk', 'reset', '8988280666000009999'], ': there is no device 8988280666000009999')):
        out, err = rig.ctl(*command, status=NO)
        assert out == '' and err.startswith(rig.path + place), err
    for command in (['device', 'set', ICCID, '--address', '10.0.0.1,10.0.0.2'], ['device', 'set', ICCID],
                    ['device', 'set', ICCID, '--address', ''], ['psk', 'set', ICCID, '--key', 'short'],
                    ['device', 'set', ICCID, '--address', '127.0.0.8', '--take-address']):
        assert rig.ctl(*command, status=USAGE)[0] == ''
    assert rig.read() == DEVICES
    assert 'No such file' in Ctl('memory:/nonexistent.csv')('device', 'remove', ICCID, status=NO)[1]


def test_a_row_by_all_options(scope):
    rig = ChangingRig(scope)
    os.chmod(rig.path, 0o640)
    rig.change('device', 'set', ICCID, '--address', 'fd00:0:0:7::5', '--imsi', '901405100002864',
               '--location-allowed', 'yes', '--template', 'meter')
    assert rig.read().splitlines()[1:4] == [
        'iccid,address,status,imsi,location_allowed,template',
        f'{ICCID},fd00:0:0:7::/64,active,901405100002864,yes,meter', f'{OTHER},127.0.0.8,active,,,']
    assert stat.S_IMODE(os.stat(rig.path).st_mode) == 0o640
    rig.change('device', 'set', ICCID, '--address', 'fd00:0:0:7::5', '--ipv6-prefix', '128', '--imsi', '')
    assert rig.read().splitlines()[2] == f'{ICCID},fd00:0:0:7::5,active,,yes,meter'
    rig.change('device', 'set', ICCID, '--address', '127.0.0.7')
    assert rig.ctl('device', 'set', ICCID, '--address', '127.0.0.7') == (f'{ICCID} unchanged\n', '')


def test_many_at_the_same_time(scope):
    """One after the other: no change is lost."""
    rig = ChangingRig(scope)
    count = 24
    calls = [subprocess.Popen([SIMGATECTL, 'device', 'add', f'89882806660001000{n:02}', '--address', f'10.0.0.{n}',
                               '--store', f'memory:{rig.path}'], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) for n in range(count)]
    assert [call.wait(60) for call in calls] == [0] * count
    assert sorted(rig.read().splitlines()[6:]) == [f'89882806660001000{n:02},10.0.0.{n},active' for n in range(count)]
    assert f'{4 + count} rows' in rig.hang_up()


if __name__ == '__main__':
    tap.main()
