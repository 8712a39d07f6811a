"""What a figure is made of: contestants that are measured in turn under the same settings, and aims."""

import dataclasses
import typing

from arithmetic import median, ratios, share_of_limit


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    measure: typing.Callable  # (bench, setting) → values by name
    settings: tuple = ()      # under which it takes part; empty: all
    foreign: bool = False     # somebody else's: what it does wrong is told, and no failure of ours


@dataclasses.dataclass(frozen=True)
class Column:
    key: str
    title: str
    form: str
    ratio: bool = False  # to the first contestant of the same round and setting


@dataclasses.dataclass(frozen=True)
class Figure:
    """The first contestant is what the others are compared with."""
    name: str
    title: str
    settings: tuple
    setting_title: str
    contestants: tuple
    columns: tuple
    plot: str = 'cpu'  # the column that is drawn
    once: bool = False  # measured in the first round only: it hardly varies

    def runs(self):
        """(setting, contestant) in the order in which they are measured."""
        return [(setting, contestant) for setting in self.settings for contestant in self.contestants
                if not contestant.settings or setting in contestant.settings]


@dataclasses.dataclass
class Results:
    """Of a figure: what each round gave, by (setting, contestant's name). A round without a result is {}."""
    figure: Figure
    rounds: dict = dataclasses.field(default_factory=dict)
    problems: list = dataclasses.field(default_factory=list)

    def add(self, setting, name, values):
        self.rounds.setdefault((setting, name), []).append(values)

    def values(self, setting, name, key):
        return [r.get(key) for r in self.rounds.get((setting, name), [])]

    def column(self, setting, name, column):
        values = self.values(setting, name, column.key)
        if not column.ratio:
            return values
        return ratios(values, self.values(setting, self.figure.contestants[0].name, column.key))

    def share(self, setting, name):
        """Of the limit that the first contestant is, round by round."""
        first = self.figure.contestants[0].name
        return share_of_limit(self.rounds.get((setting, name), []), self.rounds.get((setting, first), []))


@dataclasses.dataclass(frozen=True)
class Aim:
    figure: str
    text: str
    values: typing.Callable  # Results → values of the rounds
    at_least: float = None
    at_most: float = None
    form: str = '.2f'

    def limit(self):
        return f'≥ {self.at_least:,g}' if self.at_least is not None else f'≤ {self.at_most:,g}'

    def reached(self, results):
        """Whether the median is; None when it was not measured."""
        middle = median(self.values(results))
        if middle is None:
            return None
        return middle >= self.at_least if self.at_least is not None else middle <= self.at_most


RATE = Column('rate', 'requests/s', ',.0f')
CPU = Column('cpu', 'CPU µs/request', '.2f')
RATE_RATIO = Column('rate', 'requests/s, ratio', '.2f', ratio=True)
CPU_RATIO = Column('cpu', 'CPU, ratio', '.2f', ratio=True)
SPEED = (RATE, CPU, RATE_RATIO, CPU_RATIO)
