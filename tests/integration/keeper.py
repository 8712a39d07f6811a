"""A subscriber that loses nothing that the broker sent it, whatever happens to the broker.

What mosquitto 2.0.11 does when it is killed under load, as measured with a publisher of the test's
own and no gateway:
- It writes a message to the subscribers that are connected first and its PUBACK afterwards (seen
  with strace). It saves to disk later, also with autosave_on_changes. So what was acknowledged while
  a subscriber was away dies with the broker until it is saved. This one comes back at once, and a
  test waits for that before it kills the broker again.
- With a subscriber of QoS 1, three of 160 kills lost one to nine acknowledged messages. The likely
  reason: a socket that is closed with unread bytes, the subscriber's acknowledgements, is reset, and
  what the broker had written and the kernel not yet sent is thrown away. With QoS 0 nothing is
  unread: 170 kills, 1.5 million acknowledged messages, none lost. That is evidence, not proof.
- mosquitto_sub may not read its connection to the end. This one does.

So this subscriber has QoS 0 and a persistent session, and the broker queues for it while it is away
(see KEEPING). The gateway publishes with QoS 1 all the same.
"""

import os
import signal
import socket
import threading
import time

import mqtt
from harness import wait_until

RETRY = 0.01  # seconds

# For the broker. Saving on each change takes some milliseconds, and would be all that it does.
KEEPING = """\
queue_qos0_messages true
max_queued_messages 0
autosave_on_changes false
"""


class Keeper:
    """Subscribed to everything, on disk too, when the constructor returns."""

    def __init__(self, scope, broker):
        self.port = broker.port
        self.arrived = []  # (topic, payload), in order
        self.sessions = 0  # subscribed so many times
        self.ended = False
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        scope.defer(self._end)
        self.wait_for_session(1)
        broker.process.popen.send_signal(signal.SIGUSR1)  # save now
        wait_until(lambda: os.path.exists(f'{broker.directory}/mosquitto.db'), 'the session is on disk')

    def _end(self):
        self.ended = True
        self.thread.join(5)

    def _run(self):
        while not self.ended:
            try:
                with socket.socket() as s:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                    s.connect(('127.0.0.1', self.port))
                    s.settimeout(0.2)
                    self._session(s)
            except OSError:
                pass
            time.sleep(RETRY)

    def _session(self, s):
        stream = mqtt.Stream()
        s.sendall(mqtt.packet(mqtt.CONNECT, mqtt.text('MQTT') + b'\4\0\0\0' + mqtt.text('keeper')))
        s.sendall(mqtt.packet(mqtt.SUBSCRIBE, b'\0\1' + mqtt.text('#') + b'\0', 2))
        while not self.ended:
            try:
                data = s.recv(1 << 16)
            except socket.timeout:
                continue
            if not data:
                return
            self._handle(list(stream.add(data)))

    def _handle(self, packets):
        with self.changed:
            for kind, flags, body in packets:
                if kind == mqtt.SUBACK:
                    self.sessions += 1
                elif kind == mqtt.PUBLISH:
                    topic, _, payload = mqtt.read_publish(flags, body, 4)
                    self.arrived.append((topic, payload))
            self.changed.notify_all()

    def wait_for_session(self, number, timeout=10):
        with self.changed:
            if not self.changed.wait_for(lambda: self.sessions >= number, timeout):
                raise TimeoutError('the broker takes no subscriber')

    def wait_for(self, count, timeout=20):
        """Waits until so much has arrived. Returns it."""
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.arrived) >= count, timeout):
                raise TimeoutError(f'{len(self.arrived)} of {count} publications arrived')
            return list(self.arrived)

    def wait_quiet(self, seconds=1.0, timeout=20):
        """Waits until nothing has arrived for a while. Returns what did."""
        deadline = time.monotonic() + timeout
        with self.changed:
            while time.monotonic() < deadline and self.changed.wait(seconds):
                pass
            return list(self.arrived)
