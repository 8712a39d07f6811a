"""Tables of the results: for the terminal, and for the page, between whose marks they are put."""

import re

from arithmetic import known, number, with_spread


class Unmarked(Exception):
    """The page has no place for what was measured."""


def shown(setting):
    return f'{setting:,}' if isinstance(setting, int) else str(setting)


def columns_of(results):
    """Those that have a value anywhere; ratios only where there is something to compare."""
    figure = results.figure

    def is_used(column):
        if column.ratio and len(figure.contestants) == 1:
            return False
        return any(known(results.column(setting, c.name, column)) for setting, c in figure.runs())
    return [column for column in figure.columns if is_used(column)]


def wrong(results, setting, name):
    """In how many rounds something was not answered, or not answered well."""
    return sum(r.get('good') is False for r in results.rounds.get((setting, name), []))


def rows_of(results):
    """Texts: a header, and a row for each setting and contestant that was measured."""
    figure, columns = results.figure, columns_of(results)
    yield [figure.setting_title, '', *(column.title for column in columns)]
    for setting, contestant in figure.runs():
        if not any(results.rounds.get((setting, contestant.name), [])):
            continue
        mark = ' *' if wrong(results, setting, contestant.name) else ''
        yield [shown(setting), contestant.name + mark,
               *(with_spread(results.column(setting, contestant.name, column), column.form) for column in columns)]


def markdown(rows):
    header, *rest = rows
    lines = [header, ['---'] * len(header), *rest]
    return ''.join('| ' + ' | '.join(line) + ' |\n' for line in lines)


def text(rows):
    rows = list(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return ''.join('  '.join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() + '\n' for row in rows)


def notes_of(results):
    """What the reader of the table has to know besides."""
    marked = any(wrong(results, setting, c.name) for setting, c in results.figure.runs())
    notes = ['\\* Not every request was answered 2.xx.'] if marked else []
    return notes + [f'Not measured: {problem}.' for problem in results.problems]


def section(results, plot):
    """What the page has of a figure; `plot` is the path of its picture, or None."""
    rows = list(rows_of(results))
    parts = [markdown(rows)] if len(rows) > 1 else []
    parts += [note + '\n' for note in notes_of(results)]
    if plot:
        parts.append(f'![{results.figure.title}]({plot})\n')
    return '\n'.join(parts)


def aim_rows(aims, all_results):
    """A row for each aim of a figure that was measured."""
    by_name = {results.figure.name: results for results in all_results}
    yield ['', 'aim', 'measured', '']
    for aim in aims:
        results = by_name.get(aim.figure)
        if results:
            reached = aim.reached(results)
            yield [aim.text, aim.limit(), with_spread(aim.values(results), aim.form),
                   {True: 'reached', False: 'missed', None: 'not measured'}[reached]]


def between_marks(page, name, content):
    """The page with something else between <!-- bench: NAME --> and <!-- end: NAME -->."""
    begin, end = f'<!-- bench: {name} -->\n', f'<!-- end: {name} -->'
    if page.count(begin) != 1 or page.count(end) != 1 or page.index(begin) > page.index(end):
        raise Unmarked(f'the page has no marks for {name}')
    pattern = re.escape(begin) + '.*?' + re.escape(end)
    return re.sub(pattern, lambda _: f'{begin}\n{content.strip()}\n\n{end}', page, flags=re.DOTALL)


__all__ = ['Unmarked', 'aim_rows', 'between_marks', 'markdown', 'number', 'rows_of', 'section', 'shown', 'text']
