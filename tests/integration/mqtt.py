"""As much of MQTT as a test double needs: packets to and from bytes (MQTT 3.1.1 and 5)."""

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
PINGREQ, PINGRESP, DISCONNECT = 12, 13, 14
RECEIVE_MAXIMUM = 0x21


def varint(value):
    """A Variable Byte Integer (MQTT 5 §1.5.5)."""
    out = bytearray()
    while True:
        value, byte = value >> 7, value & 127
        out.append(byte | (128 if value else 0))
        if not value:
            return bytes(out)


def text(value):
    return len(value).to_bytes(2, 'big') + value.encode()


def packet(kind, body, flags=0):
    return bytes([kind << 4 | flags]) + varint(len(body)) + body


def read_varint(data, at):
    """(value, the offset behind it), or None where more bytes are needed."""
    value, shift = 0, 0
    while at < len(data):
        byte = data[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if not byte & 128:
            return value, at
    return None


class Stream:
    """Cuts what was received into packets."""

    def __init__(self):
        self.data = bytearray()

    def add(self, data):
        """Takes bytes. Yields (kind, flags, body) of each packet that they complete."""
        self.data += data
        at = 0
        while at < len(self.data):
            length = read_varint(self.data, at + 1)
            if not length or length[1] + length[0] > len(self.data):
                break
            end = length[1] + length[0]
            yield self.data[at] >> 4, self.data[at] & 15, bytes(self.data[length[1]:end])
            at = end
        del self.data[:at]


def read_publish(flags, body, version):
    """(topic, packet identifier or None, payload) of a PUBLISH."""
    length = int.from_bytes(body[:2], 'big')
    topic, at, identifier = body[2:2 + length].decode(), 2 + length, None
    if flags & 6:
        identifier, at = int.from_bytes(body[at:at + 2], 'big'), at + 2
    if version == 5:
        properties, at = read_varint(body, at)
        at += properties
    return topic, identifier, body[at:]
