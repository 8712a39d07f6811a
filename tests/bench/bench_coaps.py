#!/usr/bin/env python3
"""Starts a gateway with one worker on a CPU of its own and has bench_coaps measure what CoAPS costs it."""

import argparse
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading

import bench_plain

PORT = re.compile(r"listening on (coaps?)://127\.0\.0\.1:(\d+)")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=2000)
    parser.add_argument("--window", type=int, default=64, help="open requests")
    parser.add_argument("--requests", type=int, default=200000, help="of each measurement")
    parser.add_argument("--server-cpu", type=int, default=0)
    parser.add_argument("--load-cpu", type=int, default=1)
    parser.add_argument("--build", type=pathlib.Path, default=bench_plain.ROOT / "build")
    return parser.parse_args()


def write_devices(path, count):
    rows = [f"{8988280666000000000 + n},127.1.{n // 256}.{n % 256},active,sixteencharsskey\n"
            for n in range(count)]
    path.write_text("iccid,address,status,psk\n" + "".join(rows))


def read_ports(process):
    """The ports of coap and coaps; further output is read and dropped."""
    found = queue.Queue()

    def read():
        for line in process.stdout:
            match = PORT.search(line)
            if match:
                found.put(match.groups())

    threading.Thread(target=read, daemon=True).start()
    return dict(found.get(timeout=bench_plain.START_SECONDS) for _ in range(2))


def main():
    options = parse_arguments()
    with tempfile.TemporaryDirectory() as scratch:
        csv = pathlib.Path(scratch) / "devices.csv"
        write_devices(csv, options.devices)
        settings = ["coap.listen=127.0.0.1:0", "coaps.listen=127.0.0.1:0", "gateway.workers=1",
                    "gateway.receive=worker", "mqtt.url=null:", f"store.url=memory:{csv}",
                    "coaps.freeze_after=0", "admin.listen="]
        command = [options.build / "gateway" / "simgate",
                   *(word for setting in settings for word in ("--set", setting))]
        with bench_plain.running(command, options.server_cpu) as gateway:
            ports = read_ports(gateway)
            bench = [options.build / "tests" / "bench" / "bench_coaps", gateway.pid, ports["coap"],
                     ports["coaps"], options.devices, options.window, options.requests]
            return subprocess.run(bench_plain.pinned(options.load_cpu, bench)).returncode


if __name__ == "__main__":
    sys.exit(main())
