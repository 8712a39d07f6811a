"""A test double of a broker that speaks MQTT 5 and answers as the test wants."""

import socket
import threading

import mqtt
from harness import wait_until

HOLD = None  # no PUBACK until release()


class StubConnection:
    """One client; runs in a thread of its own."""

    def __init__(self, stub, connection):
        self.stub = stub
        self.socket = connection
        self.held = []  # identifiers that got no PUBACK yet
        self.lock = threading.Lock()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        stream = mqtt.Stream()
        try:
            while True:
                data = self.socket.recv(1 << 16)
                if not data:
                    return
                for kind, flags, body in stream.add(data):
                    self._handle(kind, flags, body)
        except OSError:
            pass

    def _handle(self, kind, flags, body):
        if kind == mqtt.CONNECT:
            self.socket.sendall(mqtt.packet(mqtt.CONNACK, self.stub.connack))
            self.stub.connects += 1
        elif kind == mqtt.PINGREQ:
            self.socket.sendall(mqtt.packet(mqtt.PINGRESP, b''))
        elif kind == mqtt.SUBSCRIBE:
            self.socket.sendall(mqtt.packet(mqtt.SUBACK, body[:2] + b'\0\1'))
        elif kind == mqtt.PUBLISH:
            topic, identifier, payload = mqtt.read_publish(flags, body, 5)
            self.stub.received.append((topic, payload, bool(flags & 8)))
            self._answer(topic, identifier)

    def _answer(self, topic, identifier):
        reasons = self.stub.answer(topic)
        if reasons is HOLD:
            with self.lock:
                self.held.append(identifier)
                self.stub.most_held = max(self.stub.most_held, len(self.held))
        else:
            for reason in reasons:
                self.acknowledge(identifier, reason)

    def acknowledge(self, identifier, reason=0):
        body = identifier.to_bytes(2, 'big') + (bytes([reason]) if reason else b'')
        self.socket.sendall(mqtt.packet(mqtt.PUBACK, body))

    def release(self):
        with self.lock:
            held, self.held = self.held, []
        for identifier in held:
            self.acknowledge(identifier)


class StubBroker:
    """`answer` gets a topic and gives the reason codes of its PUBACKs, one after the other, or HOLD."""

    def __init__(self, scope, answer=lambda topic: [0], receive_maximum=None):
        self.answer = answer
        properties = b''
        if receive_maximum:
            properties = bytes([mqtt.RECEIVE_MAXIMUM]) + receive_maximum.to_bytes(2, 'big')
        self.connack = b'\0\0' + mqtt.varint(len(properties)) + properties
        self.received = []  # (topic, payload, whether it was marked as sent before)
        self.connects = 0
        self.most_held = 0
        self.connections = []
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.port = self.listener.getsockname()[1]
        self.url = f'mqtt://127.0.0.1:{self.port}'
        scope.defer(self.end)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        try:
            while True:
                connection, _ = self.listener.accept()
                self.connections.append(StubConnection(self, connection))
        except OSError:
            pass

    def end(self):
        """Takes no connection any more and ends those that there are."""
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:  # ended before
            pass
        self.listener.close()
        self.cut()

    def release(self):
        """Acknowledges what was held."""
        for connection in list(self.connections):
            connection.release()

    def publish(self, topic, payload):
        """Delivers to all connections, with QoS 0, whatever they have subscribed to."""
        for connection in list(self.connections):
            connection.socket.sendall(mqtt.packet(mqtt.PUBLISH, mqtt.text(topic) + b'\0' + payload))

    def cut(self):
        """Ends all connections."""
        connections, self.connections = self.connections, []
        for connection in connections:
            try:
                connection.socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            connection.socket.close()

    def wait_for(self, count, timeout=10):
        """Waits until so many publications were received. Returns all."""
        wait_until(lambda: len(self.received) >= count, f'{count} publications at the stub', timeout)
        return list(self.received)
