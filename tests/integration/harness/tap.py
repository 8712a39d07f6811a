"""Runs the test functions of a file and reports each as a line of the Test Anything Protocol."""

import signal
import sys
import tempfile
import traceback

TIMEOUT = 60  # seconds a test


class Skip(Exception):
    """The machine cannot do this; the text says why. tests/summary.py knows which are expected."""


class Scope:
    """What a test started and has to be undone, in reverse order."""

    def __init__(self):
        self.undo = []
        self.processes = []

    def defer(self, function, *arguments):
        self.undo.append((function, arguments))

    def directory(self):
        """A temporary directory."""
        directory = tempfile.TemporaryDirectory(prefix='simgate-test-')
        self.defer(directory.cleanup)
        return directory.name

    def close(self):
        """Undoes everything; the first error is raised when all is undone."""
        error = None
        while self.undo:
            function, arguments = self.undo.pop()
            try:
                function(*arguments)
            except Exception as e:  # pylint: disable=broad-except
                error = error or e
        if error:
            raise error


def timeout(seconds):
    """Decorates a test that may take longer than others."""
    def decorate(function):
        function.timeout = seconds
        return function
    return decorate


def print_comment(text):
    for line in text.rstrip().splitlines():
        print(f'# {line}')


def print_processes(scope):
    """What the processes of a failed test said."""
    for process in scope.processes:
        print(f'# --- {process.name}, {process.state()}')
        print_comment('\n'.join(process.lines[-100:]))


def on_alarm(_signal, _frame):
    raise TimeoutError('the test took too long')


def on_termination(number, _frame):
    raise SystemExit(128 + number)  # by way of all "finally"


def run_test(function):
    """Runs one test. Returns why it was skipped, or None."""
    scope = Scope()
    signal.alarm(getattr(function, 'timeout', TIMEOUT))
    try:
        try:
            function(scope)
        finally:
            signal.alarm(TIMEOUT)  # cleaning up may not hang either
            scope.close()
    except Skip as skip:
        return str(skip)
    except Exception:
        print_comment(traceback.format_exc())
        print_processes(scope)
        raise
    finally:
        signal.alarm(0)
    return None


def main():
    """Runs the functions test_… of the program's file, in their order, or those on the command line."""
    module = sys.modules['__main__']
    tests = [value for name, value in vars(module).items() if name.startswith('test_')]
    if len(sys.argv) > 1:
        tests = [getattr(module, name) for name in sys.argv[1:]]
    signal.signal(signal.SIGALRM, on_alarm)
    signal.signal(signal.SIGTERM, on_termination)
    sys.stdout.reconfigure(line_buffering=True)
    print(f'TAP version 13\n1..{len(tests)}')
    failed = 0
    for number, test in enumerate(tests, 1):
        name = test.__name__[len('test_'):]
        try:
            skipped = run_test(test)
            print(f'ok {number} - {name}' + (f' # SKIP {skipped}' if skipped else ''))
        except Exception:  # pylint: disable=broad-except
            print(f'not ok {number} - {name}')
            failed += 1
    sys.exit(1 if failed else 0)
