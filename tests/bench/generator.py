"""simgate-load: how it is called, and what of its results is used. Everything that the suite knows of it is here."""

import json
import subprocess

from servers import FIRST_ICCID, KEY, Failed, pinned

PREPARING_SECONDS = 60  # at most, for handshakes before a run
DRAIN_SECONDS = 5
WARMING_RATE = 70000  # messages, times the seconds of a measurement


def load_command(program, server, seconds, devices, window, rate, count, secure, options):
    scheme = 'coaps' if secure else 'coap'
    command = [program, '--devices', devices, '--server-pid', server.pid, *options]
    command += ['--rate', rate] if rate else ['--window', window]
    command += ['--count', count] if count else ['--duration', f'{seconds}s']
    if secure:
        command += ['--psk', KEY, '--first-iccid', FIRST_ICCID]
    return command + [f'{scheme}://127.0.0.1:{server.ports[scheme]}']


def load(bench, server, *, devices, window=256, rate=None, count=None, secure=False, options=(), cpus=None,
         seconds=None):
    """Has so many devices POST to a server. Without a rate it is a closed loop with `window` requests open."""
    seconds = seconds or bench.seconds
    file = bench.scratch / 'load.json'
    file.unlink(missing_ok=True)
    command = load_command(bench.programs['simgate-load'], server, seconds, devices, window, rate, count, secure,
                           ['--json', file, *options])
    try:
        done = subprocess.run(pinned(cpus or bench.load_cpu, command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, check=False, timeout=seconds + PREPARING_SECONDS + 4 * DRAIN_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed('simgate-load does not come to its end') from None
    if not file.exists():
        raise Failed(f'simgate-load: {done.stdout.strip()[-300:]}')
    return values_of(json.loads(file.read_text()), done.returncode == 0)


def load_known(bench, server, *, devices, options=(), warm=True, **others):
    """The same, after a message from each device and, where it is to be warm, many more: a server has met its devices
    then, and touched the memory of its tables."""
    before = round(WARMING_RATE * bench.seconds) if warm else 0
    load(bench, server, devices=devices, count=max(devices, before), options=options)
    return load(bench, server, devices=devices, options=options, **others)


def values_of(results, good):
    """What figures use, of a file's contents."""
    measured, operations = results['measured'], results['operations']
    if not measured['answered_per_second']:
        raise Failed('nothing was answered')
    return {
        'rate': measured['answered_per_second'],
        'cpu': measured['server_cpu_us_per_answered'],
        'p50': results['latency_seconds']['p50'] * 1e3,
        'p99': results['latency_seconds']['p99'] * 1e3,
        'answered': operations['answered'],
        'repeats': measured['retransmissions_per_operation'],
        'good': good,
    }
