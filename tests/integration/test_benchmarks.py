#!/usr/bin/env python3
"""`make bench`'s suite, in a hurry: what it measures is in the page and in a plot, and nothing else changes."""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree

from harness import tap
from harness.gateway import SIMGATE

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.dirname(os.path.dirname(os.path.abspath(SIMGATE)))
PAGE = os.path.join(ROOT, 'docs/benchmarks.md')


def run(directory, *options):
    """Returns (exit status, output, pid)."""
    process = subprocess.Popen([sys.executable, os.path.join(ROOT, 'tests/bench/bench.py'), '--build', BUILD,
                                '--output', directory, *options], start_new_session=True, text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    output, _ = process.communicate(timeout=200)
    return process.returncode, output, process.pid


def read(path):
    with open(path, encoding='utf-8') as file:
        return file.read()


def in_session(session):
    """Names of the processes that are left of a session."""
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            name, rest = read(f'/proc/{pid}/stat').split('(', 1)[1].rsplit(')', 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(rest.split()[3]) == session:
            yield name


def without(name, page):
    return re.sub(f'<!-- bench: {name} -->.*<!-- end: {name} -->', '', page, flags=re.DOTALL)


def test_measures_and_writes(scope):
    directory, before = scope.directory(), read(PAGE)
    status, output, session = run(directory, '--rounds', '1', '--seconds', '0.5', '--only', 'plain')
    assert status == 0, output
    assert 'all is well' in output and 'round 1 of 1' in output, output
    page = read(os.path.join(directory, 'benchmarks.md'))
    for devices in ('100', '1,000', '10,000', '100,000'):
        for name in ('echo', 'gateway'):
            row = re.search(rf'^\| {devices} \| {name} \| ([\d,]+) \| ([\d.]+) \|', page, re.MULTILINE)
            assert row and int(row[1].replace(',', '')) > 0 and float(row[2]) > 0, page
    assert re.search(r'^\| 1,000 \| libcoap', page, re.MULTILINE), page
    assert without('plain', page) == without('plain', before)
    assert read(PAGE) == before
    picture = xml.etree.ElementTree.parse(os.path.join(directory, 'benchmarks/plain.svg')).getroot()
    assert len(picture.findall('{http://www.w3.org/2000/svg}rect')) == 11
    assert not list(in_session(session))


def test_refuses_what_it_does_not_know(scope):
    status, output, _ = run(scope.directory(), '--only', 'plain,magic')
    assert status == 2 and 'no such figure: magic' in output, output


if __name__ == '__main__':
    tap.main()
