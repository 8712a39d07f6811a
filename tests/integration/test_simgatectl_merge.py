#!/usr/bin/env python3
"""simgatectl import into the devices' file of a memory store: its lines stay as they are but for what is imported."""

import csv
import os
import random
import re
import threading

from ctl import ICCID, NO, NOTE, OTHER, STORE, THIRD, USAGE, Ctl
from harness import Redis, tap


class Merge:
    """A store's file, and one that is imported into it."""

    def __init__(self, scope):
        self.store = os.path.join(scope.directory(), 'devices.csv')
        self.file = os.path.join(scope.directory(), 'file.csv')
        self.ctl = Ctl(f'memory:{self.store}')

    def __call__(self, before, text, *options, status=0):
        """Returns what the store's file is afterwards, the counts, and standard error but for the note that
        belongs to a change."""
        for path, content in (self.store, before), (self.file, text):
            with open(path, 'w', encoding='utf-8', newline='') as file:
                file.write(content)
        out, err = self.ctl('import', self.file, *options, status=status)
        match = re.fullmatch(r'(\d+) added, (\d+) updated, (\d+) unchanged(?:, (\d+) wrong)? in [\d.]+ s\n', out)
        counts = match and tuple(int(n or 0) for n in match.groups())
        assert (NOTE in err) == bool(counts and counts[0] + counts[1]), err
        return self.content(), counts, err.replace(NOTE, '')

    def content(self):
        with open(self.store, encoding='utf-8', newline='') as file:
            return file.read()


BEFORE = f'''\
# our devices
status,address,iccid,imsi

active,"10.0.0.1",{ICCID},901405100002864
# a comment
inactive,10.0.0.2,{OTHER},
active,10.1.0.0/16,8988280600000000000,
'''


def test_lines_stay_as_they_are(scope):
    merge = Merge(scope)
    after, counts, err = merge(BEFORE, f'iccid,address,status\n{OTHER},10.0.0.2,active\n{THIRD},10.0.0.3,active\n'
                               f'{ICCID},10.0.0.1,active\n')
    assert (counts, err) == ((1, 1, 1, 0), '')
    assert after == BEFORE.replace(f'inactive,10.0.0.2,{OTHER},', f'active,10.0.0.2,{OTHER},') + f'active,10.0.0.3,{THIRD},\n'


def test_columns_are_added_where_they_are_needed(scope):
    merge = Merge(scope)
    header = 'iccid,address,status,imsi,location_allowed,template,psk,psk_format,longitude,latitude,source,sample_time\n'
    after, counts, _ = merge(BEFORE, header + f'{ICCID},10.0.0.1,active,901405100002864,no,,,,,,,\n')
    assert counts == (0, 0, 1, 0) and after == BEFORE
    after, counts, _ = merge(BEFORE, header + f'{ICCID},10.0.0.1,active,,no,a,"a ""key""; of mine",,,,,\n')
    assert counts == (0, 1, 0, 0)
    assert after == (f'# our devices\nstatus,address,iccid,imsi,psk,template\n\nactive,10.0.0.1,{ICCID},,"a ""key""; of mine",a\n'
                     f'# a comment\ninactive,10.0.0.2,{OTHER},,,\nactive,10.1.0.0/16,8988280600000000000,,,\n')
    after, counts, _ = merge(after, header + f'{ICCID},10.0.0.1,active,,yes,,,,13.40,-0.5,,\n')
    assert counts == (0, 1, 0, 0)
    assert f'active,10.0.0.1,{ICCID},,"a ""key""; of mine",,true,13.40,-0.5\n' in after, after
    assert merge(after, header + f'{ICCID},10.0.0.1,active,,yes,,,,,,,\n')[:2] == (after, (0, 0, 1, 0))
    after, _, _ = merge(after, header + f'{ICCID},10.0.0.1,active,,yes,,00112233445566778899,hex,,,,\n')
    assert 'psk,template,location_allowed,longitude,latitude,psk_format\n' in after
    assert f'active,10.0.0.1,{ICCID},,00112233445566778899,,true,13.40,-0.5,hex\n' in after, after


def test_a_line_does_not_become_a_comment(scope):
    merge = Merge(scope)
    before = f'psk,iccid,address,status\n"#a-key-of-mine",{ICCID},10.0.0.1,active\n'
    after, counts, _ = merge(before, f'iccid,address,status,psk,imsi\n{OTHER},10.0.0.2,active,#another-key,901405100002864\n')
    assert counts == (1, 0, 0, 0)
    assert after == (f'psk,iccid,address,status,imsi\n"#a-key-of-mine",{ICCID},10.0.0.1,active,\n'
                     f'"#another-key",{OTHER},10.0.0.2,active,901405100002864\n')


def test_ends_of_lines(scope):
    merge = Merge(scope)
    text = f'iccid,address,status\n{OTHER},10.0.0.2,inactive\n{THIRD},10.0.0.3,active\n'
    for end in '\n', '\r\n':
        before = f'\ufefficcid,address,status{end}{ICCID},10.0.0.1,active{end}{OTHER},10.0.0.2,active'
        for last in '', end, end + end, end + '# x':
            after, counts, _ = merge(before + last, text)
            assert counts == (1, 1, 0, 0)
            missing = '' if last.endswith(end) else end
            assert after == f'{before[:-6]}inactive{last}{missing}{THIRD},10.0.0.3,active{end}', (last, after)
            after, counts, _ = merge(before + last, text.replace('inactive', 'active'))
            assert counts == (1, 0, 1, 0)
            assert after == f'{before}{last}{missing}{THIRD},10.0.0.3,active{end}', (last, after)


def test_a_file_that_is_not_there(scope):
    merge = Merge(scope)
    with open(merge.file, 'w', encoding='utf-8') as file:
        file.write(f'iccid,address,status,imsi,template\n{ICCID},10.0.0.1,active,,a\n')
    assert merge.ctl('import', merge.file)[0].startswith('1 added')
    assert merge.content() == f'iccid,address,status,template\n{ICCID},10.0.0.1,active,a\n'
    assert os.stat(merge.store).st_mode & 0o777 == 0o600


def test_bad_lines(scope):
    merge = Merge(scope)
    text = f'''\
iccid,address,status
12,10.0.0.9,active
{THIRD},10.0.0.1,active
8988280600000000007,10.0.0.8,active
{OTHER},"10.0.0.5,10.0.0.6",active
{ICCID},10.0.0.1,inactive
{THIRD},10.0.0.3,active
'''
    after, counts, err = merge(BEFORE, text, status=NO)
    assert counts == (1, 1, 0, 4)
    assert after == BEFORE.replace(f'active,"10.0.0.1",{ICCID},', f'inactive,10.0.0.1,{ICCID},') + f'active,10.0.0.3,{THIRD},\n'
    assert [line.split(':')[1] for line in err.splitlines()] == ['2', '3', '4', '5'], err
    assert f'10.0.0.1 is not made one of {THIRD}: it is one of {ICCID}' in err and 'line 7 of the store' in err
    assert '2 addresses are not legal here' in err
    after, counts, err = merge(BEFORE, text, '--strict', status=NO)
    assert (after, counts) == (BEFORE, None) and 'nothing was changed' in err
    after, counts, err = merge(BEFORE, f'iccid,address,status\n{THIRD},10.0.0.3,active\n{THIRD[:-1]}9,10.0.0.3,active\n', status=NO)
    assert (after, counts) == (BEFORE + f'active,10.0.0.3,{THIRD},\n', (1, 0, 0, 1))
    assert 'file.csv:3: column address: line 2 has the same' in err, err
    after, counts, err = merge(BEFORE, f'iccid,address,status\n{ICCID[:-3]}000,10.2.0.0/16,active\n', status=NO)
    assert (after, counts) == (BEFORE, None) and 'not changed, since it would be wrong then' in err, err
    assert merge('what is this', text, status=NO)[0] == 'what is this'
    assert sorted(os.listdir(os.path.dirname(merge.store))) == ['devices.csv']
    merge(BEFORE, text, '--take-address', status=USAGE)


def test_a_file_that_cannot_be_written(scope):
    merge = Merge(scope)
    os.makedirs(os.path.join(os.path.dirname(merge.store), '.devices.csv.new', 'full'))
    after, counts, err = merge(BEFORE, f'iccid,address,status\n{THIRD},10.0.0.3,active\n', status=STORE)
    assert (after, counts) == (BEFORE, None) and err.startswith(merge.store), err


def test_nothing_is_written_where_nothing_changes(scope):
    merge = Merge(scope)
    with open(merge.store, 'w', encoding='utf-8') as file:
        file.write(BEFORE)
    before = os.stat(merge.store)
    assert merge.ctl('import', merge.store)[0].startswith('0 added, 0 updated, 3 unchanged')
    after = os.stat(merge.store)
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_two_at_a_time(scope):
    """They change the file one after the other: nothing of either is lost."""
    merge = Merge(scope)
    with open(merge.store, 'w', encoding='utf-8') as file:
        file.write('iccid,address,status\n')
    paths = []
    for n in range(8):
        paths.append(os.path.join(os.path.dirname(merge.file), f'part-{n}.csv'))
        with open(paths[-1], 'w', encoding='utf-8') as file:
            file.write(f'iccid,address,status\n898828060000000000{n},10.0.0.{n},active\n')
    for _ in range(2):
        threads = [threading.Thread(target=merge.ctl, args=('import', path)) for path in paths]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(merge.content().splitlines()) == 9, merge.content()
        os.unlink(merge.store)  # so they make it


def test_from_redis_and_back(scope):
    merge = Merge(scope)
    redis = Redis(scope)
    redis_ctl = Ctl(redis.url)
    redis.import_devices('iccid,address,status,imsi,template\n' + ''.join(
        f'{int(ICCID) + n},10.0.{n >> 8}.{n & 255},{("active", "inactive")[n & 1]},{"" if n & 2 else 901405100000000 + n},'
        f'{("", "a", "-")[n % 3]}\n' for n in range(3000)))
    redis_ctl('export', merge.file)
    assert merge.ctl('import', merge.file)[0].startswith('3000 added')
    exported = merge.ctl('export')[0]
    with open(merge.file, encoding='utf-8') as file:
        assert exported == file.read(), 'the same bytes, in the same order'
    redis.command('FLUSHALL')
    assert redis_ctl('import', merge.store)[0].startswith('3000 added')
    assert sorted(redis_ctl('export')[0].splitlines()) == sorted(exported.splitlines())


def test_anything_merges_as_it_should(scope):
    """Random files, against what a dictionary makes of them."""
    merge = Merge(scope)
    draw = random.Random(7)
    optional = {'imsi': ('', '123456', '7777777'), 'template': ('', '-', 'a'), 'source': ('', 'GPS'),
                'location_allowed': ('true', 'false')}

    def rows(columns, count):
        return [{'iccid': f'89882806000000000{n:02}', 'address': f'10.0.0.{n}', 'status': draw.choice(('active', 'inactive')),
                 **{column: draw.choice(optional[column]) for column in columns}}
                for n in draw.sample(range(40), count)]

    def write(columns, devices):
        order = draw.sample(['iccid', 'address', 'status', *columns], 3 + len(columns))
        text = ','.join(order) + '\n'
        for device in devices:
            text += draw.choice(('', '', '# x\n', '\n')) + ','.join(
                draw.choice(('{}', '"{}"')).format(device[column]) for column in order) + '\n'
        return text

    def all_of(device):
        return {'imsi': '', 'template': '', 'source': '', 'location_allowed': 'false', **device}

    for _ in range(60):
        there, new = (draw.sample(list(optional), draw.randrange(5)) for _ in range(2))
        before, imported = rows(there, draw.randrange(20)), rows(new, draw.randrange(20))
        after, _, err = merge(write(there, before), write(new, imported))
        expected = {device['iccid']: all_of(device) for device in before}
        for device in imported:
            kept = {k: v for k, v in device.items() if k != 'source'}  # a location comes with coordinates only
            expected[device['iccid']] = {**all_of(expected.get(device['iccid'], {})), **kept}
        lines = [line for line in after.splitlines() if line and line[0] != '#']
        found = {row['iccid']: all_of({k: v for k, v in row.items() if v or k != 'location_allowed'})
                 for row in csv.DictReader(lines)}
        assert found == expected and err == '', (after, expected)
        assert list(found)[:len(before)] == [device['iccid'] for device in before]


if __name__ == '__main__':
    tap.main()
