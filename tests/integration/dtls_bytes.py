"""The plaintext part of a DTLS 1.2 handshake (RFC 6347 §4.2), to and from bytes."""

import dataclasses

ALERT, HANDSHAKE = 21, 22
CLIENT_HELLO, SERVER_HELLO, HELLO_VERIFY_REQUEST, SERVER_HELLO_DONE = 1, 2, 3, 14
CCM_8, CCM, GCM_SHA256, CBC_SHA256 = 0xc0a8, 0xc0a4, 0x00a8, 0x00ae
TRIPLE_DES = 0x008b


@dataclasses.dataclass
class Message:
    type: int
    body: bytes


def client_hello(suites, cookie=b'', sequence=0, random=b'r' * 32):
    """A whole datagram, without any extension."""
    listed = b''.join(suite.to_bytes(2, 'big') for suite in suites)
    body = b'\xfe\xfd' + random + b'\0' + bytes([len(cookie)]) + cookie
    body += len(listed).to_bytes(2, 'big') + listed + b'\1\0'
    length = len(body).to_bytes(3, 'big')
    message = bytes([CLIENT_HELLO]) + length + sequence.to_bytes(2, 'big') + b'\0\0\0' + length + body
    return b'\x16\xfe\xff\0\0' + sequence.to_bytes(6, 'big') + len(message).to_bytes(2, 'big') + message


def messages(datagram):
    """The handshake messages in a datagram, each of which is whole; an alert is one of type -1."""
    found = []
    while datagram:
        kind, length = datagram[0], int.from_bytes(datagram[11:13], 'big')
        record, datagram = datagram[13:13 + length], datagram[13 + length:]
        assert len(record) == length and kind in (ALERT, HANDSHAKE), (kind, record)
        while kind == HANDSHAKE and record:
            size = int.from_bytes(record[1:4], 'big')
            assert record[6:12] == b'\0\0\0' + record[1:4], 'a fragment'
            found.append(Message(record[0], record[12:12 + size]))
            record = record[12 + size:]
        if kind == ALERT:
            found.append(Message(-1, record))
    return found


def cookie_of(message):
    assert message.type == HELLO_VERIFY_REQUEST, message
    return message.body[3:3 + message.body[2]]


def suite_of(message):
    assert message.type == SERVER_HELLO, message
    at = 35 + message.body[34]
    return int.from_bytes(message.body[at:at + 2], 'big')
