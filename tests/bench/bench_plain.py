#!/usr/bin/env python3
"""Measures the gateway against the bare echo: plain CoAP, memory store, publications thrown away.

The server runs on one CPU and the generator on another. Echo and gateway take turns within each
round, so that what else the machine does hits all of them alike, and a ratio is taken within its
round. Each measurement has a server of its own.
"""

import argparse
import contextlib
import json
import os
import pathlib
import queue
import re
import statistics
import subprocess
import sys
import tempfile
import threading

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEVICES_CSV = "iccid,address,status\n8988280666000000000,127.0.0.0/8,active\n"
LISTENING = re.compile(r"listening on (?:coap://)?(127\.0\.0\.1:\d+)")
START_SECONDS = 10


def parse_arguments():
    numbers = lambda text: [int(n) for n in text.split(",")]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--devices", type=numbers, default=[100, 1000, 10000], metavar="N,N…")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5, help="of each measurement")
    parser.add_argument("--window", type=int, default=64, help="open requests")
    parser.add_argument("--receive", default="worker,dedicated",
                        help="gateway.receive to measure; '' for the echo alone")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE",
                        help="a further setting of the gateway")
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--load-cpu", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    return parser.parse_args()


def pinned(cpu, command):
    return ["taskset", "-c", str(cpu), *map(str, command)]


def gateway_command(options, receive, csv):
    binary = os.environ.get("SIMGATE", options.build / "gateway" / "simgate")
    settings = ["coap.listen=127.0.0.1:0", "coaps.listen=", "gateway.workers=1", f"gateway.receive={receive}",
                "mqtt.url=null:", f"store.url=memory:{csv}", "admin.listen=127.0.0.1:0",
                *options.set]
    return [binary, *(word for setting in settings for word in ("--set", setting))]


def servers(options, csv):
    """What is compared, by name; the echo is first."""
    commands = {"echo": [options.build / "tests" / "bench" / "echo", "--port", "0"]}
    for receive in filter(None, options.receive.split(",")):
        commands[receive] = gateway_command(options, receive, csv)
    return commands


def read_address(process):
    """The address that a server says it listens on; its further output is read and dropped."""
    found = queue.Queue()

    def read():
        for line in process.stdout:
            match = LISTENING.search(line)
            if match:
                found.put(match[1])
        found.put(None)

    threading.Thread(target=read, daemon=True).start()
    try:
        address = found.get(timeout=START_SECONDS)
    except queue.Empty:
        address = None
    if not address:
        raise SystemExit(f"bench_plain: {process.args[3]} did not say where it listens")
    return address


@contextlib.contextmanager
def running(command, cpu):
    process = subprocess.Popen(pinned(cpu, command), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def generate(options, name, devices, server, address, results):
    command = [options.build / "loadtest" / "simgate-load", "--devices", devices,
               "--window", options.window, "--duration", f"{options.seconds}s",
               "--server-pid", server.pid, "--json", results, f"coap://{address}"]
    if name == "echo":
        command.insert(1, "--echo")
    done = subprocess.run(pinned(options.load_cpu, command), stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(f"bench_plain: {name}, {devices} devices: not every request was answered well\n"
              f"{done.stdout}", file=sys.stderr)
    return done.returncode == 0


def measure(options, name, command, devices, scratch):
    results = scratch / "results.json"
    results.unlink(missing_ok=True)
    with running(command, options.server_cpu) as server:
        good = generate(options, name, devices, server, read_address(server), results)
    if not results.exists():
        raise SystemExit(f"bench_plain: no results for {name}")
    values = json.loads(results.read_text())["measured"]
    return {"rate": values["answered_per_second"], "cpu": values["server_cpu_us_per_answered"],
            "good": good}


def run_rounds(options, scratch):
    csv = scratch / "devices.csv"
    csv.write_text(DEVICES_CSV)
    commands = servers(options, csv)
    results = {(devices, name): [] for devices in options.devices for name in commands}
    for number in range(options.rounds):
        print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        for devices, name in results:
            results[devices, name].append(
                measure(options, name, commands[name], devices, scratch))
    return results


def spread(values, form):
    return f"{statistics.median(values):{form}} [{min(values):{form}}–{max(values):{form}}]"


def print_results(results):
    print("median [least–most] of the rounds; ratios are to the echo of the same round\n")
    print(f"{'devices':>7}  {'server':<10} {'requests/s':>26} {'CPU us/request':>20} "
          f"{'requests/s ratio':>18} {'CPU ratio':>18}")
    for (devices, name), rounds in results.items():
        echo = results[devices, "echo"]
        ratio = lambda key: [r[key] / e[key] for r, e in zip(rounds, echo) if e[key]] or [0]
        print(f"{devices:>7}  {name:<10} {spread([r['rate'] for r in rounds], ',.0f'):>26} "
              f"{spread([r['cpu'] for r in rounds], '.2f'):>20} "
              f"{spread(ratio('rate'), '.2f'):>18} {spread(ratio('cpu'), '.2f'):>18}")


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as scratch:
        results = run_rounds(options, pathlib.Path(scratch))
    print_results(results)
    return 0 if all(r["good"] for rounds in results.values() for r in rounds) else 1


if __name__ == "__main__":
    sys.exit(main())
