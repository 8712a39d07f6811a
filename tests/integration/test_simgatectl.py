"""simgatectl where the store is a file: what it prints and its exit codes. Usage: test_simgatectl.py SIMGATECTL"""

import json
import os
import subprocess
import sys
import tempfile
import unittest

SIMGATECTL = sys.argv.pop(1)

DEVICES = """\
iccid,address,status,imsi,location_allowed
8988280666000002864,100.91.200.24,active,901405100002864,yes
8988280666000002865,100.91.200.25,inactive,,
8988280600000000000,10.1.0.0/16,active,901405000000000,
8988280601000000000,fd00:0:1::/48,active,,
"""


class SimgatectlTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def write(self, text):
        path = os.path.join(self.folder.name, "devices.csv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_ctl(self, *arguments):
        done = subprocess.run(
            [SIMGATECTL, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode, done.stdout, done.stderr

    def show(self, what):
        code, out, err = self.run_ctl("device", "show", what, "--store", self.store)
        return code, dict(line.split(None, 1) for line in out.splitlines()), err

    def test_check_counts_devices(self):
        code, out, err = self.run_ctl("check", self.write(DEVICES))
        self.assertEqual((code, err), (0, ""))
        self.assertEqual(
            out, "131074 devices in 4 rows: 131073 active, 1 inactive; 2 rows are prefixes\n"
        )

    def test_check_notes_rows_that_are_never_asked_for(self):
        path = self.write("iccid,address,status\n8988280666000002864,fd00::5,active\n")
        code, out, _ = self.run_ctl("check", path)
        self.assertEqual(code, 0)
        self.assertIn("note: 1 IPv6 rows", out)

    def test_check_prints_every_problem(self):
        path = self.write(DEVICES + "12,10.1.0.0/16,active,,\n8988280666000002864,::1,on,,\n")
        code, out, err = self.run_ctl("check", path)
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(
            [line.partition(" is not legal")[0] for line in err.splitlines()],
            [f'{path}:6: column iccid: "12"', f'{path}:7: column status: "on"'],
        )

    def test_check_of_no_file(self):
        code, _, err = self.run_ctl("check", "/nonexistent.csv")
        self.assertEqual((code, err), (1, "/nonexistent.csv: No such file or directory\n"))

    def test_show_by_address_and_by_iccid(self):
        self.store = "memory:" + self.write(DEVICES)
        for what in "100.91.200.24", "8988280666000002864":
            code, device, _ = self.show(what)
            self.assertEqual(code, 0)
            self.assertEqual(device["iccid"], "8988280666000002864")
            self.assertEqual(device["address"], "100.91.200.24")
            self.assertEqual(device["imsi"], "901405100002864")
            self.assertEqual(device["status"], "active")
            self.assertEqual(device["location_allowed"], "true")

    def test_show_inside_a_prefix(self):
        self.store = "memory:" + self.write(DEVICES)
        for what in "10.1.1.2", "8988280600000000258":
            code, device, _ = self.show(what)
            self.assertEqual(code, 0)
            self.assertEqual(device["iccid"], "8988280600000000258")
            self.assertEqual(device["address"], "10.1.1.2")
            self.assertEqual(device["imsi"], "901405000000258")
            self.assertEqual(device["row"], "line 4, 10.1.0.0/16")
        code, device, _ = self.show("fd00:0:1:ff:1234::5")
        self.assertEqual((code, device["iccid"]), (0, "8988280601000000255"))

    def test_show_a_stranger(self):
        self.store = "memory:" + self.write(DEVICES)
        for what in "11.0.0.1", "8988280666000002866", "8988280600000065536", "898828060000000025":
            code, device, err = self.show(what)
            self.assertEqual((code, device), (1, {}), what)
            self.assertIn(what, err)

    def test_list(self):
        store = "--store=memory:" + self.write(DEVICES)
        code, out, _ = self.run_ctl("device", "list", store)
        lines = [line.split() for line in out.splitlines()]
        self.assertEqual(code, 0)
        self.assertEqual(len(lines), 5)
        self.assertEqual(
            lines[3],
            ["8988280600000000000", "10.1.0.0/16", "active", "901405000000000", "-", "65536",
             "8988280600000065535"],
        )

    def list(self, *options):
        code, out, err = self.run_ctl("device", "list", "--output", "json", "--store", self.store, *options)
        self.assertEqual((code, err), (0, ""))
        return [json.loads(line) for line in out.splitlines()]

    def test_list_in_json(self):
        self.store = "memory:" + self.write(DEVICES)
        self.assertEqual(
            self.list()[2],
            {"iccid": "8988280600000000000", "address": ["10.1.0.0/16"], "status": "active",
             "imsi": "901405000000000", "location_allowed": False, "template": None, "devices": 65536,
             "last_iccid": "8988280600000065535"},
        )

    def test_list_filters(self):
        self.store = "memory:" + self.write(
            "iccid,address,status,location_allowed,template\n"
            "8988280666000002864,100.91.200.24,active,yes,a\n"
            "8988280666000002865,100.91.200.25,inactive,,-\n"
            "8988280600000000000,10.1.0.0/16,active,no,\n"
            "8988280601000000000,fd00:0:1::/48,active,,a\n"
        )
        for expected, options in (
            ([64, 65, "v4", "v6"], []), ([65], ["--status", "inactive"]), ([64, "v6"], ["--template", "a"]),
            ([65], ["--template", "-"]), (["v4"], ["--template", ""]), ([64], ["--location-allowed", "true"]),
            ([65, "v4", "v6"], ["--location-allowed", "no"]), ([64, 65], ["--address", "100.64.0.0/10"]),
            (["v4"], ["--address", "10.1.7.0/24"]), (["v4"], ["--address", "10.0.0.0/8"]),
            (["v6"], ["--address", "fd00:0:1:5::9"]), ([64, 65, "v4"], ["--address", "0.0.0.0/0"]),
            ([], ["--address", "10.2.0.0/16"]), ([64, 65], ["898828066"]), (["v4"], ["8988280600000000258"]),
            (["v4"], ["89882806000000655"]), ([], ["89882806000000656"]), (["v4", "v6"], ["898828060"]),
            ([64, 65], ["--limit", "2"]), (["v6"], ["898828060", "--template", "a", "--limit", "1"]),
        ):
            names = {"v4": ("00", "10.1.0.0/16"), "v6": ("00", "fd00:0:1::/48")}
            listed = [(row["iccid"][-2:], row["address"][0]) for row in self.list(*options)]
            wanted = [names.get(e, (str(e), f"100.91.200.{e - 40}" if isinstance(e, int) else "")) for e in expected]
            self.assertEqual(listed, wanted, options)

    def test_show_tells_of_keys_and_places(self):
        self.store = "memory:" + self.write(
            "iccid,address,status,psk,longitude,latitude,source,sample_time,template\n"
            "8988280666000002864,100.91.200.24,active,my-own-secret,13.4049540,52.52,GPS,1700000000,-\n"
        )
        code, device, _ = self.show("100.91.200.24")
        self.assertEqual(code, 0)
        self.assertEqual(
            [device[name] for name in ("psk", "longitude", "latitude", "source", "sample_time", "template")],
            ["true", "13.4049540", "52.52", "GPS", "1700000000", "(none)"],
        )
        code, out, _ = self.run_ctl("device", "show", "100.91.200.24", "--store", self.store, "--output=json")
        self.assertEqual(json.loads(out)["psk"], True)
        self.assertNotIn("my-own-secret", out)

    def test_usage(self):
        code, out, _ = self.run_ctl("--help")
        self.assertEqual(code, 0)
        self.assertIn("device show", out)
        self.assertIn("device deactivate", out)
        code, out, _ = self.run_ctl("--version")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"^simgatectl \d+\.\d+\.\d+\n$")
        for wrong in (
            [], ["check"], ["frobnicate"], ["device"], ["device", "show"], ["--frobnicate"],
            ["device", "list"], ["device", "list", "--store"], ["device", "list", "898", "more"],
            ["device", "list", "--store", "rediss://localhost"],
            ["device", "list", "--store", "memory:"], ["check", "x", "--store", "memory:x"],
            ["device", "show", "x", "--store", "memory:x"],
        ):
            code, out, err = self.run_ctl(*wrong)
            self.assertEqual((code, out), (2, ""), wrong)
            self.assertTrue(err.startswith("simgatectl: "), wrong)


if __name__ == "__main__":
    unittest.main()
