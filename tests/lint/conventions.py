#!/usr/bin/env python3
"""Fails on what CONTRIBUTING.md rules out and a regular expression can see:

    conventions.py [--root ROOT] [--objects BUILD]

No typedef of a struct, no names in _t, long files and functions, guards and opening comments of
headers, clocks in code that takes time as a parameter; and, in the compiled objects, variables that
can change: there is no mutable state outside what is passed in.
"""

import argparse
import os
import re
import subprocess
import sys

FOLDERS = ['base', 'gateway', 'workers', 'storage', 'publisher', 'loadtest', 'tests']

FILE_LINES = 450
FUNCTION_LINES = 60

# What may be longer all the same: path, or path:function. Each needs a reason.
LONG_ALLOWED = {}

# Variables that may change although nobody passes them in: path of the source, name. Each needs a
# reason. Tests are not looked at.
MUTABLE_ALLOWED = {
    ('workers/dtls/wolfssl_memory.c', 'pool'),  # and for memory
    ('workers/dtls/wolfssl_random.c', 'pool'),  # wolfSSL asks for random bytes without a context
}

# Time is a parameter here.
WITHOUT_CLOCK = ['workers/coap/', 'workers/dtls/', 'workers/resources/']

LINE_RULES = [
    (re.compile(r'\btypedef\s+(struct|union|enum)\b'), 'a typedef hides what a type is'),
    (re.compile(r'\btypedef\b[^(]*(\b\w+_t\s*(\(.*\))?;|\(\*\s*\w+_t\))'),
     'names in _t belong to the system'),
    (re.compile(r'\b(struct|union|enum)\s+\w+_t\b'), 'names in _t belong to the system'),
    (re.compile(r'^(?!\s|typedef\b)[\w\s*]*\b\w+_t\('), 'names in _t belong to the system'),
]
CLOCK = re.compile(r'\b(clock_now|clock_wall_ms|clock_gettime|gettimeofday|uv_hrtime|uv_now|time)\(')


def sources(root):
    """Our C files, by path from the root."""
    for folder in FOLDERS:
        for directory, _, names in os.walk(os.path.join(root, folder)):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(directory, name), root)


def without_comments(text):
    """The text with comments and strings blanked, line by line as it was."""
    def blank(match):
        return re.sub(r'[^\n]', ' ', match.group(0))
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"', blank, text, flags=re.S)


def functions(lines):
    """(name, first line, length) of each function, whose braces stand alone in column 0."""
    for opening, line in enumerate(lines):
        if line.rstrip() != '{':
            continue
        first = opening
        while first > 0 and lines[first - 1].strip() and not lines[first - 1].startswith(('#', '}')):
            first -= 1
        closing = next((i for i in range(opening, len(lines)) if lines[i].startswith('}')), opening)
        name = re.search(r'(\w+)\s*\(', ' '.join(lines[first:opening]))
        yield name.group(1) if name else '?', first + 1, closing - first + 1


def check_lengths(path, lines):
    if len(lines) > FILE_LINES and path not in LONG_ALLOWED:
        yield f'{path}:1: {len(lines)} lines; a file of more than {FILE_LINES} has two jobs'
    for name, first, length in functions(lines):
        if length > FUNCTION_LINES and f'{path}:{name}' not in LONG_ALLOWED:
            yield (f'{path}:{first}: {name}() has {length} lines; '
                   f'one of more than {FUNCTION_LINES} has two jobs')


def check_header(path, text):
    guard = 'SIMGATE_' + re.sub(r'\W', '_', path).upper()
    if not text.startswith('/*'):
        yield f'{path}:1: a header opens with what it is, who may call it and who owns what'
    if f'#ifndef {guard}\n#define {guard}\n' not in text:
        yield f'{path}:1: the guard should be {guard}'


def check_lines(path, lines):
    for number, line in enumerate(lines, 1):
        for pattern, reason in LINE_RULES:
            if pattern.search(line):
                yield f'{path}:{number}: {reason}'
        if path.startswith(tuple(WITHOUT_CLOCK)) and CLOCK.search(line):
            yield f'{path}:{number}: time is a parameter here'


def check_source(root, path):
    with open(os.path.join(root, path), encoding='utf-8') as file:
        text = file.read()
    lines = without_comments(text).splitlines()
    yield from check_lines(path, lines)
    yield from check_lengths(path, lines)
    if path.endswith('.h'):
        yield from check_header(path, text)


def source_of(relative):
    """The source that Meson compiled to base/libbase.a.p/log.c.o, or gateway/x.p/.._base_log.c.o."""
    folder, name = os.path.split(relative)
    return os.path.join(os.path.dirname(folder), name[:-len('.o')].replace('_', '/')
                        if name.startswith('.._') else name[:-len('.o')])


def objects(build):
    """(path, source) of each object of ours but the tests'."""
    for folder in FOLDERS:
        for directory, _, names in os.walk(os.path.join(build, folder)):
            for name in sorted(names):
                path = os.path.join(directory, name)
                if name.endswith('.c.o') and folder != 'tests':
                    yield path, source_of(os.path.relpath(path, build))


def mutable_variables(paths):
    """(object, name) of variables in sections that stay writable (.data.rel.ro does not)."""
    listing = subprocess.run(['nm', '--format=sysv', '--defined-only', *paths], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    path = None
    for line in listing.splitlines():
        heading = re.match(r'Symbols from (.*):$', line)
        if heading:
            path = heading.group(1)
        columns = [column.strip() for column in line.split('|')]
        if len(columns) == 7 and columns[3] in ('OBJECT', 'TLS') and \
                re.match(r'(\.t?(data|bss)(?!\.rel\.ro)|\*COM\*)', columns[6]):
            yield path, re.sub(r'\.\d+$', '', columns[0])  # a static inside a function has a number


def check_objects(build):
    found = dict(objects(build))
    if not found:
        yield f'{build}:1: there are no objects to look at'
        return
    for path, name in mutable_variables(list(found)):
        if (found[path], name) not in MUTABLE_ALLOWED:
            yield f'{found[path]}:1: {name} is a variable outside of any function\'s frame'


def check(root, build=None):
    """All faults, as "file:line: reason"."""
    faults = [fault for path in sources(root) for fault in check_source(root, path)]
    return faults + (list(check_objects(build)) if build else [])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--root', default='.')
    parser.add_argument('--objects', metavar='BUILD', help='a build directory without sanitizers')
    arguments = parser.parse_args()
    faults = check(arguments.root, arguments.objects)
    print('\n'.join(faults) or 'conventions: nothing to object to')
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
