"""The figures that the suite measures, in order, and what they aim at."""

import contextlib
import json
import re
import subprocess

import servers
from figure import CPU, CPU_RATIO, RATE, RATE_RATIO, SPEED, Aim, Column, Contestant, Figure
from generator import load, load_known
from servers import FIRST_ICCID, KEY, Failed, pinned

ENVELOPE = 290           # bytes that the gateway publishes for 20 bytes of payload
ASSOCIATIONS = 50000     # whose memory is measured
FEW_ASSOCIATIONS = 1000  # of those who need much more for each
HANDSHAKES_COUNTED = 30000
MANY_OPEN = 512
WORK_OF_ECHO = 6000      # nanoseconds, for each of 100,000 requests/s, which come one by one
NO_DTLS = 'this build is without DTLS'


def devices_csv(bench, addresses):
    """Every address of a prefix is a device."""
    file = bench.scratch / f'devices-{addresses.rpartition("/")[2]}.csv'
    file.write_text(f'iccid,address,status\n{FIRST_ICCID},{addresses},active\n')
    return file


def devices_with_keys(bench, count):
    """The generator's devices, which have their addresses from 127.0.1.0 on."""
    file = bench.scratch / 'devices-with-keys.csv'
    rows = [f'{FIRST_ICCID + n},127.{n + 256 >> 16}.{n + 256 >> 8 & 255}.{n & 255},active,{KEY}\n'
            for n in range(count)]
    file.write_text('iccid,address,status,psk\n' + ''.join(rows))
    return file


def gateway(bench, cpus=None, secure=0, **settings):
    """`secure`: so many devices that have keys, and CoAPS."""
    names = {key.replace('__', '.'): value for key, value in settings.items()}
    if secure:
        bench.need('bare_dtls', NO_DTLS)
        names['store.url'] = f'memory:{devices_with_keys(bench, secure)}'
        names['coaps.listen'] = '127.0.0.1:0'
    names.setdefault('store.url', f'memory:{devices_csv(bench, "127.0.0.0/8")}')
    return servers.gateway(bench.programs['simgate'], cpus or bench.server_cpu, names)


def echo(bench):
    return servers.bare(bench.programs['echo'], bench.server_cpu)


def bare_dtls(bench):
    return servers.bare(bench.need('bare_dtls', NO_DTLS), bench.server_cpu, KEY, scheme='coaps')


def libcoap(bench, library):
    return servers.libcoap(library, bench.server_cpu)


# ---- plain CoAP ----

def plain_echo(bench, devices):
    with echo(bench) as server:
        return load_known(bench, server, devices=devices, options=['--echo'])


def plain_gateway(bench, devices):
    with gateway(bench) as server:
        return load_known(bench, server, devices=devices)


def plain_libcoap(bench, devices):
    with libcoap(bench, 'notls') as server:
        return load_known(bench, server, devices=devices, options=['--topic', ''], warm=False)


PLAIN = Figure('plain', 'Plain CoAP: POST → 2.04', (100, 1000, 10000, 100000), 'devices', (
    Contestant('echo', plain_echo),
    Contestant('gateway', plain_gateway),
    Contestant('libcoap', plain_libcoap, settings=(100, 1000, 10000), foreign=True),
), SPEED)

# ---- CoAPS ----


def steady(bench, server, devices):
    return load(bench, server, devices=devices, secure=True, options=['--topic', ''])


def dtls_bare(bench, devices):
    with bare_dtls(bench) as server:
        return steady(bench, server, devices)


def dtls_gateway(bench, devices):
    with gateway(bench, secure=devices) as server:
        return steady(bench, server, devices)


def dtls_libcoap(library):
    def measure(bench, devices):
        with libcoap(bench, library) as server:
            return steady(bench, server, devices)
    return measure


DTLS = Figure('dtls', 'CoAPS: POST → 2.04 with PSK-AES128-CCM-8', (1000, 10000), 'associations', (
    Contestant('bare wolfSSL', dtls_bare),
    Contestant('gateway', dtls_gateway),
    Contestant('libcoap, OpenSSL', dtls_libcoap('openssl'), settings=(1000,), foreign=True),
    Contestant('libcoap, GnuTLS', dtls_libcoap('gnutls'), settings=(1000,), foreign=True),
), SPEED)

# ---- handshakes ----


def cold(bench, server, devices):
    """Each device once: libcoap takes no second handshake from an address and port."""
    before = server.cpu_seconds()
    values = load(bench, server, devices=devices, count=devices, secure=True, window=64,
                  options=['--scenario', 'dtls-cold', '--topic', ''])
    return {**values, 'cpu': (server.cpu_seconds() - before) * 1e6 / max(values['answered'], 1)}


def cold_again(bench, server, devices):
    """Devices that were here before start anew from other ports, some times over: a round of them is soon done."""
    cold(bench, server, devices)
    rounds = [cold(bench, server, devices) for _ in range(max(1, HANDSHAKES_COUNTED // devices))]
    answered = sum(values['answered'] for values in rounds)
    return {**rounds[0], 'answered': answered, 'good': all(values['good'] for values in rounds),
            'rate': answered / sum(values['answered'] / values['rate'] for values in rounds),
            'cpu': sum(values['answered'] * values['cpu'] for values in rounds) / max(answered, 1)}


def handshakes_bare(bench, devices):
    with bare_dtls(bench) as server:
        return cold_again(bench, server, devices)


def handshakes_gateway(bench, devices):
    with gateway(bench, secure=devices) as server:
        return cold_again(bench, server, devices)


def handshakes_libcoap(library):
    def measure(bench, devices):
        with libcoap(bench, library) as server:
            return cold(bench, server, devices)
    return measure


HANDSHAKES = Figure('handshakes', 'Full PSK handshakes with cookie, and one message each', (1000, 10000), 'devices', (
    Contestant('bare wolfSSL', handshakes_bare),
    Contestant('gateway', handshakes_gateway),
    Contestant('libcoap, OpenSSL', handshakes_libcoap('openssl'), settings=(1000,), foreign=True),
    Contestant('libcoap, GnuTLS', handshakes_libcoap('gnutls'), settings=(1000,), foreign=True),
), (Column('rate', 'handshakes/s', ',.0f'), Column('cpu', 'CPU µs/handshake', '.2f'),
    Column('rate', 'handshakes/s, ratio', '.2f', ratio=True), CPU_RATIO))

# ---- memory of associations ----


def grown(bench, server, devices, plain_first=False):
    """Bytes by which a server grows for each association, of devices that are known already."""
    if plain_first:
        load(bench, server, devices=devices, count=devices)
    before = server.memory()
    good = load(bench, server, devices=devices, count=devices, secure=True, options=['--topic', ''])['good']
    return before, {'memory': (server.memory() - before) / devices, 'good': good}


def memory_bare(bench, state):
    with bare_dtls(bench) as server:
        return grown(bench, server, ASSOCIATIONS)[1]


def memory_gateway(bench, state):
    """Tables as large as it takes: their pages are the gateway's, however many associations share them."""
    frozen = state == 'frozen'
    with gateway(bench, secure=ASSOCIATIONS, coaps__freeze_after='1s' if frozen else 0,
                 coaps__max_associations=65536, coap__dedup_memory='16M') as server:
        before, values = grown(bench, server, ASSOCIATIONS, plain_first=True)
        if frozen:
            servers.wait_until(lambda: server.metric('simgate_dtls_associations_asleep') == ASSOCIATIONS,
                               'all associations sleep')
            values['memory'] = (server.memory() - before) / ASSOCIATIONS
        return values


def memory_libcoap(library):
    def measure(bench, state):
        with libcoap(bench, library) as server:
            return grown(bench, server, FEW_ASSOCIATIONS)[1]
    return measure


MEMORY = Figure('memory', 'Memory of an association', ('idle', 'frozen'), 'state', (
    Contestant('bare wolfSSL', memory_bare, settings=('idle',)),
    Contestant('gateway', memory_gateway),
    Contestant('libcoap, OpenSSL', memory_libcoap('openssl'), settings=('idle',), foreign=True),
    Contestant('libcoap, GnuTLS', memory_libcoap('gnutls'), settings=('idle',), foreign=True),
), (Column('memory', 'bytes of resident set for each', ',.0f'),), plot='memory', once=True)

# ---- with a broker, and with Redis ----


def run_bare(bench, name, *arguments):
    """A bare client of ours, which says itself what it did."""
    command = pinned(bench.server_cpu, [bench.programs[name], *arguments])
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                          timeout=bench.seconds + 30)
    if done.returncode != 0:
        raise Failed(done.stderr.strip())
    said = json.loads(done.stdout)
    return {'rate': said['done'] / said['seconds'], 'cpu': said['cpu_seconds'] * 1e6 / max(said['done'], 1),
            'answered': said['done'], 'good': said['done'] > 0,
            **{key: said[key] for key in ('p50', 'p99') if key in said}}


@contextlib.contextmanager
def spent_by(server, values, key):
    """Puts what a process spends meanwhile, µs for each answer, into values."""
    before = server.cpu_seconds()
    yield
    values[key] = (server.cpu_seconds() - before) * 1e6 / max(values['answered'], 1)


def publisher_bare(bench, setting):
    values = {}
    with servers.mosquitto(bench.load_cpu, bench.scratch) as (broker, port), spent_by(broker, values, 'broker'):
        values.update(run_bare(bench, 'bare_publisher', '127.0.0.1', port, bench.seconds, ENVELOPE))
    return values


def publisher_gateway(bench, setting):
    values = {}
    with servers.mosquitto(bench.load_cpu, bench.scratch) as (broker, port), \
            gateway(bench, mqtt__url=f'mqtt://127.0.0.1:{port}') as server:
        load(bench, server, devices=setting, count=setting)
        with spent_by(broker, values, 'broker'):
            values.update(load(bench, server, devices=setting, window=MANY_OPEN))
    return values


@contextlib.contextmanager
def redis_with_devices(bench):
    with servers.redis(bench.load_cpu, bench.scratch) as (server, path):
        url = f'redis+unix://{path}'
        subprocess.run([bench.programs['simgatectl'], 'import', devices_csv(bench, '127.0.0.0/16'), '--store', url],
                       check=True, stdout=subprocess.DEVNULL)
        yield server, path, url


def load_with_redis(bench, devices, **settings):
    values = {}
    with redis_with_devices(bench) as (server, path, url), \
            gateway(bench, store__url=url, **settings) as under_test:
        load(bench, under_test, devices=devices, count=devices)  # so that the gateway knows them
        before = servers.redis_info(path, 'total_commands_processed')
        with spent_by(server, values, 'redis'):
            values.update(load(bench, under_test, devices=devices, window=MANY_OPEN))
        after = servers.redis_info(path, 'total_commands_processed')
    values['commands'] = round((after - before - 1) / max(values['answered'], 1), 2)  # but one INFO, and a few PINGs
    return values


def publisher_redis(bench, setting):
    with servers.mosquitto(bench.load_cpu, bench.scratch) as (_, port):
        return load_with_redis(bench, setting, mqtt__url=f'mqtt://127.0.0.1:{port}')


BROKER_CPU = Column('broker', 'broker, CPU µs', '.2f')
REDIS_CPU = Column('redis', 'Redis, CPU µs', '.2f')
COMMANDS = Column('commands', 'Redis commands', '.2f')

BROKER = Figure('broker', 'With a broker: POST → PUBACK → 2.04', (1000,), 'devices', (
    Contestant('bare libmosquitto', publisher_bare),
    Contestant('gateway', publisher_gateway),
    Contestant('gateway with Redis', publisher_redis),
), SPEED + (BROKER_CPU, REDIS_CPU, COMMANDS))


def redis_bare(bench, setting):
    values = {}
    with servers.redis(bench.load_cpu, bench.scratch) as (server, path), spent_by(server, values, 'redis'):
        values.update(run_bare(bench, 'bare_redis', path, bench.seconds, MANY_OPEN))
        values['commands'] = 2.0
    return values


REDIS = Figure('redis', 'With Redis alone: POST → reservation and outcome → 2.04', (1000,), 'devices', (
    Contestant('bare hiredis', redis_bare),
    Contestant('gateway with Redis', load_with_redis),
    Contestant('gateway, memory store', plain_gateway),
), SPEED + (REDIS_CPU, COMMANDS))


def redis_memory(bench, setting):
    servers.find('redis-server', 'redis-server')
    done = subprocess.run([bench.programs['bench_redis_memory'], str(setting)], stdout=subprocess.PIPE, text=True,
                          check=False, timeout=300)
    if done.returncode != 0:
        raise Failed('bench_redis_memory failed')
    found = re.findall(r'^exchanges .*: ([\d.]+) bytes', done.stdout, re.MULTILINE)
    if not found:
        raise Failed('bench_redis_memory says nothing of exchanges')
    return {'memory': max(map(float, found)), 'good': True}


REDIS_MEMORY = Figure('redis-memory', 'Memory of Redis for an exchange that is remembered', (1000000,), 'exchanges', (
    Contestant('Redis', redis_memory),
), (Column('memory', 'bytes for each', '.1f'),), plot='', once=True)

# ---- latency ----


def at_rate(bench, server, setting, **others):
    """Open loop: at so many a second, or at half of what the server can do, which is found out first."""
    rate = setting
    if setting == HALF:
        rate = load_known(bench, server, devices=10000, seconds=bench.seconds / 2, **others)['rate'] / 2
    return load_known(bench, server, devices=10000, rate=round(rate), **others)


def latency_echo(bench, setting):
    with echo(bench) as server:
        return at_rate(bench, server, setting, options=['--echo'])


def latency_gateway(bench, setting):
    with gateway(bench) as server:
        return at_rate(bench, server, setting)


def latency_of_pauses(bench, setting):
    return run_bare(bench, 'pauses', bench.seconds, setting, WORK_OF_ECHO, bench.server_cpu, bench.load_cpu)


def latency_libcoap(bench, setting):
    with libcoap(bench, 'notls') as server:
        return at_rate(bench, server, setting, options=['--topic', ''], warm=False)


HALF = 'half of its maximum'
LATENCY = Figure('latency', 'Latency in an open loop, 10,000 devices', (100000, HALF), 'requests/s', (
    Contestant('echo', latency_echo),
    Contestant('gateway', latency_gateway),
    Contestant('pauses alone', latency_of_pauses, settings=(100000,)),
    Contestant('libcoap', latency_libcoap, settings=(HALF,), foreign=True),
), (RATE, Column('p50', 'p50, ms', '.3f'), Column('p99', 'p99, ms', '.3f'), CPU,
    Column('repeats', 'retransmissions', '.4f')), plot='p99')

# ---- the receive loop's place ----


def placed(workers, receive, both=True):
    """Workers with the receive loop in them or beside them, on both CPUs or on the server's alone."""
    def measure(bench, setting):
        cpus = f'{bench.server_cpu},{bench.load_cpu}' if both else bench.server_cpu
        with gateway(bench, cpus=cpus, gateway__workers=workers, gateway__receive=receive) as server:
            if setting == FULL:
                return load_known(bench, server, devices=10000, cpus=cpus if both else bench.load_cpu)
            return load_known(bench, server, devices=10000, rate=setting, cpus=cpus if both else bench.load_cpu)
    return measure


FULL = 'as many as it can'
WORKERS = Figure('workers', 'Two workers on two CPUs, with the generator on both', (FULL, 50000), 'requests/s', (
    Contestant('1 worker, 1 CPU', placed(1, 'worker', both=False)),
    Contestant('1 worker', placed(1, 'worker')),
    Contestant('1 worker, dedicated', placed(1, 'dedicated')),
    Contestant('2 workers', placed(2, 'worker')),
    Contestant('2 workers, dedicated', placed(2, 'dedicated')),
), SPEED + (Column('p99', 'p99, ms', '.3f'),))

FIGURES = (PLAIN, LATENCY, DTLS, HANDSHAKES, MEMORY, BROKER, REDIS, REDIS_MEMORY, WORKERS)


def share(setting, name='gateway'):
    return lambda results: results.share(setting, name)


def value(setting, key, name='gateway'):
    return lambda results: results.values(setting, name, key)


def rate_ratio(setting, name):
    return lambda results: results.column(setting, name, RATE_RATIO)


def with_many_devices(results):
    many, few = (results.values(devices, 'gateway', 'rate') for devices in (100000, 100))
    return [m / f if m and f else None for m, f in zip(many, few)]


def cpu_of_workers(name):
    return lambda results: results.column(FULL, name, CPU_RATIO)


AIMS = (
    Aim('plain', 'plain CoAP, 1,000 devices: share of the echo', share(1000), at_least=0.9),
    Aim('plain', 'plain CoAP, 10,000 devices: share of the echo', share(10000), at_least=0.9),
    Aim('plain', 'plain CoAP, 10,000 devices: CPU µs/request', value(10000, 'cpu'), at_most=5.2),
    Aim('plain', 'plain CoAP: requests/s with 100,000 devices, of those with 100', with_many_devices, at_least=0.95),
    Aim('latency', 'plain CoAP, 100,000 requests/s: p99, ms', value(100000, 'p99'), at_most=1.0, form='.3f'),
    Aim('dtls', 'CoAPS, 10,000 associations: share of bare wolfSSL', share(10000), at_least=0.85),
    Aim('handshakes', 'handshakes: share of bare wolfSSL', share(10000), at_least=0.9),
    Aim('memory', 'bytes of an idle association', value('idle', 'memory'), at_most=3500, form=',.0f'),
    Aim('memory', 'bytes of a frozen association', value('frozen', 'memory'), at_most=512, form=',.0f'),
    Aim('broker', 'with a broker: requests/s, of bare libmosquitto\'s', rate_ratio(1000, 'gateway'), at_least=0.75),
    Aim('broker', 'with a broker and Redis: requests/s, of bare libmosquitto\'s',
        rate_ratio(1000, 'gateway with Redis'), at_least=0.6),
    Aim('broker', 'Redis commands for a message', value(1000, 'commands', 'gateway with Redis'), at_most=2),
    Aim('redis-memory', 'bytes of Redis for an exchange', value(1000000, 'memory', 'Redis'), at_most=130, form='.1f'),
    Aim('workers', 'two workers: CPU for a request, of one worker\'s', cpu_of_workers('2 workers'), at_most=1.1),
    Aim('workers', 'two workers, dedicated: CPU for a request, of one worker\'s',
        cpu_of_workers('2 workers, dedicated'), at_most=1.1),
)
