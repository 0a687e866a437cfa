"""Starts an API server for tests, and ends it: the embedded one, or with KUBEBUILDER_ASSETS a real one (real_server.py).

With SLUICE_TEST_CLUSTER=1 it is the one that KUBECONFIG names (existing_server.py).
"""
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

DEADLINE = 30  # seconds


class ApiServer:
    """`facts` has url, ca, token and kubeconfig, whose users are sluice-admin (by certificate) and sluice-token."""

    __test__ = False  # no test, whatever a collector of tests makes of names
    real = False
    existing = False  # it was there before

    def __init__(self):
        self.facts = {}

    def ask(self, method, path, body=None, content_type='application/json'):
        """(status, answer) of a request as administrator, refusals too; the answer is parsed if it is JSON."""
        asked = urllib.request.Request(self.facts['url'] + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                       headers={'Content-Type': content_type, 'Authorization': 'Bearer ' + self.facts['token']})
        context = ssl.create_default_context(cafile=self.facts['ca'])
        try:
            with urllib.request.urlopen(asked, context=context, timeout=DEADLINE) as answer:
                return answer.status, self.parse(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self.parse(error)

    @staticmethod
    def parse(answer):
        text = answer.read().decode()
        return json.loads(text) if answer.headers.get_content_type() == 'application/json' else text

    def has_controllers(self):
        return False

    def patch_status(self, path, status):
        """Old kubectls cannot write a status."""
        code, answer = self.ask('PATCH', path + '/status', {'status': status}, 'application/merge-patch+json')
        assert code == 200, answer


class TestServer(ApiServer):
    """The embedded server. It ends when its standard input does, so at the latest with the test."""

    def __init__(self, program, folder, *flags):
        super().__init__()
        self.process = subprocess.Popen([program, *flags, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if line.strip() == 'ready':
                return
            key, _, value = line.strip().partition('=')
            self.facts[key] = value
        self.stop()
        raise RuntimeError(f'{program} ended before it was ready')

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(DEADLINE)


def start_server(program, folder, *flags):
    """The server that the environment asks for, its files in `folder`; program and flags are those of the embedded one."""
    if os.environ.get('SLUICE_TEST_CLUSTER') == '1':
        from existing_server import ExistingServer
        return ExistingServer(folder)
    assets = os.environ.get('KUBEBUILDER_ASSETS')
    if not assets:
        return TestServer(program, folder, *flags)
    from real_server import RealServer
    return RealServer(assets, folder)
