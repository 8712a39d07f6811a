#!/usr/bin/env python3
"""Fails on an #include that goes the wrong way: layering.py [ROOT]

CONTRIBUTING.md has the same table for people. What is checked: which folder's headers a folder may
include, which folder may include a library's headers, that every header of our own exists and is
named from the root, and that no header includes itself by way of others.
"""

import os
import re
import sys

# folder → the headers of ours that it may include besides its own: a folder (with "/") or one file.
# The longest matching folder rules. None: anything.
MAY_INCLUDE = {
    'base': [],
    'storage': ['base/'],
    'storage/ctl': ['base/', 'storage/', 'workers/resources/energy_saver/'],
    'publisher': ['base/'],
    'workers/coap': ['base/'],
    'workers/dtls': ['base/'],
    'workers/resources': ['base/', 'workers/coap/', 'workers/resources/', 'storage/store.h',
                          'publisher/publisher.h'],
    'workers/resources/energy_saver': ['base/'],
    'workers': ['base/', 'workers/', 'storage/store.h', 'publisher/publisher.h'],
    'gateway': ['base/', 'storage/', 'publisher/', 'workers/'],
    'loadtest': ['base/', 'workers/coap/'],
    'tests': None,
}

# what a system header's name begins with → the folders that may include it, or, with a *, the files
LIBRARIES = {
    'wolfssl/': ['workers/dtls', 'loadtest/dtls*'],
    'mosquitto': ['publisher', 'loadtest'],
    'mqtt_protocol.h': ['publisher', 'loadtest'],
    'hiredis/': ['storage'],
    'microhttpd.h': ['gateway'],
    'ini.h': ['gateway', 'loadtest'],
    'jansson.h': ['workers/resources', 'storage/ctl'],
    'uv.h': ['gateway', 'workers', 'storage', 'publisher', 'loadtest'],
}

# These compute and do no I/O, whatever the folder above them may include.
WITHOUT_IO = ['workers/coap', 'workers/dtls', 'workers/resources', 'workers/resources/energy_saver']
IO_LIBRARIES = ['uv.h', 'mosquitto', 'hiredis/', 'microhttpd.h']

INCLUDE = re.compile(r'^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)')


def folder_of(path):
    """The key of MAY_INCLUDE that rules a path, or None."""
    keys = [key for key in MAY_INCLUDE if path.startswith(key + '/')]
    return max(keys, key=len, default=None)


def sources(root):
    """The C files below the folders that have rules, by path from the root."""
    for top in sorted({key.split('/')[0] for key in MAY_INCLUDE}):
        for directory, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith(('.c', '.h')):
                    yield os.path.relpath(os.path.join(directory, name), root)


def includes(root, path):
    """(line number, our header or None, system header or None) of each #include of a file."""
    with open(os.path.join(root, path), encoding='utf-8') as file:
        for number, line in enumerate(file, 1):
            match = INCLUDE.match(line)
            if match:
                yield number, match.group(1), match.group(2)


def wrong_header(root, path, header):
    """Why a file may not include a header of ours, or None."""
    folder = folder_of(path)
    if not os.path.exists(os.path.join(root, header)):
        return f'"{header}" is no path from the root'
    allowed = MAY_INCLUDE[folder]
    if allowed is None or folder_of(header) == folder:
        return None
    if any(header.startswith(a) if a.endswith('/') else header == a for a in allowed):
        return None
    return f'{folder}/ may not include "{header}"'


def wrong_library(path, header):
    """Why a file may not include a library's header, or None."""
    folder = folder_of(path)
    if MAY_INCLUDE[folder] is None:
        return None
    for library, folders in LIBRARIES.items():
        if not header.startswith(library):
            continue
        if folder in WITHOUT_IO and library in IO_LIBRARIES:
            return f'{folder}/ does no I/O and may not include <{header}>'
        if not any(path.startswith(f[:-1] if f.endswith('*') else f + '/') for f in folders):
            return f'<{header}> may be included only in {", ".join(folders)}'
    return None


def cycle_from(graph, start):
    """The headers from `start` back to it, or None. A plain depth-first search."""
    stack, seen = [(start, [start])], set()
    while stack:
        at, way = stack.pop()
        for next_header in graph.get(at, []):
            if next_header == start:
                return way + [start]
            if next_header not in seen:
                seen.add(next_header)
                stack.append((next_header, way + [next_header]))
    return None


def check(root):
    """All faults, as "file:line: reason"."""
    faults, graph = [], {}
    for path in sources(root):
        for number, ours, system in includes(root, path):
            reason = wrong_header(root, path, ours) if ours else wrong_library(path, system)
            if reason:
                faults.append(f'{path}:{number}: {reason}')
            if ours:
                graph.setdefault(path, []).append(ours)
    for path in sorted(graph):
        cycle = cycle_from(graph, path)
        if cycle and path == min(cycle):
            faults.append(f'{path}:1: includes itself: {" → ".join(cycle)}')
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else '.'
    if not os.path.isdir(os.path.join(root, 'base')):
        sys.exit(f'layering.py: {root} is not the root of the sources')
    faults = check(root)
    print('\n'.join(faults) or 'layering: every include goes the right way')
    sys.exit(1 if faults else 0)


if __name__ == '__main__':
    main()
