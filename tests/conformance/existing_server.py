"""The API server that KUBECONFIG names, for tests that are told by SLUICE_TEST_CLUSTER=1 that they may have it for themselves.

They install into it and delete everything of their kinds in its namespace `default`.
"""
import base64
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

import yaml

from test_server import DEADLINE, ApiServer


class ExistingServer(ApiServer):
    """It is neither started nor ended; only its kubeconfig is copied, with what that refers to."""

    real = True
    existing = True

    def __init__(self, folder):
        super().__init__()
        os.makedirs(folder, exist_ok=True)
        text = subprocess.run(['kubectl', 'config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'], capture_output=True, text=True,
                              check=True).stdout
        config = json.loads(text)
        self.cluster, self.user = config['clusters'][0]['cluster'], config['users'][0]['user']
        config['contexts'][0]['context']['namespace'] = 'default'
        self.facts = {'url': self.cluster['server'], 'ca': os.path.join(folder, 'ca.crt'), 'kubeconfig': os.path.join(folder, 'kubeconfig')}
        self.write(self.facts['ca'], base64.b64decode(self.cluster['certificate-authority-data']).decode())
        self.write(self.facts['kubeconfig'], yaml.safe_dump(config))
        self.context = ssl.create_default_context(cafile=self.facts['ca'])
        if 'client-certificate-data' in self.user:
            for name in ('certificate', 'key'):
                self.write(os.path.join(folder, name), base64.b64decode(self.user[f'client-{name}-data']).decode())
            self.context.load_cert_chain(os.path.join(folder, 'certificate'), os.path.join(folder, 'key'))

    @staticmethod
    def write(path, text):
        with open(path, 'w', encoding='utf-8', opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            file.write(text)

    def has_controllers(self):
        """Whether somebody else brings ReplicaSets to life."""
        return self.ask('GET', '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/kube-controller-manager')[0] == 200

    def ask(self, method, path, body=None, content_type='application/json'):
        headers = {'Content-Type': content_type}
        if 'token' in self.user:
            headers['Authorization'] = 'Bearer ' + self.user['token']
        asked = urllib.request.Request(self.facts['url'] + path, method=method, headers=headers,
                                       data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(asked, context=self.context, timeout=DEADLINE) as answer:
                return answer.status, self.parse(answer)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, self.parse(error)

    def audit(self):
        """Nobody keeps account of requests here."""
        return []

    def stop(self):
        return 0
