#!/usr/bin/env python3
"""The suite's arithmetic, its tables, its page and its plots, on numbers that are known."""

import types
import unittest
import xml.etree.ElementTree

import arithmetic
import bench
import figures
import generator
import plots
import servers
import tables
from figure import CPU, CPU_RATIO, RATE, RATE_RATIO, Aim, Column, Contestant, Figure, Results

FIGURE = Figure('plain', 'Plain', (100, 'half'), 'devices',
                (Contestant('echo', None), Contestant('gateway', None),
                 Contestant('libcoap', None, settings=(100,), foreign=True)),
                (RATE, CPU, RATE_RATIO, CPU_RATIO, Column('p99', 'p99, ms', '.3f')))


def some_results():
    results = Results(FIGURE)
    for rate, cpu in ((200.0, 4.0), (100.0, 5.0), (400.0, 2.0)):
        results.add(100, 'echo', {'rate': rate, 'cpu': cpu, 'good': True})
    for rate, cpu in ((100.0, 5.0), (90.0, 5.0), (400.0, 2.5)):
        results.add(100, 'gateway', {'rate': rate, 'cpu': cpu, 'good': True})
    results.add(100, 'libcoap', {'rate': 1234.5, 'cpu': 30.0, 'good': False})
    results.add(100, 'libcoap', {})
    return results


class Arithmetic(unittest.TestCase):
    def test_median_and_spread(self):
        self.assertEqual(arithmetic.median([3, 1, 2]), 2)
        self.assertEqual(arithmetic.median([4, None, 1]), 2.5)
        self.assertIsNone(arithmetic.median([None]))
        self.assertEqual(arithmetic.spread([3, None, 1, 2]), (2, 1, 3))
        self.assertIsNone(arithmetic.spread([]))

    def test_ratios_are_taken_within_a_round(self):
        self.assertEqual(arithmetic.ratios([1, 9], [2, 3]), [0.5, 3])
        self.assertEqual(arithmetic.ratios([1, None, 2], [0, 2, None]), [None, None, None])

    def test_share_is_the_lesser_of_rate_and_cpu(self):
        limits = [{'rate': 200, 'cpu': 4}, {'rate': 200, 'cpu': 4}, {'rate': 200}]
        rounds = [{'rate': 200, 'cpu': 8}, {'rate': 50, 'cpu': 4}, {'rate': 100, 'cpu': 3}]
        self.assertEqual(arithmetic.share_of_limit(rounds, limits), [0.5, 0.25, 0.5])

    def test_texts(self):
        self.assertEqual(arithmetic.with_spread([1000.0, 3000, 2000], ',.0f'), '2,000 [1,000–3,000]')
        self.assertEqual(arithmetic.with_spread([0.5], '.2f'), '0.50')
        self.assertEqual(arithmetic.with_spread([None], '.2f'), '–')


class Tables(unittest.TestCase):
    def test_rows(self):
        rows = list(tables.rows_of(some_results()))
        self.assertEqual(rows[0], ['devices', '', 'requests/s', 'CPU µs/request', 'requests/s, ratio', 'CPU, ratio'])
        self.assertEqual(rows[2], ['100', 'gateway', '100 [90–400]', '5.00 [2.50–5.00]', '0.90 [0.50–1.00]',
                                   '1.25 [1.00–1.25]'])
        self.assertEqual(rows[3][1], 'libcoap *')
        self.assertEqual(len(rows), 4)  # nothing of "half"

    def test_notes(self):
        results = some_results()
        results.problems.append('libcoap: it is not installed')
        self.assertEqual(tables.notes_of(results), ['\\* Not every request was answered 2.xx.',
                                                    'Not measured: libcoap: it is not installed.'])

    def test_markdown(self):
        self.assertEqual(tables.markdown([['a', 'b'], ['1', '2']]), '| a | b |\n| --- | --- |\n| 1 | 2 |\n')

    def test_text_is_aligned(self):
        self.assertEqual(tables.text([['a', 'b'], ['123', '2']]), 'a    b\n123  2\n')

    def test_words_around_the_marks_stay(self):
        page = 'words\n<!-- bench: a -->\nold\n<!-- end: a -->\nmore\n<!-- bench: b -->\nkept\n<!-- end: b -->\n'
        new = tables.between_marks(page, 'a', r'new \1')
        self.assertEqual(new, page.replace('\nold\n', '\n\nnew \\1\n\n'))
        self.assertEqual(tables.between_marks(new, 'a', r'new \1'), new)

    def test_page_without_marks(self):
        for page in ('', '<!-- bench: a -->\n', '<!-- end: a -->\n<!-- bench: a -->\n',
                     2 * '<!-- bench: a -->\n<!-- end: a -->\n'):
            with self.assertRaises(tables.Unmarked):
                tables.between_marks(page, 'a', 'new')

    def test_the_page_has_marks_for_everything(self):
        bench.check_marks(types.SimpleNamespace(only=[figure.name for figure in figures.FIGURES]))


class Aims(unittest.TestCase):
    def aim(self, **limits):
        return Aim('plain', 'an aim', lambda results: results.share(100, 'gateway'), **limits)

    def test_reached(self):
        results = some_results()
        self.assertEqual(results.share(100, 'gateway'), [0.5, 0.9, 0.8])
        self.assertTrue(self.aim(at_least=0.8).reached(results))
        self.assertFalse(self.aim(at_least=0.81).reached(results))
        self.assertTrue(self.aim(at_most=0.8).reached(results))
        self.assertFalse(self.aim(at_most=0.79).reached(results))
        self.assertIsNone(self.aim(at_most=1).reached(Results(FIGURE)))

    def test_rows(self):
        aims = [self.aim(at_least=0.9), Aim('other', 'another', None, at_most=1)]
        self.assertEqual(list(tables.aim_rows(aims, [some_results()]))[1:],
                         [['an aim', '≥ 0.9', '0.80 [0.50–0.90]', 'missed']])

    def test_every_aim_finds_its_figure(self):
        by_name = {figure.name: figure for figure in figures.FIGURES}
        for aim in figures.AIMS:
            self.assertIsNone(aim.reached(Results(by_name[aim.figure])), aim.text)
            results = Results(by_name[aim.figure])
            for setting, contestant in results.figure.runs():
                results.add(setting, contestant.name, dict.fromkeys(('rate', 'cpu', 'p99', 'memory', 'commands'), 1.0))
            self.assertEqual(aim.values(results), [1.0], aim.text)


class Plots(unittest.TestCase):
    def test_bars(self):
        picture = xml.etree.ElementTree.fromstring(plots.draw(some_results()))
        space = '{http://www.w3.org/2000/svg}'
        bars = picture.findall(f'{space}rect')
        self.assertEqual([bar.get('class') for bar in bars], ['limit', 'ours', 'foreign'])
        echo, gateway, libcoap = (float(bar.get('width')) for bar in bars)
        self.assertAlmostEqual(gateway / echo, 5 / 4, places=2)
        self.assertAlmostEqual(libcoap / echo, 30 / 4, places=2)
        self.assertEqual(len([p for p in picture.findall(f'{space}path') if p.get('class') == 'range']), 2)

    def test_nothing_to_draw(self):
        self.assertIsNone(plots.draw(Results(FIGURE)))

    def test_grid(self):
        for most, step in ((43.6, 10), (0.9, 0.2), (5, 1), (12345, 2500), (1, 0.2)):
            self.assertAlmostEqual(plots.steps_to(most), step)


class Runs(unittest.TestCase):
    def test_contestants_take_turns(self):
        self.assertEqual([(setting, contestant.name) for setting, contestant in FIGURE.runs()],
                         [(100, 'echo'), (100, 'gateway'), (100, 'libcoap'), ('half', 'echo'), ('half', 'gateway')])

    def measure(self, error, foreign=False):
        def fail(_, setting):
            raise error
        results = Results(FIGURE)
        return bench.measure(None, results, 100, Contestant('gateway', fail, foreign=foreign)), results

    def test_what_is_missing_is_no_failure(self):
        good, results = self.measure(servers.Missing('it is not installed'))
        self.assertTrue(good)
        self.assertEqual(results.problems, ['gateway: it is not installed'])
        self.assertEqual(results.values(100, 'gateway', 'rate'), [None])

    def test_failures(self):
        self.assertFalse(self.measure(servers.Failed('it ended'))[0])
        self.assertTrue(self.measure(servers.Failed('it ended'), foreign=True)[0])

    def test_the_generators_results(self):
        results = {'measured': {'answered_per_second': 10.0, 'server_cpu_us_per_answered': 4.0, 'answered': 7,
                                'retransmissions_per_operation': 0.2},
                   'operations': {'answered': 8, 'sent': 10}, 'latency_seconds': {'p50': 0.001, 'p99': 0.002}}
        self.assertEqual(generator.values_of(results, True), {'rate': 10.0, 'cpu': 4.0, 'p50': 1.0, 'p99': 2.0,
                                                              'answered': 8, 'repeats': 0.2, 'good': True})
        results['measured']['answered_per_second'] = 0.0
        with self.assertRaises(servers.Failed):
            generator.values_of(results, True)


if __name__ == '__main__':
    unittest.main()
