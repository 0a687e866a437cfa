"""A real control plane for tests: etcd and kube-apiserver of the folder that KUBEBUILDER_ASSETS names, nothing else.

As in controller-runtime's envtest no controller runs: no garbage is collected, no namespace ever ends, ReplicaSets get no pods.
"""
import base64
import json
import os
import secrets
import signal
import socket
import subprocess
import time

from test_server import ApiServer

READY_DEADLINE = 120  # seconds
ATTEMPTS = 3  # a free port may be taken before it is used
# The kernel ends the programs when the test ends, however that comes about.
BOUND_TO_US = ['setpriv', '--pdeathsig', 'KILL']

KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: sluice
clusters:
- {{name: sluice, cluster: {{server: "{url}", certificate-authority-data: {ca}}}}}
contexts:
- {{name: sluice, context: {{cluster: sluice, namespace: default, user: sluice-admin}}}}
- {{name: nobody, context: {{cluster: sluice, namespace: default, user: nobody}}}}
users:
- {{name: sluice-admin, user: {{client-certificate-data: {certificate}, client-key-data: {key}}}}}
- {{name: sluice-token, user: {{token: "{token}"}}}}
- {{name: nobody, user: {{token: "{nobody}"}}}}
"""

# What service accounts ask for: the server's own account of what a controller did, and with which token.
AUDIT_POLICY = """\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- {level: Metadata, userGroups: ["system:serviceaccounts"]}
- {level: None}
"""

SERVER_EXTENSIONS = 'extendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1,DNS:localhost\n'
CLIENT_EXTENSIONS = 'extendedKeyUsage=clientAuth\n'


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class RealServer(ApiServer):
    """Its kubeconfig has a context more, `nobody`: a user of that name without any right, for tests to give some."""

    real = True

    def __init__(self, assets, folder):
        super().__init__()
        self.assets, self.folder, self.processes = assets, os.path.abspath(folder), []
        os.makedirs(self.folder, exist_ok=True)
        try:
            self.make_certificates()
            self.start()
        except BaseException:
            self.stop()
            raise

    def path(self, name):
        return os.path.join(self.folder, name)

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def write(self, name, text):
        with open(self.path(name), 'w', encoding='utf-8', opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(text)

    def openssl(self, *args):
        done = subprocess.run(['openssl', *args], cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def make_certificates(self):
        new_key = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes')
        self.openssl('req', '-x509', *new_key, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=sluice-test-ca')
        for name, subject, extensions in (('server', '/CN=kube-apiserver', SERVER_EXTENSIONS),
                                          ('client', '/O=system:masters/CN=admin', CLIENT_EXTENSIONS)):
            self.write(f'{name}.ext', extensions)
            self.openssl('req', *new_key, '-keyout', f'{name}.key', '-out', f'{name}.csr', '-subj', subject)
            self.openssl('x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2',
                         '-extfile', f'{name}.ext', '-out', f'{name}.crt')
        self.openssl('genrsa', '-out', 'accounts.key', '2048')

    def start(self):
        token, self.nobody = secrets.token_hex(20), secrets.token_hex(20)
        self.write('audit-policy.yaml', AUDIT_POLICY)
        self.write('tokens.csv', f'{token},token-admin,token-admin,system:masters\n{self.nobody},nobody,nobody\n')
        for _ in range(ATTEMPTS):
            etcd, port = f'http://127.0.0.1:{free_port()}', free_port()
            self.facts = {'url': f'https://127.0.0.1:{port}', 'ca': self.path('ca.crt'), 'token': token,
                          'kubeconfig': self.path('kubeconfig')}
            self.start_etcd(etcd)
            self.start_api_server(etcd, port)
            if self.becomes_ready():
                self.write_kubeconfig()
                return
            self.stop()
        raise RuntimeError('no API server:\n' + self.log('etcd') + self.log('kube-apiserver'))

    def spawn(self, name, *args):
        command = [*BOUND_TO_US, os.path.join(self.assets, name), *args]
        with open(self.path(f'{name}.log'), 'wb') as log:
            self.processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder))

    def start_etcd(self, url):
        self.spawn('etcd', '--data-dir', self.path('etcd'), '--listen-client-urls', url, '--advertise-client-urls', url,
                   '--listen-peer-urls', 'http://127.0.0.1:0', '--log-level', 'warn', '--unsafe-no-fsync')

    def start_api_server(self, etcd, port):
        self.spawn('kube-apiserver', f'--etcd-servers={etcd}', '--bind-address=127.0.0.1', f'--secure-port={port}',
                   '--advertise-address=127.0.0.1', '--endpoint-reconciler-type=none', '--service-cluster-ip-range=10.0.0.0/24',
                   '--tls-cert-file=server.crt', '--tls-private-key-file=server.key', '--client-ca-file=ca.crt',
                   '--token-auth-file=tokens.csv', '--authorization-mode=RBAC',
                   '--audit-policy-file=audit-policy.yaml', '--audit-log-path=audit.log',
                   '--service-account-issuer=https://kubernetes.default.svc', '--service-account-key-file=accounts.key',
                   '--service-account-signing-key-file=accounts.key',
                   # Its accounts come from a controller, and no pod would be admitted without.
                   '--disable-admission-plugins=ServiceAccount')

    def becomes_ready(self):
        end = time.monotonic() + READY_DEADLINE
        while time.monotonic() < end and all(process.poll() is None for process in self.processes):
            try:
                # The namespace is the last that clients need; it comes after the server calls itself ready.
                if all(self.ask('GET', path)[0] == 200 for path in ('/readyz', '/api/v1/namespaces/default')):
                    return True
            except OSError:
                pass
            time.sleep(0.1)
        return False

    def write_kubeconfig(self):
        encoded = {name: base64.b64encode(self.read(file)).decode()
                   for name, file in (('ca', 'ca.crt'), ('certificate', 'client.crt'), ('key', 'client.key'))}
        self.write('kubeconfig', KUBECONFIG.format(url=self.facts['url'], token=self.facts['token'], nobody=self.nobody, **encoded))

    def audit(self):
        """The requests of service accounts so far, in the order of their ends."""
        lines = self.read('audit.log').decode().splitlines()
        return [json.loads(line) for line in lines if line.endswith('}')]

    def log(self, name):
        return self.read(f'{name}.log').decode(errors='replace')[-3000:]

    def stop(self):
        """Nothing is kept, so nothing needs to end in order."""
        for process in self.processes:
            process.send_signal(signal.SIGKILL)
        for process in self.processes:
            process.wait()
        self.processes = []
        return 0
