"""HTTP to the admin port, and what Prometheus would read there."""

import re
import urllib.error
import urllib.request

SAMPLE = re.compile(r'^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$')
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"(?:,|$)')
ESCAPES = {'\\n': '\n', '\\"': '"', '\\\\': '\\'}


def http_get(url, timeout=5):
    """(status, text); a status that is no success is a result as well."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Metrics:
    """The samples of a page in Prometheus' text format 0.0.4. A line that is none is an error."""

    def __init__(self, text):
        self.types = {}
        self.samples = {}  # (name, frozenset of (label, value)) → float
        for line in text.splitlines():
            if line.startswith('# TYPE '):
                _, _, name, kind = line.split(' ')
                self.types[name] = kind
            elif line and not line.startswith('#'):
                self._add(line)

    def _add(self, line):
        match = SAMPLE.match(line)
        if not match:
            raise ValueError(f'no sample: {line}')
        labels = self._labels(match.group(2) or '')
        key = (match.group(1), frozenset(labels))
        if key in self.samples:
            raise ValueError(f'twice: {line}')
        self.samples[key] = float(match.group(3))

    @staticmethod
    def _labels(text):
        labels, at = [], 0
        while at < len(text):
            match = LABEL.match(text, at)
            if not match:
                raise ValueError(f'no labels: {text}')
            value = re.sub(r'\\.', lambda m: ESCAPES.get(m.group(0), m.group(0)), match.group(2))
            labels.append((match.group(1), value))
            at = match.end()
        return labels

    def sum(self, name, **labels):
        """The sum of the samples that have these labels; 0 when there are none."""
        wanted = frozenset(labels.items())
        return sum(value for (n, has), value in self.samples.items() if n == name and wanted <= has)

    def value(self, name, **labels):
        """The one sample that has exactly these labels."""
        return self.samples[name, frozenset(labels.items())]
