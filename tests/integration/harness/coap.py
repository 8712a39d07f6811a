"""CoAP messages (RFC 7252) to and from bytes, independent of the gateway's own code."""

import dataclasses
import itertools
import random

CON, NON, ACK, RST = range(4)


def code(text):
    """'2.04' → 0x44"""
    kind, detail = text.split('.')
    return int(kind) << 5 | int(detail)


def code_text(number):
    return f'{number >> 5}.{number & 31:02}'


EMPTY, GET, POST, PUT, DELETE = range(5)
CHANGED = code('2.04')
CONTENT = code('2.05')
CONTINUE = code('2.31')

IF_MATCH, URI_HOST, ETAG, IF_NONE_MATCH, OBSERVE, URI_PORT = 1, 3, 4, 5, 6, 7
LOCATION_PATH, URI_PATH, CONTENT_FORMAT, MAX_AGE, URI_QUERY, ACCEPT = 8, 11, 12, 14, 15, 17
LOCATION_QUERY, BLOCK2, BLOCK1, SIZE2, PROXY_URI, PROXY_SCHEME, SIZE1 = 20, 23, 27, 28, 35, 39, 60
NO_RESPONSE = 258


class Malformed(Exception):
    """Not a message; the text says why."""


@dataclasses.dataclass
class Message:
    type: int = CON
    code: int = EMPTY
    mid: int = 0
    token: bytes = b''
    options: list = dataclasses.field(default_factory=list)  # of (number, bytes), in order of numbers
    payload: bytes = b''

    def encode(self):
        out = bytearray([1 << 6 | self.type << 4 | len(self.token), self.code])
        out += self.mid.to_bytes(2, 'big') + self.token
        last = 0
        for number, value in sorted(self.options, key=lambda option: option[0]):
            out += encode_option(number - last, value)
            last = number
        return bytes(out + b'\xff' + self.payload if self.payload else out)

    def values(self, number):
        """The values of an option, in order."""
        return [value for n, value in self.options if n == number]

    def uint(self, number):
        """The value of an option that is an integer, or None."""
        values = self.values(number)
        return int.from_bytes(values[0], 'big') if values else None

    def __str__(self):
        options = ''.join(f' {number}={value!r}' for number, value in self.options)
        return (f'{("CON", "NON", "ACK", "RST")[self.type]} {code_text(self.code)} mid {self.mid} '
                f'token {self.token.hex() or "none"}{options} {self.payload!r}')


def nibble(value):
    """The four bits and the bytes that follow them, of a delta or a length (RFC 7252 §3.1)."""
    if value < 13:
        return value, b''
    if value < 269:
        return 13, bytes([value - 13])
    return 14, (value - 269).to_bytes(2, 'big')


def encode_option(delta, value):
    delta_bits, delta_bytes = nibble(delta)
    length_bits, length_bytes = nibble(len(value))
    return bytes([delta_bits << 4 | length_bits]) + delta_bytes + length_bytes + value


class Reader:
    def __init__(self, data):
        self.data, self.at = data, 0

    def left(self):
        return len(self.data) - self.at

    def take(self, length):
        if self.left() < length:
            raise Malformed(f'{length} bytes wanted, {self.left()} left')
        self.at += length
        return self.data[self.at - length:self.at]

    def number(self, length):
        return int.from_bytes(self.take(length), 'big')

    def extended(self, bits):
        if bits == 13:
            return 13 + self.number(1)
        if bits == 14:
            return 269 + self.number(2)
        if bits == 15:
            raise Malformed('15 is reserved')
        return bits


def decode(data):
    reader = Reader(data)
    first = reader.number(1)
    length = first & 15
    if first >> 6 != 1:
        raise Malformed(f'version {first >> 6}')
    if length > 8:
        raise Malformed(f'token of {length} bytes')
    message = Message(type=first >> 4 & 3, code=reader.number(1), mid=reader.number(2),
                      token=reader.take(length))
    number = 0
    while reader.left():
        byte = reader.number(1)
        if byte == 0xff:
            if not reader.left():
                raise Malformed('a payload marker and no payload')
            message.payload = reader.take(reader.left())
            break
        number += reader.extended(byte >> 4)
        message.options.append((number, reader.take(reader.extended(byte & 15))))
    if message.code == EMPTY and len(data) > 4:
        raise Malformed('an empty message that is not empty')
    return message


def uint(value):
    """The shortest form of an integer (RFC 7252 §3.2); 0 has no bytes."""
    return value.to_bytes((value.bit_length() + 7) // 8, 'big')


# In a row, as RFC 7252 §4.4 recommends: random ones would soon meet one that was used before.
message_ids = itertools.count(random.randrange(65536))


def request(method, path, query=(), payload=b'', message_type=CON, options=(), token=None, mid=None):
    """A request. `path` is 'a/b', '' for the root; Message ID and token are chosen where not given."""
    parts = [(URI_PATH, part.encode()) for part in path.split('/') if part]
    queries = [(URI_QUERY, q.encode()) for q in ([query] if isinstance(query, str) else query)]
    return Message(type=message_type, code=method, mid=next(message_ids) % 65536 if mid is None else mid,
                   token=random.randbytes(4) if token is None else token,
                   options=parts + queries + list(options), payload=payload)


def post(path, query=(), payload=b'', **rest):
    return request(POST, path, query, payload, **rest)


def get(path, query=(), **rest):
    return request(GET, path, query, **rest)
