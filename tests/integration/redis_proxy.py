"""Stands between a gateway and its Redis: slow, silent, or telling lies."""

import queue
import socket
import threading
import time


class Connection:
    """One client and its connection to Redis; three threads."""

    def __init__(self, proxy, client):
        self.proxy = proxy
        self.client = client
        self.server = socket.socket(socket.AF_UNIX)
        self.answers = queue.Queue()  # (when, bytes); b'' is the end
        self.server.connect(proxy.redis.socket)
        for run in (self._ask, self._collect, self._answer):
            threading.Thread(target=run, daemon=True).start()

    def _ask(self):
        """What the client says goes to Redis as it is, also while its answers do not come back."""
        try:
            while data := self.client.recv(1 << 16):
                self.server.sendall(data)
        except OSError:
            pass
        self.close()

    def _collect(self):
        try:
            while data := self.server.recv(1 << 16):
                delay = 0 if self.proxy.is_urgent(data) else self.proxy.delay
                self.answers.put((time.monotonic() + delay, data))
        except OSError:
            pass
        self.answers.put((0, b''))

    def _answer(self):
        try:
            while True:
                due, data = self.answers.get()
                if not data:
                    break
                time.sleep(max(due - time.monotonic(), 0))
                if data := self.proxy.tamper(data):
                    self.client.sendall(data)
                elif data is None:
                    break
        except OSError:
            pass
        self.close()

    def close(self):
        for s in (self.client, self.server):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            s.close()
        self.proxy.connections.discard(self)


def honest(data):
    return data


class RedisProxy:
    """`tamper` gets what Redis answers and gives what the client gets: bytes, b'' to swallow them, None to
    end the connection. `delay` is added to each answer that is not urgent."""

    def __init__(self, scope, redis):
        self.redis = redis
        self.delay = 0.0
        self.tamper = honest
        self.is_urgent = lambda data: False
        self.connections = set()
        self.accepted = 0
        self.listener = socket.create_server(('127.0.0.1', 0), backlog=64)
        self.url = f'redis://127.0.0.1:{self.listener.getsockname()[1]}'
        scope.defer(self.end)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                client, _ = self.listener.accept()
                self.accepted += 1
                try:
                    self.connections.add(Connection(self, client))
                except OSError:  # Redis is not there
                    client.close()
        except OSError:
            pass

    def end(self):
        self.listener.close()
        self.cut()

    def cut(self):
        """Ends all connections."""
        for connection in list(self.connections):
            connection.close()
