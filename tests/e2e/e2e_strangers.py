#!/usr/bin/python3
"""Strangers who take all connections that there are keep nobody out: health is told, a release is taken, kubectl is answered."""
import contextlib
import hashlib
import hmac
import json
import os
import re
import resource
import selectors
import socket
import tempfile
import threading
import time

from cluster import ClusterTest, eventually, main, request

SECRET = 'a secret of 2026'

# As many as the controller's edge, and as the local API, serve at once.
EDGE_CONNECTIONS = 200
API_CONNECTIONS = 2000

PIPELINED = b'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n' * 100


class Crowd:
    """Keeps `size` connections to a URL open, each sending `data` again and again; reads nothing, and comes back when sent away."""

    def __init__(self, url, size, data=b''):
        host, port = re.fullmatch(r'https?://(.+):(\d+)', url).groups()
        self.place = (host, int(port))
        self.size = size
        self.data = data
        self.over = threading.Event()
        self.full = threading.Event()
        self.thread = threading.Thread(target=self.press)
        self.thread.start()

    def press(self):
        with selectors.DefaultSelector() as selector, contextlib.ExitStack() as doors:
            members = set()
            while not self.over.is_set():
                while len(members) < self.size and not self.over.is_set():
                    members.add(doors.enter_context(self.join(selector)))
                self.full.set()
                for key, _ in selector.select(timeout=0.05):
                    if not self.speak(key.fileobj):
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
                        members.discard(key.fileobj)

    def join(self, selector):
        member = socket.create_connection(self.place)
        member.setblocking(False)
        # Who has nothing to say waits for the end alone.
        selector.register(member, selectors.EVENT_WRITE if self.data else selectors.EVENT_READ)
        return member

    def speak(self, member):
        """False where the member was sent away."""
        try:
            return member.send(self.data) > 0 if self.data else member.recv(1) != b''
        except BlockingIOError:
            return True
        except OSError:
            return False

    def leave(self):
        self.over.set()
        self.thread.join()


class Strangers(ClusterTest):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        secret = os.path.join(folder, 'hmac')
        with open(secret, 'w', encoding='utf-8') as file:
            file.write(SECRET + '\n')
        self.cluster = self.start_cluster('--webhook-hmac-file', secret)

    def crowd(self, *args):
        crowd = Crowd(*args)
        self.addCleanup(crowd.leave)
        eventually(crowd.full.is_set, 'all strangers are there')

    def test_who_never_reads_keeps_nobody_out(self):
        cluster = self.cluster
        cluster.apply_shop()
        self.crowd(cluster.controller, EDGE_CONNECTIONS, PIPELINED)
        for _ in range(20):
            self.assertEqual(request(cluster.controller + '/healthz'), (200, 'ok'))
        body = json.dumps({'id': 'build-1', 'issuedAt': time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()),
                           'images': {'shop': 'shop:v2'}}).encode()
        signature = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        status, _ = request(cluster.controller + '/v1/rollouts/default/shop/release', 'POST', body,
                            {'X-Hub-Signature-256': 'sha256=' + signature})
        self.assertEqual(status, 201)

    def test_who_never_shakes_hands_keeps_nobody_out(self):
        self.crowd(self.cluster.api, API_CONNECTIONS)
        for _ in range(5):
            self.cluster.kubectl('get', 'namespaces')


if __name__ == '__main__':
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
                                                resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    main()
