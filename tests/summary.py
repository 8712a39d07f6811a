#!/usr/bin/env python3
"""What became of all tests, whatever ran them:

    summary.py [--stage NAME=ok|failed]... BUILD...

Meson counts programs. This counts tests: each test in a program that reports them one by one (TAP),
and each program that does not. A test that was skipped counts as failed, unless its reason is one of
EXPECTED_SKIPS; so does a program that failed without any of its tests saying so, and a build whose
tests did not run. A stage (of .ci/run) counts as one. The last line is "N passed, N failed".
"""

import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree

GOOD = ('OK', 'EXPECTEDFAIL')
EXPECTED_SKIPS = ('no IPv6 here', 'this kind of store does not offer it')
LOG_LINES = 80


class Counts:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.details = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.details += other.details


def read_programs(build):
    """What Meson logged of each program of a build's last run, or None."""
    try:
        with open(os.path.join(build, 'meson-logs/testlog.json'), encoding='utf-8') as file:
            return [json.loads(line) for line in file]
    except (OSError, ValueError):
        return None


def read_tests(build):
    """program → the elements of its tests, for programs that report their tests."""
    try:
        root = xml.etree.ElementTree.parse(os.path.join(build, 'meson-logs/testlog.junit.xml')).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return {}
    return {suite.get('name').split('.', 1)[1]: suite.findall('testcase')
            for suite in root.iter('testsuite') if '.' in suite.get('name')}


def log_of(program):
    """The end of what a program printed."""
    lines = (program.get('stdout', '') + program.get('stderr', '')).splitlines()
    return [f'    | {line}' for line in lines[-LOG_LINES:]]


def skip_is_expected(program, name):
    """Whether the line of a skipped test gives a reason that is to be expected."""
    name = re.sub(r'^\d+ - ', '', name)
    return any(name in line and line.rstrip().endswith(EXPECTED_SKIPS)
               for line in program.get('stdout', '').splitlines() if '# skip' in line.lower())


def count_program(program, tests):
    counts, bad = Counts(), []
    for test in tests:
        if test.find('failure') is not None or test.find('error') is not None:
            bad.append(test.get('name'))
        elif test.find('skipped') is None:
            counts.passed += 1
        elif skip_is_expected(program, test.get('name')):
            counts.skipped += 1
        else:
            bad.append(f'{test.get("name")} (skipped)')
    if program['result'] in GOOD:
        counts.passed += not tests
    elif not bad and not (program['result'] == 'SKIP' and counts.skipped):
        bad.append(f'{program["result"].lower()}, exit status {program.get("returncode")}')
    counts.failed = len(bad)
    if bad:
        counts.details = [f'  FAILED {program["name"]}: {reason}' for reason in bad] + log_of(program)
    return counts


def count_build(build):
    programs, tests = read_programs(build), read_tests(build)
    counts = Counts()
    if not programs:
        counts.failed = 1
        counts.details = [f'  FAILED {build}: its tests did not run']
        return counts
    for program in programs:
        counts.add(count_program(program, tests.get(program['name'], [])))
    return counts


def print_counts(name, counts):
    skipped = f', {counts.skipped} that do not apply' if counts.skipped else ''
    print(f'{name}: {counts.passed} passed, {counts.failed} failed{skipped}')
    for line in counts.details:
        print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--stage', action='append', default=[], metavar='NAME=ok|failed')
    parser.add_argument('builds', nargs='*')
    arguments = parser.parse_args()
    total = Counts()
    for build in arguments.builds:
        counts = count_build(build)
        total.add(counts)
        if len(arguments.builds) > 1 or arguments.stage or counts.details or counts.skipped:
            print_counts(build, counts)
    for stage in arguments.stage:
        good = stage.endswith('=ok')
        total.passed += good
        total.failed += not good
        print(f'{stage.split("=")[0]}: {"ok" if good else "FAILED"}')
    print(f'{total.passed} passed, {total.failed} failed')
    sys.exit(1 if total.failed else 0)


if __name__ == '__main__':
    main()
