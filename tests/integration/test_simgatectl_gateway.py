#!/usr/bin/env python3
"""What simgatectl says of locations and templates, a running gateway does; on both stores."""

import json

from ctl import ICCID
from ctl_stores import SOURCE, both_stores
from harness import Broker, Device, Gateway, Subscriber, coap, tap, wait_until

FIRST = '{"sense": [{"asset": "first", "value": {"byte": 0, "bytelength": 1, "type": "int"}}]}'
SECOND = FIRST.replace('first', 'second')


class Site:
    """A gateway of the store, with a broker, and the store's first device."""

    def __init__(self, store):
        broker = Broker(store.scope)
        self.store = store
        self.subscriber = Subscriber(store.scope, broker)
        self.gateway = Gateway(store.scope, broker, settings={'store.url': store.url})
        self.device = Device(store.scope, self.gateway.coap, SOURCE)
        self.count = 0

    def ctl(self, *arguments, stdin=''):
        self.store.ctl(*arguments, stdin=stdin)
        self.store.apply(self.gateway)

    def value(self):
        """What becomes of the payload 42."""
        assert self.device.request(coap.post('data', payload=b'\x2a')).code == coap.CHANGED
        self.count += 1
        return json.loads(self.subscriber.wait_for(self.count)[self.count - 1].payload)['payload']['value']

    def location(self):
        answer = self.device.request(coap.get('location'))
        return coap.code_text(answer.code), answer.payload.decode()

    def wait_value(self, expected):
        wait_until(lambda: self.value() == expected, f'the payload becomes {expected}')


@both_stores
def test_templates(store):
    site = Site(store)
    assert site.value() == 'Kg=='
    site.ctl('template', 'add', 'a', '-', stdin=FIRST)
    site.ctl('template', 'add', 'b', '-', stdin='{"sense": []}')
    site.ctl('template', 'activate', 'a')
    site.wait_value({'first': 42})
    site.ctl('template', 'add', 'a', '-', '--replace', stdin=SECOND)
    site.wait_value({'second': 42})
    site.ctl('template', 'activate', 'b')
    site.wait_value({})
    store.name_template(ICCID, 'a')
    store.apply(site.gateway)
    site.wait_value({'second': 42})
    store.name_template(ICCID, '')
    site.ctl('template', 'deactivate')
    site.wait_value('Kg==')


@both_stores
def test_locations(store):
    site = Site(store)
    assert site.location() == ('4.04', '')
    site.ctl('location', 'set', ICCID, '--longitude', '013.40', '--latitude', '-0.0', '--time', '1700000000')
    assert site.location() == ('2.05', 'Longitude,Latitude,Source,SampleTime\n013.40,-0.0,manual,1700000000\n')
    site.ctl('location', 'clear', ICCID)
    assert site.location() == ('4.04', '')


if __name__ == '__main__':
    tap.main()
