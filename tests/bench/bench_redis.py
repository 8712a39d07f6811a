#!/usr/bin/env python3
"""Measures what a shared store costs: the gateway with Redis against the same with the memory store.

The gateway runs on one CPU, with one worker that receives for itself; the generator and Redis share
another. Publications are thrown away. Both stores take turns within each round, so that what else
the machine does hits them alike. Each measurement has a gateway and a Redis of its own.
"""

import argparse
import contextlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

import bench_plain

DEVICES_CSV = "iccid,address,status\n8988280666000000000,127.0.0.0/16,active\n"
REDIS_SERVER = shutil.which("redis-server", path=os.environ["PATH"] + ":/usr/sbin")
START_SECONDS = 10


def parse_arguments():
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=numbers, default=[1000, 10000], metavar="N,N…")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--window", type=int, default=512, help="open requests")
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--load-cpu", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=bench_plain.ROOT / "build")
    return parser.parse_args()


def cpu_seconds(pid):
    """User and system time of a process."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def redis(options, scratch):
    """A Redis without persistence on a unix socket, with the devices; its process and URL."""
    socket = scratch / "redis.sock"
    socket.unlink(missing_ok=True)
    command = [REDIS_SERVER, "--port", "0", "--unixsocket", socket, "--save", "", "--dir", scratch,
               "--loglevel", "warning"]
    with bench_plain.running(command, options.load_cpu) as server:
        end = time.monotonic() + START_SECONDS
        while not socket.exists() and time.monotonic() < end:
            time.sleep(0.01)
        url = f"redis+unix://{socket}"
        subprocess.run([options.build / "storage" / "simgatectl", "import", scratch / "devices.csv",
                        "--store", url], check=True, stdout=subprocess.DEVNULL)
        yield server, url


def gateway_command(options, store):
    settings = ["coap.listen=127.0.0.1:0", "coaps.listen=", "gateway.workers=1", "gateway.receive=worker",
                "mqtt.url=null:", f"store.url={store}", "admin.listen="]
    return [options.build / "gateway" / "simgate",
            *(word for setting in settings for word in ("--set", setting))]


def generate(options, devices, gateway, address, results):
    command = [options.build / "loadtest" / "simgate-load", "--devices", devices,
               "--window", options.window, "--duration", f"{options.seconds}s",
               "--server-pid", gateway.pid, "--json", results, f"coap://{address}"]
    done = subprocess.run(bench_plain.pinned(options.load_cpu, command), stdout=subprocess.PIPE,
                          text=True)
    if done.returncode != 0:
        print(f"bench_redis: not every request was answered well\n{done.stdout}", file=sys.stderr)
    return done.returncode == 0


def measure(options, store, devices, scratch, server=None):
    """One run against a gateway of its own; `server` is the Redis, where that is the store."""
    results = scratch / "results.json"
    results.unlink(missing_ok=True)
    with bench_plain.running(gateway_command(options, store), options.server_cpu) as gateway:
        address = bench_plain.read_address(gateway)
        time.sleep(0.2)  # for the connection to the store
        before = cpu_seconds(server.pid) if server else 0
        good = generate(options, devices, gateway, address, results)
        spent = cpu_seconds(server.pid) - before if server else 0
    values = json.loads(results.read_text())["measured"]
    return {"rate": values["answered_per_second"], "cpu": values["server_cpu_us_per_answered"],
            "redis": spent * 1e6 / max(values["answered"], 1), "good": good}


def run_rounds(options, scratch):
    (scratch / "devices.csv").write_text(DEVICES_CSV)
    results = {(devices, name): [] for devices in options.devices for name in ("memory", "redis")}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for devices in options.devices:
            results[devices, "memory"].append(
                measure(options, f"memory:{scratch / 'devices.csv'}", devices, scratch))
            with redis(options, scratch) as (server, url):
                results[devices, "redis"].append(
                    measure(options, url, devices, scratch, server))
    return results


def print_results(results):
    print("median [least–most] of the rounds; CPU time in µs for each request\n")
    print(f"{'devices':>7}  {'store':<7} {'requests/s':>26} {'gateway':>20} {'Redis':>20}")
    for (devices, name), rounds in results.items():
        column = lambda key, form: bench_plain.spread([r[key] for r in rounds], form)
        print(f"{devices:>7}  {name:<7} {column('rate', ',.0f'):>26} {column('cpu', '.2f'):>20} "
              f"{column('redis', '.2f'):>20}")


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as scratch:
        results = run_rounds(options, pathlib.Path(scratch))
    print_results(results)
    return 0 if all(r["good"] for rounds in results.values() for r in rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
