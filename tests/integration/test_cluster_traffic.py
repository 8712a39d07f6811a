#!/usr/bin/env python3
"""Many devices that write to any gateway, and to several at once: whatever dies, no acknowledged message
is lost, and where nothing dies each is published once.

CLUSTER_MESSAGES, CLUSTER_DEVICES, CLUSTER_KILLS and CLUSTER_SEED make it larger than the run in CI.
"""

import os
import random
import time

from cluster import start_gateways
from fleet import Fleet
from harness import Broker, Redis, tap
from harness.gateway import DEVICES as DEVICES_OF_ALL
from keeper import KEEPING, Keeper

MESSAGES = int(os.environ.get('CLUSTER_MESSAGES', 10000))
DEVICES = int(os.environ.get('CLUSTER_DEVICES', 200))
KILLS = int(os.environ.get('CLUSTER_KILLS', 6))
SEED = int(os.environ.get('CLUSTER_SEED', random.randrange(1 << 16)))
REPEATS = 0.1

# A reservation lives for the deadline and 2 s, and devices send again after 0.5, 1.5, 3.5 and 7.5 s.
SETTINGS = {'telemetry.deadline': '1s', 'coap.ack_delay': '300ms'}


class Site:
    def __init__(self, scope, **settings):
        random.seed(SEED)
        self.broker = Broker(scope, KEEPING, persistent=True)
        self.keeper = Keeper(scope, self.broker)
        self.redis = Redis(scope, devices=DEVICES_OF_ALL)
        self.gateways = start_gateways(scope, self.broker, self.redis, settings={**SETTINGS, **settings})
        self.start = time.monotonic()
        self.fleet = Fleet(scope, [gateway.coap for gateway in self.gateways], DEVICES, MESSAGES // DEVICES,
                           repeats=REPEATS)

    def at_each_part(self, kill):
        """Calls a function KILLS times, at random points of the messages."""
        for part in sorted(random.sample(range(MESSAGES * 9 // 10), KILLS)):
            self.fleet.wait_for(part, 300)
            kill()
        self.fleet.wait(300)

    def kill_gateway(self):
        gateway = random.choice(self.gateways)
        gateway.kill()
        time.sleep(random.uniform(0, 0.5))
        gateway.start(wait_ready=False)

    def kill_broker(self):
        session = self.keeper.sessions
        self.broker.kill()
        time.sleep(random.uniform(0, 0.5))
        self.broker.start()
        self.keeper.wait_for_session(session + 1)
        time.sleep(0.5)  # what was queued for it is read

    def kill_redis(self):
        self.redis.kill()
        time.sleep(random.uniform(0, 0.5))
        self.redis.start()
        self.redis.import_devices(DEVICES_OF_ALL)

    def count(self, name, **labels):
        return int(sum(gateway.metrics().sum(name, **labels) for gateway in self.gateways))

    def result(self):
        """(payloads that got a 2.04 and never arrived, how many came more than once)"""
        seconds = time.monotonic() - self.start
        arrived = [payload for _, payload in self.keeper.wait_quiet()]
        distinct = set(arrived)
        lost = [payload for payload in self.fleet.acknowledged if payload not in distinct]
        twice = len(arrived) - len(distinct)
        tap.print_comment(
            f'{self.fleet}; {self.fleet.repeats} repeats without need, '
            f'{self.count("simgate_coap_duplicates_total")} duplicates seen; {len(distinct)} arrived, '
            f'{twice} twice, {len(lost)} lost; {seconds:.1f} s, seed {SEED}')
        return lost, twice


@tap.timeout(300)
def test_exactly_once(scope):
    site = Site(scope, **{'telemetry.deadline': '10s'})  # nothing dies: 5.04 would only be a slow machine
    site.fleet.wait(120)
    lost, twice = site.result()
    assert not lost and not twice
    assert len(site.fleet.acknowledged) == MESSAGES
    assert set(site.fleet.codes) == {'2.04'} and not site.fleet.abandoned
    assert site.count('simgate_coap_duplicates_total', outcome='answered') > 0, 'nothing was repeated'


@tap.timeout(300)
def test_no_loss_when_gateways_are_killed(scope):
    site = Site(scope)
    site.at_each_part(site.kill_gateway)
    lost, _ = site.result()
    assert not lost
    assert len(site.fleet.acknowledged) >= MESSAGES
    assert site.fleet.retransmissions > 0, 'nobody noticed the kills'


@tap.timeout(300)
def test_no_loss_when_the_broker_is_killed(scope):
    site = Site(scope)
    site.at_each_part(site.kill_broker)
    lost, _ = site.result()
    assert not lost
    assert len(site.fleet.acknowledged) >= MESSAGES
    assert site.fleet.codes['5.02'] + site.fleet.codes['5.04'] > 0, 'nobody noticed the kills'


@tap.timeout(300)
def test_no_loss_when_redis_is_killed(scope):
    site = Site(scope)
    site.at_each_part(site.kill_redis)
    lost, _ = site.result()
    assert not lost
    assert len(site.fleet.acknowledged) >= MESSAGES
    assert site.count('simgate_store_disconnects_total') > 0, 'nobody noticed the kills'


if __name__ == '__main__':
    tap.main()
