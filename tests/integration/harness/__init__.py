"""What integration tests are made of: real processes on free ports, and a device of bytes.

    from harness import Broker, Device, Gateway, Subscriber, coap, tap

    def test_telemetry(scope):
        broker = Broker(scope)
        subscriber = Subscriber(scope, broker)
        gateway = Gateway(scope, broker)
        device = Device(scope, gateway.coap, source='127.0.0.7')
        assert device.request(coap.post('data', payload=b'21.5')).code == coap.CHANGED
        subscriber.wait_for(1)

    if __name__ == '__main__':
        tap.main()

Whatever a test starts belongs to its scope and ends with it, also when the test fails or is killed.
Only Python's standard library is used.
"""

from . import coap, tap
from .broker import Broker, Publication, Subscriber
from .device import Device, Outcome
from .dtls import SecureDevice, gnutls, openssl
from .gateway import Gateway, run_coap_client
from .metrics import Metrics, http_get
from .process import Process, free_port, gone, has_ipv6, wait_until
from .redis import Redis
from .resp import RedisClient, RedisError

__all__ = ['Broker', 'Device', 'Gateway', 'Metrics', 'Outcome', 'Process', 'Publication', 'Redis', 'RedisClient',
           'RedisError', 'SecureDevice', 'Subscriber', 'coap', 'free_port', 'gnutls', 'gone', 'has_ipv6', 'http_get',
           'openssl', 'run_coap_client', 'tap', 'wait_until']
