#!/usr/bin/python3
"""The demonstration's clients against a service that is not the shop: what was asked for is sent, whatever the answers are."""
import http.server
import json
import os
import re
import subprocess
import tempfile
import threading
import time
import unittest

from cluster import BOUND_TO_US, BUILD, DEADLINE, eventually


RATE = 20  # requests a second


class Stranger(http.server.BaseHTTPRequestHandler):
    """Answers everything at once: 404, or nothing at all."""
    protocol_version = 'HTTP/1.1'
    paths = []

    def do_GET(self):
        self.paths.append(self.path)
        if len(self.paths) % 5 == 0:
            self.close_connection = True
            return
        self.send_response(404)
        self.send_header('Content-Length', '0')
        self.end_headers()

    def log_message(self, *_):
        pass


class Load(unittest.TestCase):
    def start(self, *args):
        """The clients and the paths that they have asked for; the output's path."""
        paths = []
        handler = type('Handler', (Stranger,), {'paths': paths})
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        output = os.path.join(folder.name, 'load.jsonl')
        process = subprocess.Popen([*BOUND_TO_US, os.path.join(BUILD, 'demo_load'), '--url', f'http://127.0.0.1:{server.server_port}',
                                    '--rate', str(RATE), '--output', output, *args], stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process, paths, output

    def test_the_long_request_is_not_sent_again_before_its_time(self):
        begun = time.monotonic()
        process, paths, output = self.start('--slow-seconds', '3600')
        eventually(lambda: paths.count('/') >= 60, 'three seconds of requests')
        process.terminate()
        self.assertEqual(process.wait(DEADLINE), 0)
        seconds = time.monotonic() - begun
        self.assertEqual([path for path in paths if path != '/'], ['/slow?seconds=3600'])
        with open(output, encoding='utf-8') as file:
            lines = [json.loads(line) for line in file]
        self.assertGreater(len(lines), 0)
        # What a kept connection did not answer was asked for a second time, and is one line.
        self.assertLessEqual(len(lines), len(paths))
        self.assertLessEqual(len(paths), 2 * len(lines))
        # However the answers are: no more than the rate, the first request, and the long one.
        self.assertLessEqual(len(lines), RATE * seconds + 2)

    def test_the_record_is_bounded(self):
        process, paths, output = self.start('--slow-seconds', '0', '--output-bytes-max', '1000')
        eventually(lambda: len(paths) >= 40, 'two seconds of requests')
        process.terminate()
        said = process.communicate(timeout=DEADLINE)[1]
        with open(output, encoding='utf-8') as file:
            text = file.read()
        self.assertLessEqual(len(text), 1000)
        self.assertGreater(len([json.loads(line) for line in text.splitlines()]), 0)
        self.assertRegex(said, r'^demo_load: [1-9]\d* requests did not fit in ' + re.escape(output) + '\n$')

    def test_there_need_be_no_long_request(self):
        process, paths, _ = self.start('--slow-seconds', '0')
        eventually(lambda: len(paths) >= 20, 'a second of requests')
        process.terminate()
        self.assertEqual(process.wait(DEADLINE), 0)
        self.assertEqual(set(paths), {'/'})


if __name__ == '__main__':
    unittest.main(verbosity=2)
