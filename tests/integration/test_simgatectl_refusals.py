#!/usr/bin/env python3
"""What simgatectl says, with exit status 3, when Redis is not there or does not want."""

import os
import socketserver
import threading

from ctl import ICCID, OTHER, STORE, USAGE, Ctl, contents
from harness import Redis, free_port, resp, tap

ADD = ['device', 'add', ICCID, '--address', '10.0.0.1']


def refuses(ctl, text, command=('device', 'list')):
    _, err = ctl(*command, status=STORE)
    assert text in err and err.count('\n') == 1, err
    return err


def password_file(scope, text):
    path = os.path.join(scope.directory(), 'password')
    with open(path, 'w', encoding='utf-8') as file:
        file.write(text)
    return path


def test_not_there(scope):
    port = free_port()
    refuses(Ctl(f'redis://127.0.0.1:{port}'), f'Redis at 127.0.0.1:{port} was not reached: Connection refused')
    refuses(Ctl('redis+unix:///nonexistent.sock'), 'Redis at /nonexistent.sock was not reached: No such file')


def test_does_not_answer(scope):
    redis = Redis(scope)
    redis.freeze()
    refuses(Ctl(redis.tcp_url), 'did not answer within 5 s')
    redis.thaw()


def test_passwords(scope):
    redis = Redis(scope)
    redis.command('CONFIG', 'SET', 'requirepass', 'letmein')
    right, wrong = password_file(scope, 'letmein\n'), password_file(scope, 'letmeout\n')
    refuses(Ctl(redis.url), 'it wants a password')
    for options, environment in (
            (['--password-file', wrong], {}), (['--password-file', wrong], {'SIMGATE_REDIS_PASSWORD': 'letmein'}),
            ([], {'SIMGATE_REDIS_PASSWORD': 'letmeout'}), ([], {'SIMGATE_REDIS_PASSWORD_FILE': wrong})):
        err = refuses(Ctl(redis.url, *options, environment=environment), 'the user name or the password is wrong')
        assert 'letme' not in err
    for options, environment in (
            (['--password-file', right], {}), (['--password-file', right], {'SIMGATE_REDIS_PASSWORD': 'letmeout'}),
            ([], {'SIMGATE_REDIS_PASSWORD': 'letmein'}), ([], {'SIMGATE_REDIS_PASSWORD_FILE': right})):
        assert Ctl(redis.url, *options, environment=environment).list() == []
    Ctl(redis.url, '--password-file', '/nonexistent')('device', 'list', status=USAGE)


def test_users(scope):
    redis = Redis(scope)
    redis.command('ACL', 'SETUSER', 'ctl', 'on', '>letmein', '~*', '+scan', '+get')
    environment = {'SIMGATE_REDIS_PASSWORD': 'letmein'}
    ctl = Ctl(redis.url, '--username', 'ctl', environment=environment)
    assert ctl.list() == []
    refuses(ctl, 'its user lacks a right', ADD)
    assert Ctl(redis.url, environment={**environment, 'SIMGATE_REDIS_USERNAME': 'ctl'}).list() == []
    refuses(Ctl(redis.url, '--username', 'nobody', environment=environment), 'the user name or the password is wrong')
    refuses(Ctl(redis.url, '--username', 'ctl'), 'the user name or the password is wrong')


def test_databases_that_are_not_there(scope):
    refuses(Ctl(f'{Redis(scope).url}?db=16'), 'it has no database with this number')


def test_replicas(scope):
    redis = Redis(scope, f'replicaof 127.0.0.1 {free_port()}\n')
    ctl = Ctl(redis.url)
    assert ctl.list() == []
    refuses(ctl, 'it is a replica, which takes no changes', ADD)
    redis.command('CONFIG', 'SET', 'replica-serve-stale-data', 'no')
    refuses(ctl, 'it is a replica that has lost its primary')


def test_full(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    ctl(*ADD)
    before = contents(redis)
    redis.command('CONFIG', 'SET', 'maxmemory', '1')
    refuses(ctl, 'its memory is full', ['device', 'set', ICCID, '--address', '10.0.0.2'])
    assert contents(redis) == before
    assert len(ctl.list()) == 1
    ctl('device', 'remove', ICCID)
    assert redis.keys() == []


def test_cannot_save(scope):
    redis = Redis(scope, 'save 3600 1\n')
    in_the_way = os.path.join(redis.directory, 'dump.rdb')
    os.mkdir(in_the_way)
    scope.defer(os.rmdir, in_the_way)  # Redis saves before it ends
    redis.command('BGSAVE')
    redis.process.wait_for_lines('Background saving error')
    refuses(Ctl(redis.url), 'it cannot save its data', ADD)
    assert redis.keys() == []


def test_loading(scope):
    redis = Redis(scope, 'loading-process-events-interval-bytes 1024\n')
    redis.pipeline([('SET', f'simgate:x:{n}', 'x' * 100) for n in range(5000)])
    redis.command('SAVE')
    redis.stop()
    with open(redis.file, 'a', encoding='utf-8') as file:
        file.write('key-load-delay 20000\n')  # microseconds
    redis.start(wait=False)
    redis.process.wait_for_lines('Loading RDB')
    refuses(Ctl(redis.url), 'it is still reading its data')
    redis.kill()


def test_clusters(scope):
    redis = Redis(scope, f'cluster-enabled yes\ncluster-port {free_port()}\n')
    refuses(Ctl(redis.url), 'is in cluster mode')


def test_keys_of_another_type(scope):
    redis = Redis(scope)
    ctl = Ctl(redis.url)
    ctl('device', 'add', OTHER, '--address', '10.0.0.7,10.0.0.8')
    redis.command('SET', f'simgate:dev:{{{ICCID}}}', 'x')
    redis.command('HSET', 'simgate:addr:10.0.0.1', 'x', 'y')
    before = redis.keys()
    for command in (ADD, ['device', 'show', ICCID], ['device', 'remove', ICCID]):
        err = refuses(ctl, 'a key has another type', command)
        assert f'simgate:dev:{{{ICCID}}}' in err, err
    for command in (['device', 'show', '10.0.0.1'], ['device', 'set', OTHER, '--address', '10.0.0.2,10.0.0.1']):
        err = refuses(ctl, 'a key has another type', command)
        assert 'simgate:addr:10.0.0.1)' in err, err
    assert redis.keys() == before


class OldRedis(socketserver.StreamRequestHandler):
    """Answers HELLO as a Redis of the server's version."""

    def handle(self):
        resp.read_value(self.rfile)
        self.wfile.write(self.server.answer)


def test_too_old(scope):
    fields = ['server', 'redis', 'version', '6.2.14', 'mode', 'standalone']
    for answer, text in ((resp.encode(*fields), 'is of version 6.2.14: simgate needs 7.0 or newer'),
                         (b"-ERR unknown command `HELLO`, with args\r\n", 'it is too old: simgate needs Redis 7.0'),
                         (b'+OK\r\n', 'an answer that makes no sense'), (b'*1\r\n$1\r\nx\r\n', 'makes no sense'),
                         (b'HTTP/1.1 400 Bad Request\r\n\r\n', 'the connection broke: Protocol error'),
                         (b'', 'the connection broke: Server closed the connection')):
        with socketserver.TCPServer(('127.0.0.1', 0), OldRedis) as server:
            server.answer = answer
            threading.Thread(target=server.handle_request).start()
            refuses(Ctl(f'redis://127.0.0.1:{server.server_address[1]}'), text)


if __name__ == '__main__':
    tap.main()
