#!/usr/bin/env python3
"""The Energy Saver: payloads become JSON by templates that an operator adds while the gateway runs."""

import base64
import json
import os

from ctl import NO, Ctl
from harness import SecureDevice, Subscriber, coap, tap, wait_until
from rig import Rig, ask

METER = {'sense': [{'asset': 'Temperature', 'value': {'byte': 0, 'bytelength': 2, 'type': 'int'}},
                   {'asset': 'Humidity', 'value': {'byte': 2, 'bytelength': 2, 'type': 'uint'}},
                   {'asset': 'Switch', 'value': {'byte': 4, 'type': 'boolean'}}]}
TRACKER = {'sense': [{'switch': {'byte': 0, 'type': 'uint'}, 'on': [
    {'case': 0, 'do': [
        {'asset': 'gps.lat', 'value': {'byte': 1, 'bytelength': 4, 'type': 'float'}, 'custom_type': 'location_lat'},
        {'asset': 'gps.lon', 'value': {'byte': 5, 'bytelength': 4, 'type': 'float'}, 'custom_type': 'location_long'},
        {'asset': 'speed', 'value': {'byte': 9, 'bytelength': 2, 'type': 'uint'}}]},
    {'default': True, 'do': [{'asset': 'error', 'value': 'unknown payload'}]}]}]}
CLIMATE = bytes.fromhex('001A003700')
POSITION = bytes.fromhex('00424bbcf940de981c0078')
UNKNOWN = bytes.fromhex('01ffffff')
DEVICES = """\
iccid,address,status,location_allowed,template,psk
8988280666000000000,127.0.0.0/27,active,yes,,
8988280666000000100,127.0.0.100,active,yes,tracker,a-key-of-its-own
8988280666000000101,127.0.0.101,active,yes,-,
8988280666000592137,127.9.9.9,active,yes,,
"""


class EnergyRig(Rig):
    def __init__(self, scope, settings=None):
        super().__init__(scope, settings, devices=DEVICES)
        self.ctl = Ctl(self.gateway.settings['store.url'])
        self.directory = scope.directory()

    def change(self, *arguments):
        """Calls simgatectl, and has a gateway read the files that it changed."""
        self.ctl(*arguments)
        if not self.gateway.redis:
            self.gateway.reload()

    def file(self, template):
        path = os.path.join(self.directory, 'template.json')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(template if isinstance(template, str) else json.dumps(template))
        return path

    def add(self, name, template, *options):
        self.change('template', 'add', name, self.file(template), *options)

    def value(self, device, payload):
        """What is published of a payload: JSON, or bytes."""
        assert ask(device, coap.post('', payload=payload)).code == coap.CHANGED
        found = [json.loads(p.payload) for p in self.published(device) if '/error/' not in p.topic]
        payload = found[-1]['payload']
        return payload['value'] if payload['type'] == 'JSON' else base64.b64decode(payload['value'])

    def wait_for_value(self, device, payload, value):
        wait_until(lambda: self.value(device, payload) == value, f'{payload} becomes {value}')


def test_payloads_become_json(scope):
    rig = EnergyRig(scope)
    device = rig.device('127.0.0.7')
    assert rig.value(device, CLIMATE) == CLIMATE
    rig.add('meter', METER)
    assert rig.value(device, CLIMATE) == CLIMATE, 'it is not active yet'
    rig.change('template', 'activate', 'meter')
    rig.wait_for_value(device, CLIMATE, {'Temperature': 26, 'Humidity': 55, 'Switch': False})
    rig.change('template', 'deactivate')
    rig.wait_for_value(device, CLIMATE, CLIMATE)


def test_a_device_has_a_template_of_its_own_or_none(scope):
    rig = EnergyRig(scope)
    rig.add('meter', METER)
    rig.add('tracker', TRACKER)
    rig.change('template', 'activate', 'meter')
    tracker = rig.device('127.0.0.100')
    rig.wait_for_value(tracker, POSITION, {'gps': {'lat': 50.934544, 'lon': 6.956068}, 'speed': 120})
    assert rig.value(tracker, UNKNOWN) == {'error': 'unknown payload'}
    rig.wait_for_value(rig.device('127.0.0.7'), CLIMATE, {'Temperature': 26, 'Humidity': 55, 'Switch': False})
    assert rig.value(rig.device('127.0.0.101'), CLIMATE) == CLIMATE


def test_an_unreadable_payload_is_published_and_told_of(scope):
    rig = EnergyRig(scope)
    rig.add('meter', METER)
    rig.change('template', 'activate', 'meter')
    device = rig.device('127.0.0.7')
    rig.wait_for_value(device, CLIMATE, {'Temperature': 26, 'Humidity': 55, 'Switch': False})
    before = len([p for p in rig.subscriber.publications() if '/error/' in p.topic])
    assert rig.value(device, b'\x00') == b'\x00'
    wait_until(lambda: len([p for p in rig.subscriber.publications()
                            if p.topic == 'simgate/error/8988280666000000007']) > before, 'the event')
    event = json.loads([p for p in rig.subscriber.publications()
                        if p.topic == 'simgate/error/8988280666000000007'][-1].payload)
    assert event['type'] == 'ERROR' and event['device']['iccid'] == '8988280666000000007', event
    assert 'Temperature' in event['error']['description'], event
    assert rig.count('simgate_translations_total', outcome='unreadable') >= 1


def stored_location(rig, iccid):
    """As JSON; None while there is none: a gateway answers with a location before its file has it."""
    try:
        return rig.ctl('location', 'show', iccid, '--output', 'json')[0]
    except AssertionError:
        return None


def test_a_location_in_a_payload_is_kept(scope):
    rig = EnergyRig(scope)
    rig.add('tracker', TRACKER)
    tracker = rig.device('127.0.0.100')
    rig.wait_for_value(tracker, POSITION, {'gps': {'lat': 50.934544, 'lon': 6.956068}, 'speed': 120})
    found = wait_until(lambda: ask(tracker, coap.get('location')).payload.decode(), 'the location')
    header, line = found.splitlines()
    longitude, latitude, source, sample_time = line.split(',')
    assert (header, longitude, latitude, source) == ('Longitude,Latitude,Source,SampleTime', '6.956068',
                                                     '50.934544', 'GPS'), found
    assert int(sample_time) > 1700000000
    shown = wait_until(lambda: stored_location(rig, '8988280666000000100'), 'the location is in the store')
    assert json.loads(shown, parse_float=str)['longitude'] == '6.956068', shown


def test_over_coaps(scope):
    if not os.path.exists(os.environ.get('DTLSECHO', '')):
        raise tap.Skip('built without DTLS')
    rig = EnergyRig(scope, {'coaps.listen': '127.0.0.1:0'})
    rig.add('tracker', TRACKER)
    tracker = SecureDevice(scope, rig.gateway.coaps, '8988280666000000100', b'a-key-of-its-own', source='127.0.0.100')
    rig.wait_for_value(tracker, POSITION, {'gps': {'lat': 50.934544, 'lon': 6.956068}, 'speed': 120})
    assert b'6.956068,50.934544,GPS,' in ask(tracker, coap.get('location')).payload


def test_a_bad_template_changes_nothing(scope):
    rig = EnergyRig(scope)
    rig.add('meter', METER)
    rig.change('template', 'activate', 'meter')
    device = rig.device('127.0.0.7')
    rig.wait_for_value(device, CLIMATE, {'Temperature': 26, 'Humidity': 55, 'Switch': False})
    _, errors = rig.ctl('template', 'add', 'meter', rig.file('{"sense":[\n  {"asset":7}]}'), '--replace', status=NO)
    assert 'template.json:2:' in errors, errors
    if rig.gateway.redis:  # whoever writes there may write nonsense
        rig.gateway.redis.command('SET', 'simgate:template:meter', '{"sense":[\n  {"asset":7}]}')
        wait_until(lambda: rig.value(device, CLIMATE) and rig.count('simgate_templates_refused_total'), 'it is read')
        rig.gateway.process.wait_for_lines(r'template meter:2:\d+: .*in force stays')
    assert rig.value(device, CLIMATE) == {'Temperature': 26, 'Humidity': 55, 'Switch': False}


def test_raw_publications_are_the_json_alone(scope):
    rig = EnergyRig(scope, {'telemetry.format': 'raw'})
    rig.add('meter', METER)
    rig.change('template', 'activate', 'meter')
    device = rig.device('127.0.0.7')
    subscriber = Subscriber(scope, rig.broker, '8988280666000000007')
    def translated():
        assert ask(device, coap.post('', payload=CLIMATE)).code == coap.CHANGED
        return [p for p in subscriber.publications() if p.payload == b'{"Temperature":26,"Humidity":55,"Switch":false}']
    wait_until(translated, 'the JSON')


if __name__ == '__main__':
    tap.main()
