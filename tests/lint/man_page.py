#!/usr/bin/env python3
"""Fails where the man page is not what simgatectl is: man_page.py SIMGATECTL [PAGE]

Every command with its operands, every option and every variable of --help stands in the page and the
other way round; what the page says of a command's options is what the command takes; and the page is
formatted without warnings.
"""

import os
import re
import shutil
import subprocess
import sys

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../docs/simgatectl.1')

OPTION = re.compile(r'--[a-z][a-z0-9-]*')
VARIABLE = re.compile(r'SIMGATE_[A-Z0-9_]+')
FORMATTERS = (['groff', '-mandoc', '-ww', '-Tutf8', '-z'], ['mandoc', '-Tlint', '-Wwarning'])


def run(*command):
    return subprocess.run(command, text=True, capture_output=True, timeout=60, check=False,
                          env={k: v for k, v in os.environ.items() if not k.startswith('SIMGATE_')})


def plain(words):
    """Words of mdoc without its macros: 'Ar iccid Ns | Ns Ar address' is 'ICCID|ADDRESS'."""
    text = re.sub(r'\bOp (.*)', r'[\1]', words)
    text = re.sub(r' Ns\b ?', '', re.sub(r'\b(?:Ar|Cm) ', '', text))
    return text.upper()


def commands_of_help(text):
    """name → operands, in capitals."""
    found = {}
    for line in re.search(r'^commands:\n(.*?)\n\n', text, re.S | re.M).group(1).splitlines():
        name, operands = re.match(r'  ([a-z]+(?: [a-z]+)?)((?: \[?[A-Z]\S*)*) ', line).groups()
        found[name] = operands.strip().upper()
    return found


class Command:
    """What the page says of a command."""

    def __init__(self, operands, text):
        self.operands = plain(operands)
        self.options = {f'-{name}' for line in re.findall(r'^\.Fl (.*)', text, re.M)
                        for name in re.findall(r'(?<!\S)-[a-z0-9-]+', line)}
        self.has_store = 'Needs no store.' not in text


def commands_of_page(text):
    found = {}
    for item in re.split(r'^\.It Ic ', text, flags=re.M)[1:]:
        head, _, rest = item.partition('\n')
        name, operands = re.match(r'([a-z ]+?)(?: ((?:Ar|Op) .*))?$', head).groups()
        found[name] = Command(operands or '', rest.split('\n.El\n')[0])
    return found


def options_of_page(text):
    """Each option with a word for its value, if it takes one."""
    return {f'-{name}': ['1'] if rest.strip() else []
            for name, rest in re.findall(r'^\.It Fl (-[a-z0-9-]+)(.*)', text, re.M)}


def compare(what, helped, paged):
    for name in sorted(helped - paged):
        yield f'{what} {name} is in --help and not in the page'
    for name in sorted(paged - helped):
        yield f'{what} {name} is in the page and not in --help'


def check_options(simgatectl, name, command, options, store_options):
    """Which options a command takes is what it says of each one: none of these calls does anything."""
    said = command.options | (store_options if command.has_store else set())
    operands = ['/nonexistent'] * len(command.operands.split())
    for option, value in options.items():
        if option in ('--help', '--version'):
            continue
        error = run(simgatectl, *name.split(), *operands, option, *value).stderr
        if 'does not belong to' in error and option in said:
            yield f'{name} does not take {option}, and the page says so'
        if 'does not belong to' not in error and option not in said:
            yield f'{name} takes {option}, and the page does not say so'


def check_format(path):
    for command in FORMATTERS:
        if shutil.which(command[0]):
            done = run(*command, path)
            yield from (done.stdout + done.stderr).splitlines()


def check(simgatectl, path):
    """All faults."""
    text = run(simgatectl, '--help').stdout
    with open(path, encoding='utf-8') as file:
        page = file.read()
    helped, paged, options = commands_of_help(text), commands_of_page(page), options_of_page(page)
    store_options = set(options_of_page(re.search(r'^\.Ss The store\n(.*?)^\.Ss', page, re.S | re.M).group(1)))
    faults = [*compare('the command', {f'{n} {o}' for n, o in helped.items()},
                       {f'{n} {c.operands}' for n, c in paged.items()}),
              *compare('the option', set(OPTION.findall(text)), set(options)),
              *compare('the variable', set(VARIABLE.findall(text)), set(VARIABLE.findall(page))),
              *check_format(path)]
    for name, command in paged.items() if not faults else []:
        faults += check_options(simgatectl, name, command, options, store_options)
    return faults


def main():
    path = sys.argv[2] if len(sys.argv) > 2 else PAGE
    faults = check(sys.argv[1], path)
    for fault in faults:
        print(f'{os.path.relpath(path)}: {fault}')
    return 1 if faults else 0


if __name__ == '__main__':
    sys.exit(main())
