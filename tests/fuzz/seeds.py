#!/usr/bin/env python3
"""Writes the seeds that fuzzing starts from: seeds.py, into corpus/ beside it.

Inputs that once failed are in the same folders under names that begin with "found-"; those are kept.
"""

import os
import struct

CORPUS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'corpus')
EXAMPLES = os.path.join(os.path.dirname(CORPUS), '..', '..', 'docs', 'examples', 'templates')

CON, NON, ACK, RST = range(4)
GET, POST = 1, 2
PATH, QUERY, ACCEPT, LOCATION_QUERY, BLOCK2, BLOCK1 = 11, 15, 17, 20, 23, 27
PROXY_URI, SIZE1, NO_RESPONSE = 35, 60, 258


def extended(value):
    """The nibble of an option's delta or length, and the bytes behind it (RFC 7252 §3.1)."""
    if value < 13:
        return value, b''
    if value < 269:
        return 13, bytes([value - 13])
    return 14, struct.pack('>H', value - 269)


def message(kind, code, mid, token=b'', options=(), payload=b''):
    out = bytes([1 << 6 | kind << 4 | len(token), code]) + struct.pack('>H', mid) + token
    last = 0
    for number, value in options:
        delta, delta_bytes = extended(number - last)
        length, length_bytes = extended(len(value))
        out += bytes([delta << 4 | length]) + delta_bytes + length_bytes + value
        last = number
    return out + (b'\xff' + payload if payload else b'')


MESSAGES = {
    'ping': message(CON, 0, 7),
    'ack': message(ACK, 0, 7),
    'reset': message(RST, 0, 7),
    'post': message(CON, POST, 1, b'ab', [(QUERY, b't=a/b')], b'hello'),
    'post-data': message(NON, POST, 2, b'12345678', [(PATH, b'data')], b'\0\x1a\0\x37\0'),
    'empty-path': message(CON, POST, 3, b'x', [(PATH, b''), (12, b'\x32')], b'{"a":1}'),
    'location-query': message(CON, POST, 4, b'', [(LOCATION_QUERY, b't=x')], b'1'),
    'slashes': message(CON, POST, 4, b'', [(QUERY, b't=/x/y/')], b'1'),
    'two-topics': message(CON, POST, 5, b'', [(QUERY, b't=a'), (QUERY, b't=b')], b'1'),
    'long-topic': message(CON, POST, 6, b'', [(QUERY, b't=' + b'a' * 253)], b'1'),
    'too-long-query': message(CON, POST, 6, b'', [(QUERY, b't=' + b'a' * 300)], b'1'),
    'core': message(CON, GET, 7, b'z', [(PATH, b'.well-known'), (PATH, b'core'), (ACCEPT, b'\x28')]),
    'block1': message(CON, POST, 8, b'z', [(BLOCK1, b'\x08'), (SIZE1, b'\x01\0')], b'0123456789abcdef'),
    'block2': message(CON, GET, 9, b'z', [(PATH, b'.well-known'), (PATH, b'core'), (BLOCK2, b'\x10')]),
    'no-response': message(NON, POST, 10, b'z', [(NO_RESPONSE, b'\x1a')], b'1'),
    'proxy': message(CON, GET, 11, b'', [(PROXY_URI, b'coap://example.org/' + b'a' * 20)]),
    'response': message(CON, 69, 12, b't', [], b'nobody asked'),
    'long-token': b'\x4f\x02\0\x01' + b'123456789012345',
    'marker-alone': b'\x40\x02\0\x01\xff',
    'reserved-length': b'\x40\x02\0\x01\xbf',
    'other-version': b'\x80\x02\0\x01',
    'reserved-class': b'\x40\x21\0\x01',
    'large-number': b'\x40\x02\0\x01\xe0\xff\xff\xe0\xff\xff',
}


# The steps of fuzz_service.c.

def datagram(peer, bytes_):
    return bytes([0, peer, len(bytes_)]) + bytes_


def post(peer, mid, flags=0, units=1, *values):
    return bytes([1, peer, mid, flags, units, *values])


def get(peer, mid, flags=0):
    return bytes([3, peer, mid, flags, 0])


def tenths(n):
    return bytes([4, n])


def seconds(n):
    return bytes([5, n])


def reply(peer):
    return bytes([6, peer])


def again(peer):
    return bytes([7, peer])


# numbers of enum publish_result, whose last one is "pending"
ACKNOWLEDGED, UNREACHABLE, PENDING = 0, 4, None


def publisher(results):
    """Functions that say what the publisher does: from now on, and with a pending publication."""
    def now(result, down=False):
        value = results - 1 if result is PENDING else result
        code = next(c for c in range(128 | down << 6, 256)
                    if c % results == value and bool(c & 64) == down)
        return bytes([8, code])

    def finish(result, number=0):
        return bytes([8, result, number])
    return now, finish


STORE_LATE, STORE_AT_ONCE = bytes([9, 128 | 64]), bytes([9, 128])
STORE_TIMED_OUT, STORE_ABSENT = 3, 1
IN_PROGRESS, SETTLED = 1 << 2, 2 << 2
NON_BIT, TOPIC, BLOCK, QUIET = 64, 4, 8, 16
now, finish = publisher(9)


def answer(what=0, number=0):
    return bytes([9, what, number])


FAST = now(ACKNOWLEDGED)
SCRIPTS = {
    'acknowledged': FAST + post(0, 1, TOPIC | 1 | 2, 4, 0) + again(0) + seconds(250) + again(0),
    'later': post(0, 1, 1) + tenths(5) + finish(ACKNOWLEDGED) + again(0),
    'separate': post(0, 1, 1) + seconds(2) + again(0) + finish(ACKNOWLEDGED) + reply(0) + again(0),
    'separate-lost': post(0, 1) + post(0, 2) + seconds(2) + finish(0) + finish(0) + seconds(120),
    'separate-reset': post(0, 1) + seconds(2) + finish(0) + seconds(5) + reply(0 | 64),
    'never': post(0, 1) + post(2, 1) + seconds(30) + finish(0) + finish(UNREACHABLE),
    'down': now(UNREACHABLE, True) + post(0, 1) + FAST + again(0) + post(0, 2),
    'non': FAST + post(NON_BIT, 1) + again(NON_BIT) + post(NON_BIT, 2, QUIET, 1, 26) + seconds(150),
    'conflict': FAST + post(0, 1, 0, 1) + post(0, 1, 0, 2) + post(0, 1, 0, 3),
    'block1': FAST + post(0, 1, BLOCK, 1, 0x08) + post(0, 2, BLOCK, 1, 0x18) + post(0, 3, BLOCK, 1, 0x20),
    'block1-evicted': b''.join(post(p, p, BLOCK, 64, 0x0e) for p in range(8)) * 2,
    'block1-gap': post(0, 1, BLOCK, 1, 0x08) + post(0, 2, BLOCK, 1, 0x28) + seconds(250),
    'strangers': post(5, 1) + post(6, 1) + post(7, 1) + post(4, 1) + seconds(6) + again(5),
    'parked': STORE_LATE + post(0, 1) + post(0, 2) + post(5, 1) + answer() + FAST + answer(),
    'parked-many': STORE_LATE + b''.join(post(0, i) for i in range(12)) + answer() + seconds(20),
    'store-failed': STORE_LATE + post(0, 1) + post(2, 1) + answer(STORE_TIMED_OUT) + answer(2),
    'reserved-late': post(0, 9) + STORE_LATE + post(0, 1) + seconds(12) + answer() + answer(),
    'elsewhere': bytes([9, 128 | SETTLED]) + post(0, 1) + bytes([9, 128 | IN_PROGRESS]) + post(0, 2) + again(0),
    'overload': b''.join(post(i % 4, i) for i in range(20)) + post(6, 1) + get(6, 1) + seconds(15),
    'evicted': FAST + b''.join(post(i % 4, i) for i in range(30)) + again(1),
    'core': datagram(0, MESSAGES['core']) + datagram(5, MESSAGES['block2']) + datagram(6, MESSAGES['core']),
    'noise': b''.join(datagram(i % 8, MESSAGES[k]) for i, k in enumerate(sorted(MESSAGES)) if len(MESSAGES[k]) < 60),
    'truncated': FAST + datagram(128, MESSAGES['post']),
}

HEADER = b'iccid,address,status,imsi,psk,psk_format,location_allowed\n'
SHORT = b'iccid,address,status\n'
DEVICE_FILES = {
    'one': SHORT + b'8988280666000002864,100.91.200.24,active\n',
    'all': HEADER + b'8988280666000002864,100.91.200.24,active,901405100002864,secretsecret,text,yes\n',
    'hex': HEADER + b'8988280666000002864,100.91.200.24,inactive,,00112233445566778899,hex,no\n',
    'prefix': SHORT + b'8988280666000000000,10.0.0.0/16,active\n8988280666000900000,fd00::/48,active\n',
    'nested': SHORT + b'8988280666000000000,10.0.0.0/16,active\n8988280666000900000,10.0.0.1,inactive\n',
    'same-iccid': SHORT + b'8988280666000000000,10.0.0.0/30,active\n8988280666000000003,10.1.0.0/30,active\n',
    'same-address': SHORT + b'8988280666000000000,10.0.0.1,active\n8988280666000000003,10.0.0.1,active\n',
    'quoted': b'\xef\xbb\xbficcid,address,status\r\n"8988280666000002864","100.91.200.24",active\r\n# x\r\n\r\n',
    'unclosed': SHORT + b'"8988280666000002864,100.91.200.24,active\n',
    'no-status': b'iccid,address\n8988280666000002864,100.91.200.24\n',
    'unknown-column': b'iccid,address,status,colour\n8988280666000002864,1.2.3.4,active,red\n',
    'location': b'iccid,address,status,longitude,latitude,source,sample_time\n'
                b'8988280666000002864,1.2.3.4,active,13.404954,52.520008,GPS,1700000000\n',
    'everything': SHORT + b'8988280666000000000,::/0,active\n',
    'number-overflow': SHORT + b'9999999999999999999,10.0.0.0/24,active\n',
    'several-addresses': SHORT + b'8988280666000002864,"10.0.0.1,fd00:0:0:1::,10.0.0.2",active\n8988280666000002865,,active\n',
    'jsonl': b'{"iccid":"8988280666000002864","address":"100.91.200.24","status":"active"}\n',
    'jsonl-all': b'{"iccid":8988280666000002864,"address":["10.0.0.1","fd00::"],"status":"inactive","imsi":"901405100002864",'
                 b'"psk":"a \\"key\\" of \\u0041\\ud83d\\ude00","psk_format":"text","location_allowed":true,"longitude":13.40,'
                 b'"latitude":-0.5,"source":null,"sample_time":1700000000,"template":"-"}\r\n\n[]\n',
    'empty': b'\n',
}

CONFIGS = {
    'store': b'[store]\nurl = memory:devices.csv\n',
    'mqtt': b'# broker\n[mqtt]\nurl = mqtts://[::1]:8883\nconnections = 4\ntopic = x/{t}\ndefault_topic = x\n',
    'coap': b'[coap]\nlisten = 127.0.0.1:0,[::1]:0\nack_delay = 250ms\nack_random_factor=1.25\ndedup_memory=64M\n',
    'settings': b'coap.ack_delay=1s\ntelemetry.format=raw\nidentity.networks=10.0.0.0/8,fd00::/8\nmqtt.password=x\n',
    'bad': b'[coap]\nack_dely = 1s\nack_delay = 99h\n[nothing]\n=\n',
    'secret': b'[mqtt]\npassword = a;b#c "d"\n  username = indented\n',
}



# Records for fuzz_dtls.c, and its steps.

def record(kind, epoch, sequence, body, cid=b''):
    return (bytes([kind]) + struct.pack('>HHHI', 0xfefd, epoch, 0, sequence) + cid +
            struct.pack('>H', len(body)) + body)


def handshake(kind, sequence, body):
    length = len(body).to_bytes(3, 'big')
    return record(22, 0, 9, bytes([kind]) + length + struct.pack('>H', sequence) + bytes(3) + length + body)


def from_client(*datagrams):
    return b''.join(bytes([2, len(d)]) + d for d in datagrams)


def from_elsewhere(*datagrams):
    return b''.join(bytes([3, len(d)]) + d for d in datagrams)


def milliseconds(n):
    return bytes([0, n])


WITH_CID, BY_IDENTITY, CBC, UNGROUPED, LIVING, SLEEP = 1, 8, 4, 2, 16, 32
ALERT, CHANGE = record(21, 0, 9, b'\x02\x28'), record(20, 0, 9, b'\x01')
OTHERS_KEY, OWN_KEY = handshake(16, 2, b'\0\x017'), handshake(16, 2, b'\0\x011')
HELLO = handshake(1, 0, b'\xfe\xfd' + b'r' * 32 + b'\0\0\0\x02\xc0\xa8\x01\0\0\0')
FINISHED, DATA = record(22, 1, 0, b'x' * 64), record(23, 1, 9, b'x' * 64)
DATA_WITH_CID = record(25, 1, 9, b'x' * 64, b'\x12\x34\x05\0\0\0\0\x01')
KEYS = from_client(OTHERS_KEY, OWN_KEY, CHANGE, FINISHED) + milliseconds(255)

DTLS = {
    'living': bytes([LIVING]) + from_client(ALERT, CHANGE, OTHERS_KEY, handshake(20, 3, b'x' * 12), DATA,
                                            FINISHED, HELLO, DATA_WITH_CID),
    'living-cid': bytes([LIVING | WITH_CID]) + from_elsewhere(DATA_WITH_CID, DATA, HELLO, ALERT),
    'living-cbc': bytes([LIVING | CBC]) + from_client(DATA, record(23, 1, 10, b'x' * 65)),
    'asleep': bytes([LIVING | SLEEP]) + from_client(ALERT, DATA, FINISHED, HELLO, record(23, 1, 0, b'x' * 30)),
    'asleep-cid': bytes([LIVING | SLEEP | WITH_CID]) + from_elsewhere(DATA_WITH_CID) + from_client(DATA_WITH_CID),
    'hello': bytes([0, 1]) + from_client(HELLO) + from_elsewhere(HELLO) + milliseconds(200),
    'key-exchange': bytes([0, 7]) + KEYS,
    'key-exchange-by-identity': bytes([BY_IDENTITY, 7]) + KEYS,
    'flight': bytes([UNGROUPED, 7]) + from_client(OWN_KEY + CHANGE + FINISHED) + milliseconds(100),
}


# Templates for fuzz_template.c, with ' for ", and payloads.

def template(statements, payload):
    text = b'{"sense":[' + statements.replace(b"'", b'"') + b']}'
    return text + b'\0' + bytes.fromhex(payload)


def example(name, payload):
    with open(os.path.join(EXAMPLES, name + '.json'), 'rb') as file:
        return file.read() + b'\0' + bytes.fromhex(payload)


def mapping(selector):
    return b"{'asset':'a.b','value':{" + selector + b"}}"


TEMPLATES = {
    'climate': example('climate', '001a003700'),
    'tracker': example('tracker', '00424bbcf940de981c0078'),
    'tracker-unknown': example('tracker', '01ffffff'),
    'tracker-short': example('tracker', '00424bbcf9'),
    'meter': example('meter', '0af001003930000068c3a922'),
    'int': template(mapping(b"'byte':0,'bytelength':8,'byteorder':'little','type':'int'"), 'ff' * 8),
    'double': template(mapping(b"'byte':0,'bytelength':8,'type':'float'"), '3fd3333333333334'),
    'range': template(mapping(b"'byte':1,'endbyte':-1,'type':'string'"), '00c3a9e282acf09f988000'),
    'from-end': template(mapping(b"'endbyte':-4,'bytelength':4,'type':'hex'"), '0102030405'),
    'boolean': template(mapping(b"'byte':0,'endbyte':0,'type':'boolean'"), '0000'),
    'constants': template(b"{'asset':'a','value':-1.5e+3},[{'asset':'b','value':'\\u00e9\\n'},"
                          b"{'asset':'a','value':null}],{'asset':'c.d','value':true}", ''),
    'location': template(b"{'asset':'x','value':{'byte':0,'bytelength':4,'type':'float'},'custom_type':"
                         b"'location_lat'},{'asset':'y','value':-18e1,'custom_type':'location_long'}", '33d6bf95'),
    'switch': template(b"{'switch':{'byte':0,'endbyte':0,'type':'hex'},'on':[{'default':true,'do':[]},"
                       b"{'case':'0aFf','do':[{'switch':{'byte':0,'type':'uint'},'on':[{'case':10,'do':"
                       b"[{'asset':'a','value':1}]}]}]}]}", '0aff'),
    'float-case': template(b"{'switch':{'byte':0,'bytelength':4,'type':'float'},'on':[{'case':0.1,'do':"
                           b"[{'asset':'a','value':''}]}]}", '3dcccccd'),
    'conflict': template(b"{'asset':'a','value':1},\n{'asset':'a.b','value':1}", ''),
    'syntax': b'{"sense":[\n{"asset":"a",}\n]}',
    'no-utf8': b'{"sense\xff":[]}',
    'empty': b'\0\1',
}


def write(folder, inputs, prefix=b''):
    os.makedirs(os.path.join(CORPUS, folder), exist_ok=True)
    for name, content in inputs.items():
        with open(os.path.join(CORPUS, folder, name), 'wb') as file:
            file.write(prefix + content)


def main():
    write('message', MESSAGES)
    write('device_csv', DEVICE_FILES)
    write('config', CONFIGS)
    write('dtls', DTLS)
    write('template', TEMPLATES)
    for variant in (0, 0xff):
        write('service', {f'{name}-{variant:02x}': script for name, script in SCRIPTS.items()},
              bytes([variant]))


if __name__ == '__main__':
    main()
