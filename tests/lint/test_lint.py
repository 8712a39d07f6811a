#!/usr/bin/env python3
"""Proves on small bad trees that layering.py and conventions.py can fail."""

import os
import subprocess
import tempfile
import unittest

import conventions
import layering

HEADER = '/* A header. */\n#ifndef SIMGATE_{guard}\n#define SIMGATE_{guard}\n{body}\n#endif\n'


class Tree(unittest.TestCase):
    """A root of its own for each test."""

    def setUp(self):
        self.directory = tempfile.TemporaryDirectory()
        self.root = self.directory.name

    def tearDown(self):
        self.directory.cleanup()

    def write(self, path, text):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'w', encoding='utf-8') as file:
            file.write(text)

    def write_header(self, path, body=''):
        guard = path.upper().replace('/', '_').replace('.', '_')
        self.write(path, HEADER.format(guard=guard, body=body))

    def expect(self, faults, *parts):
        """One fault for each part, which it contains; without parts: no faults."""
        self.assertEqual(len(faults), len(parts), faults)
        for fault, part in zip(faults, parts):
            self.assertIn(part, fault)


class Layering(Tree):
    def setUp(self):
        super().setUp()
        for path in ('base/ring.h', 'storage/store.h', 'storage/memory.h', 'publisher/publisher.h',
                     'publisher/pool.h', 'workers/worker.h', 'workers/coap/message.h',
                     'workers/resources/router.h', 'gateway/options.h'):
            self.write_header(path)

    def include(self, path, *headers):
        self.write(path, ''.join(f'#include {header}\n' for header in headers))
        return layering.check(self.root)

    def test_good_tree(self):
        self.include('gateway/main.c', '"gateway/options.h"', '"workers/worker.h"', '<uv.h>')
        self.include('workers/worker.c', '"workers/resources/router.h"', '"storage/store.h"')
        self.include('publisher/pool.c', '"publisher/pool.h"', '<mosquitto.h>')
        self.include('tests/unit/test_x.c', '"storage/memory.h"', '<mosquitto.h>')
        self.expect(layering.check(self.root))

    def test_upwards(self):
        self.expect(self.include('base/ring.c', '"base/ring.h"', '"gateway/options.h"'),
                    'base/ring.c:2: base/ may not include "gateway/options.h"')

    def test_sideways(self):
        self.expect(self.include('storage/memory.c', '"publisher/publisher.h"'), 'storage/memory.c:1')

    def test_workers_see_contracts_only(self):
        for folder in ('workers', 'workers/resources'):
            path = f'{folder}/x.c'
            self.expect(self.include(path, '"storage/store.h"', '"publisher/publisher.h"'))
            self.expect(self.include(path, '"storage/memory.h"'), f'{path}:1')
            self.expect(self.include(path, '"publisher/pool.h"'), f'{path}:1')
            self.include(path)

    def test_coap_sees_base_only(self):
        self.expect(self.include('workers/coap/message.c', '"workers/worker.h"',
                                 '"storage/store.h"', '"base/ring.h"'),
                    'message.c:1', 'message.c:2')

    def test_libraries_stay_in_their_folders(self):
        self.expect(self.include('workers/worker.c', '<wolfssl/ssl.h>', '<mosquitto.h>',
                                 '<hiredis/async.h>', '<stdio.h>'),
                    'worker.c:1', 'worker.c:2', 'worker.c:3')

    def test_no_io_below_the_worker(self):
        self.expect(self.include('workers/resources/router.c', '<uv.h>'), 'does no I/O')

    def test_headers_are_named_from_the_root(self):
        self.expect(self.include('base/ring.c', '"ring.h"'), 'is no path from the root')

    def test_cycle(self):
        self.write_header('base/a.h', '#include "base/b.h"')
        self.write_header('base/b.h', '#include "base/ring.h"\n#include "base/c.h"')
        self.write_header('base/c.h', '#include "base/a.h"')
        self.expect(layering.check(self.root), 'base/a.h → base/b.h → base/c.h → base/a.h')


class Conventions(Tree):
    def check(self, path, text):
        self.write(path, text)
        return conventions.check(self.root)

    def test_good_file(self):
        self.write_header('base/x.h', 'typedef void x_fn(uint32_t n);\nsize_t x(uint8_t n);')
        self.expect(self.check('base/x.c', 'uint32_t x(size_t n)\n{\n    return 0;\n}\n'
                                           '/* typedef struct: no */\n'))

    def test_typedefs_of_structs(self):
        self.expect(self.check('base/x.c', 'typedef struct x x;\n'), 'base/x.c:1: a typedef')

    def test_names_in_t(self):
        for line in ('typedef int x_t;', 'typedef void (*x_t)(int);', 'struct x_t {', 'int x_t(int a)'):
            self.expect(self.check('base/x.c', '\n' + line + '\n'), 'base/x.c:2: names in _t')

    def test_header_guard_and_comment(self):
        self.expect(self.check('base/x.h', '#ifndef X_H\n#define X_H\n#endif\n'),
                    'base/x.h:1: a header opens', 'SIMGATE_BASE_X_H')

    def test_long_function(self):
        body = '    n++;\n' * conventions.FUNCTION_LINES
        self.expect(self.check('base/x.c', f'\nint good(void)\n{{\n}}\n\nvoid x(int n)\n{{\n{body}}}\n'),
                    'base/x.c:6: x() has 63 lines')

    def test_long_file(self):
        self.expect(self.check('base/x.c', '\n' * (conventions.FILE_LINES + 1)), 'two jobs')

    def test_clock_where_time_is_a_parameter(self):
        self.write('base/x.c', 'uint64_t now = clock_now();\n')
        self.expect(self.check('workers/coap/x.c', '    now = clock_now();\n'), 'workers/coap/x.c:1')

    def test_mutable_variables(self):
        self.write('base/x.c', 'static const char *const names[] = {"a"};\n'
                               'static int counter;\n'
                               'int shared = 1;\n'
                               'static __thread int own;\n'
                               'const char *x(void);\n'
                               'const char *x(void)\n'
                               '{\n'
                               '    static int calls;\n'
                               '    return names[calls++ + counter++ + own++];\n'
                               '}\n')
        objects = os.path.join(self.root, 'build/base/libbase.a.p')
        os.makedirs(objects)
        subprocess.run(['cc', '-fPIC', '-c', '-o', f'{objects}/x.c.o',
                        os.path.join(self.root, 'base/x.c')], check=True)
        faults = conventions.check(self.root, os.path.join(self.root, 'build'))
        self.expect(sorted(faults), 'base/x.c:1: calls', 'base/x.c:1: counter', 'base/x.c:1: own',
                    'base/x.c:1: shared')

    def test_missing_objects(self):
        self.expect(conventions.check(self.root, os.path.join(self.root, 'build')), 'no objects')


if __name__ == '__main__':
    unittest.main()
