"""As much of a Redis client as tests need (RESP2), and the parts of it that a test double speaks too."""

import socket


class RedisError(Exception):
    """What Redis answered with an error; the text is Redis' own."""


def as_bytes(value):
    return value if isinstance(value, bytes) else str(value).encode()


def encode(*arguments):
    """A command as Redis wants it."""
    parts = [as_bytes(argument) for argument in arguments]
    return b'*%d\r\n' % len(parts) + b''.join(b'$%d\r\n%s\r\n' % (len(part), part) for part in parts)


def read_line(file):
    line = file.readline()
    if not line.endswith(b'\r\n'):
        raise ConnectionError('the connection ended')
    return line[:-2]


def read_value(file):
    """The next value: bytes, int, None, a list of these, or a RedisError (which is given, not raised)."""
    line = read_line(file)
    kind, rest = line[:1], line[1:]
    if kind == b'+':
        return rest
    if kind == b'-':
        return RedisError(rest.decode())
    if kind == b':':
        return int(rest)
    if kind == b'$':
        return None if rest == b'-1' else file.read(int(rest) + 2)[:-2]
    if kind == b'*':
        return None if rest == b'-1' else [read_value(file) for _ in range(int(rest))]
    raise ValueError(f'no RESP: {line}')


class RedisClient:
    """One connection. `address` is a path, or (host, port)."""

    def __init__(self, address, timeout=10):
        if isinstance(address, str):
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            self.socket.connect(address)
        else:
            self.socket = socket.create_connection(address, timeout)
        self.file = self.socket.makefile('rb')

    def close(self):
        self.file.close()
        self.socket.close()

    def command(self, *arguments):
        """The answer; an error is raised."""
        answer = self.pipeline([arguments])[0]
        if isinstance(answer, RedisError):
            raise answer
        return answer

    def pipeline(self, commands):
        """Sends many commands at once. Returns their answers; an error is one of them."""
        self.socket.sendall(b''.join(encode(*arguments) for arguments in commands))
        return [read_value(self.file) for _ in commands]
