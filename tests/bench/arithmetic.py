"""Medians, spreads and ratios of what the rounds gave. No I/O.

A value of a round is a number, or None where there is none: it was not measured, or makes no sense there.
"""

import statistics


def known(values):
    return [value for value in values if value is not None]


def median(values):
    values = known(values)
    return statistics.median(values) if values else None


def spread(values):
    """(median, least, most), or None without a value."""
    values = known(values)
    return (statistics.median(values), min(values), max(values)) if values else None


def divide(value, by):
    return None if value is None or not by else value / by


def ratios(values, references):
    """Each value to the reference of its own round: machines drift, ratios hold."""
    return [divide(value, reference) for value, reference in zip(values, references)]


def lesser(first, second):
    """Round by round the lesser of two, or the one that there is."""
    return [min(known(pair), default=None) for pair in zip(first, second)]


def share_of_limit(rounds, limits):
    """How close each round comes to its limit, 1 being all of it: the lesser of the ratios by operations a second
    and by CPU time. The rate alone flatters a server that its clients do not keep busy, CPU time one that waits."""
    return lesser(ratios([r.get('rate') for r in rounds], [l.get('rate') for l in limits]),
                  ratios([l.get('cpu') for l in limits], [r.get('cpu') for r in rounds]))


def number(value, form):
    return '–' if value is None else f'{value:{form}}'


def with_spread(values, form):
    """median [least–most]; one value stands alone."""
    found = spread(values)
    if not found:
        return '–'
    middle, least, most = (f'{value:{form}}' for value in found)
    return middle if len(known(values)) == 1 else f'{middle} [{least}–{most}]'
