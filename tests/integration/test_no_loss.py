#!/usr/bin/env python3
"""No acknowledged message is lost, whatever dies: a 2.04 leaves only after the broker's PUBACK.

NO_LOSS_MESSAGES, NO_LOSS_DEVICES and NO_LOSS_KILLS make it larger than the run in CI.
See keeper.py for how a killed broker is kept from losing messages of its own.
"""

import os
import socket
import time

from fleet import Fleet
from harness import Broker, Gateway, free_port, tap
from keeper import KEEPING, Keeper

MESSAGES = int(os.environ.get('NO_LOSS_MESSAGES', 20000))
DEVICES = int(os.environ.get('NO_LOSS_DEVICES', 200))
KILLS = int(os.environ.get('NO_LOSS_KILLS', 5))
IN_FLIGHT = 2 * 256  # what two connections may have sent and the kernel may still deliver

SETTINGS = {
    'telemetry.format': 'raw',
    'telemetry.deadline': '3s',
    'coap.ack_delay': '300ms',
    'gateway.log_level': 'info',
}


class Site:
    """A gateway whose port stays, a broker whose sessions stay, and the devices."""

    def __init__(self, scope, **settings):
        self.broker = Broker(scope, KEEPING, persistent=True)
        self.keeper = Keeper(scope, self.broker)
        listen = f'127.0.0.1:{free_port(socket.SOCK_DGRAM)}'
        self.gateway = Gateway(scope, self.broker, settings={**SETTINGS, 'coap.listen': listen, **settings})
        self.fleet = Fleet(scope, self.gateway.coap, DEVICES, MESSAGES // DEVICES)

    def at_each_part(self, kill):
        """Calls a function KILLS times, evenly over the messages."""
        for part in range(1, KILLS + 1):
            self.fleet.wait_for(MESSAGES * part // (KILLS + 1), 300)
            kill()
        self.fleet.wait(300)

    def kill_broker(self):
        session = self.keeper.sessions
        self.broker.kill()
        time.sleep(0.3)
        self.broker.start()
        self.keeper.wait_for_session(session + 1)
        time.sleep(0.5)  # what was queued for it is read

    def kill_gateway(self):
        self.gateway.kill()
        time.sleep(0.2)
        self.gateway.start()

    def lost(self):
        """The payloads that got a 2.04 and never arrived; says how it went."""
        arrived = [payload for _, payload in self.keeper.wait_quiet()]
        distinct = set(arrived)
        lost = [payload for payload in self.fleet.acknowledged if payload not in distinct]
        tap.print_comment(f'{self.fleet}; {len(distinct)} arrived, {len(arrived) - len(distinct)} twice, '
                          f'{len(lost)} lost')
        return lost


@tap.timeout(600)
def test_no_loss_when_the_broker_is_killed(scope):
    site = Site(scope)
    site.at_each_part(site.kill_broker)
    assert not site.lost()
    assert len(site.fleet.acknowledged) >= MESSAGES
    assert site.fleet.codes['5.02'] + site.fleet.codes['5.04'] > 0, 'nobody noticed the kills'


@tap.timeout(600)
def test_no_loss_when_the_gateway_is_killed(scope):
    site = Site(scope)
    site.at_each_part(site.kill_gateway)
    assert not site.lost()
    assert len(site.fleet.acknowledged) >= MESSAGES
    assert site.fleet.retransmissions > 0, 'nobody noticed the kills'


@tap.timeout(600)
def test_queued_loses_when_the_gateway_is_killed(scope):
    """What the others test can fail: this is the weaker promise of telemetry.ack = queued."""
    site = Site(scope, **{'telemetry.ack': 'queued'})
    site.fleet.wait_for(MESSAGES // 2, 300)
    site.broker.freeze()
    before = len(site.fleet.acknowledged)
    site.fleet.wait_for(before + IN_FLIGHT + DEVICES, 60)
    site.gateway.kill()
    site.broker.thaw()
    site.gateway.start()
    site.fleet.wait(300)
    assert site.lost()


if __name__ == '__main__':
    tap.main()
