#!/usr/bin/env python3
"""Measures the gateway, the limits of what it does, and what Debian has, in turn: A B C A B C …

Servers run on one CPU, the generator, brokers and stores on the other. Each measurement has a server of its own.
Ratios are taken within a round, so that what else the machine does hits all alike. See docs/benchmarks.md, which the
results are written into, between marks."""

import argparse
import json
import os
import pathlib
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time

import plots
import tables
from figure import Results
from figures import AIMS, FIGURES
from servers import Failed, Missing

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / 'docs' / 'benchmarks.md'
ROUNDS_TO_PUBLISH = 3  # fewer are for a look, and stay out of the page
OVERHEAD = 1.5         # seconds of a measurement besides its own, as a first guess
PROGRAMS = {'simgate': 'gateway', 'simgatectl': 'storage', 'simgate-load': 'loadtest', 'echo': 'tests/bench',
            'bare_publisher': 'tests/bench', 'bare_redis': 'tests/bench', 'bare_dtls': 'tests/bench',
            'pauses': 'tests/bench',
            'bench_redis_memory': 'tests/bench'}


class Bench:
    """What measurements need to know."""

    def __init__(self, options, scratch):
        self.seconds = options.seconds
        self.server_cpu, self.load_cpu = str(options.server_cpu), str(options.load_cpu)
        self.scratch = scratch
        self.programs = {name: options.build / folder / name for name, folder in PROGRAMS.items()}

    def need(self, name, reason):
        if not os.path.exists(self.programs[name]):
            raise Missing(reason)
        return self.programs[name]


def parse_arguments():
    names = [figure.name for figure in FIGURES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--rounds', type=int, default=5)
    parser.add_argument('--seconds', type=float, default=3, help='of each measurement')
    parser.add_argument('--only', default='', metavar='NAME,…', help=f'of {", ".join(names)}')
    parser.add_argument('--build', type=pathlib.Path, default=ROOT / 'build-release')
    parser.add_argument('--output', type=pathlib.Path, metavar='DIRECTORY',
                        help=f'where benchmarks.md goes, and benchmarks/ with the plots (docs; with fewer than '
                             f'{ROUNDS_TO_PUBLISH} rounds the build directory)')
    parser.add_argument('--server-cpu', type=int, default=0)
    parser.add_argument('--load-cpu', type=int, default=1)
    options = parser.parse_args()
    options.only = [name for name in options.only.split(',') if name] or names
    unknown = set(options.only) - set(names)
    if unknown or options.rounds < 1 or options.seconds <= 0:
        parser.error(f'no such figure: {", ".join(unknown)}' if unknown else 'rounds and seconds must be more than 0')
    options.build = options.build.resolve()
    options.output = options.output or (ROOT / 'docs' if options.rounds >= ROUNDS_TO_PUBLISH else options.build)
    return options


class Progress:
    """Says what runs, and how long all will take."""

    def __init__(self, rounds, total, seconds):
        self.rounds, self.total, self.done = rounds, total, 0
        self.guess, self.began = seconds + OVERHEAD, time.monotonic()

    def say(self, number, figure, setting, contestant):
        each = (time.monotonic() - self.began) / self.done if self.done else self.guess
        left = round(each * (self.total - self.done))
        print(f'round {number + 1} of {self.rounds}, {left // 60}:{left % 60:02} left: {figure.name}, '
              f'{tables.shown(setting)}, {contestant.name}', flush=True)
        self.done += 1


def measure(bench, results, setting, contestant):
    """A measurement, whose failure leaves the others alone. Returns whether all is well."""
    try:
        values = contestant.measure(bench, setting)
    except Missing as reason:
        note(results, f'{contestant.name}: {reason}')
        values = {}
    except (Failed, OSError, ValueError, KeyError, subprocess.SubprocessError) as reason:
        note(results, f'{contestant.name}, {tables.shown(setting)}: {reason}')
        values = {'failed': True}
    results.add(setting, contestant.name, values)
    if values.get('good') is False:
        print(f'    {contestant.name}: not every request was answered well', flush=True)
    return contestant.foreign or not values.get('failed') and values.get('good') is not False


def note(results, problem):
    print(f'    left out: {problem}', flush=True)
    if problem not in results.problems:
        results.problems.append(problem)


def runs_of(all_results, number):
    """What a round measures, in order."""
    return [(results, setting, contestant) for results in all_results for setting, contestant in results.figure.runs()
            if number == 0 or not results.figure.once]


def run_rounds(bench, options):
    """All results, and whether nothing went wrong."""
    all_results = [Results(figure) for figure in FIGURES if figure.name in options.only]
    total = sum(len(runs_of(all_results, number)) for number in range(options.rounds))
    progress, good = Progress(options.rounds, total, options.seconds), True
    for number in range(options.rounds):
        for results, setting, contestant in runs_of(all_results, number):
            progress.say(number, results.figure, setting, contestant)
            good = measure(bench, results, setting, contestant) and good
    return all_results, good


def version(*command):
    """The first line that a program prints about itself and that has a version, or None."""
    if not shutil.which(command[0], path=os.environ.get('PATH', '') + ':/usr/sbin'):
        return None
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return next((line for line in done.stdout.splitlines() if re.search(r'\d\.\d', line)), None)


def machine():
    """What the figures were measured on, as a sentence or two."""
    processor = re.search(r'model name\s*: (.*)', pathlib.Path('/proc/cpuinfo').read_text())
    others = [version('redis-server', '--version'), version('/usr/sbin/mosquitto', '-h'),
              version('coap-server-notls', '-h')]
    short = [re.sub(r' sha=.*| -- .*', '', text) for text in others if text and 'invalid' not in text]
    return (f'{os.cpu_count()} CPUs ({processor[1] if processor else platform.machine()}), '
            f'{platform.system()} {platform.release()}; {", ".join(short)}.')


def settings_of(options):
    return (f'{time.strftime("%Y-%m-%d", time.gmtime())}, {options.rounds} rounds of {options.seconds:g} s. '
            f'{machine()}')


def check_marks(options):
    """Whether the page has a place for everything: better now than when all was measured."""
    for name in [*options.only, 'aims']:
        tables.between_marks(PAGE.read_text(), name, '')


def write_page(options, all_results):
    """Replaces in the page what was measured, and draws its pictures."""
    page = options.output / PAGE.name
    pictures = options.output / 'benchmarks'
    pictures.mkdir(parents=True, exist_ok=True)
    content = PAGE.read_text()
    for results in all_results:
        picture = plots.draw(results)
        name = f'{results.figure.name}.svg'
        if picture:
            (pictures / name).write_text(picture)
        section = tables.section(results, f'benchmarks/{name}' if picture else None)
        content = tables.between_marks(content, results.figure.name, f'{section}\nMeasured {settings_of(options)}')
    if len(options.only) == len(FIGURES):
        content = tables.between_marks(content, 'aims', tables.markdown(tables.aim_rows(AIMS, all_results)))
    page.write_text(content)
    print(f'written: {page}, and plots in {pictures}')


def print_results(all_results):
    for results in all_results:
        rows = list(tables.rows_of(results))
        print(f'\n{results.figure.title}\n')
        print(tables.text(rows) if len(rows) > 1 else 'nothing was measured\n', end='')
        for problem in results.problems:
            print(f'left out: {problem}')
    print('\nmedian [least–most] of the rounds; ratios are to the first of the same round; * not all answered 2.xx\n')
    print(tables.text(tables.aim_rows(AIMS, all_results)))


def write_json(options, all_results):
    """Everything that was measured, for whoever wants to look closer."""
    rows = [{'figure': results.figure.name, 'setting': setting, 'contestant': name, 'rounds': rounds}
            for results in all_results for (setting, name), rounds in results.rounds.items()]
    (options.build / 'bench.json').write_text(json.dumps(rows, indent=1) + '\n')


def main():
    options = parse_arguments()
    check_marks(options)
    with tempfile.TemporaryDirectory(prefix='simgate-bench-') as scratch:
        all_results, good = run_rounds(Bench(options, pathlib.Path(scratch)), options)
    print_results(all_results)
    write_json(options, all_results)
    write_page(options, all_results)
    print('all is well' if good else 'something went wrong: see above')
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())
