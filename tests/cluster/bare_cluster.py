"""A bare API server with our CRDs and the real controller; what else a cluster has is played here.

`start_server` decides whether the API server is the embedded or a real one.
"""
import os
import re
import signal
import subprocess
import sys
import threading
import time
import typing

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TESTS, 'conformance'), os.path.join(TESTS, 'e2e')]
from cluster import DEADLINE, SOURCE, Cluster, Service, eventually  # noqa: E402  (a sibling folder, not a package)
from test_server import start_server  # noqa: E402

MANIFESTS = os.path.join(SOURCE, 'crds', 'manifests')
INSTALL = os.path.join(SOURCE, 'deploy', 'install.yaml')
NAMESPACE_INSTALL = os.path.join(SOURCE, 'deploy', 'namespace-install.yaml')
# The controller's accounts: of the whole cluster, and of a namespace that has its own.
ACCOUNT = '/api/v1/namespaces/{}/serviceaccounts/sluice'
ACCOUNT_NAME = re.compile(r'system:serviceaccount:[^:]+:sluice')
TOKEN_LASTS = 3600  # seconds
# Where a pod finds its account; a mount namespace of its own has it there, and nobody else.
MOUNTED = '/run/secrets/kubernetes.io/serviceaccount'
REPLICA_SETS = '/apis/apps/v1/{}replicasets'
JOBS = '/apis/batch/v1/{}jobs'
ROUTES = '/apis/gateway.networking.k8s.io/v1/{}httproutes'
LOOK_AGAIN = 0.1  # seconds


class Asked(typing.NamedTuple):
    """A request that a controller has made."""
    token: str
    verb: str
    what: str  # "RESOURCE/SUBRESOURCE NAME"
    code: int
    by_right: bool  # The account may do that; what became of it is another question.


def canary_weight(route):
    return next(each.get('weight', 1) for each in route['spec']['rules'][0]['backendRefs'] if each['name'].endswith('-canary'))


def time_text():
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())


def replace_file(path, text):
    """At once, as the kubelet does it."""
    with open(path + '.new', 'w', encoding='utf-8') as file:
        file.write(text)
    os.replace(path + '.new', path)


def in_pod(folder):
    """A command that runs another one with `folder` where a pod has its service account."""
    mount = f'mount -t tmpfs tmpfs /run && mkdir -p {MOUNTED} && mount --bind "$0" {MOUNTED} && exec "$@"'
    return ['unshare', '--mount', *(['--map-root-user'] if os.getuid() else []), 'sh', '-c', mount, folder]


def pod_environment(url):
    host, _, port = url.removeprefix('https://').partition(':')
    return {'PATH': os.environ['PATH'], 'HOME': '/nowhere', 'KUBERNETES_SERVICE_HOST': host, 'KUBERNETES_SERVICE_PORT': port}


class StandIn(threading.Thread):
    """The controllers of ReplicaSets and Jobs and the gateway: they say at once that what is wanted is so. `weights` is what the gateway saw."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ended, self.problem = server, threading.Event(), None
        self.without_controllers = not server.has_controllers()
        self.weights = []

    def run(self):
        try:
            while not self.ended.wait(LOOK_AGAIN):
                if self.without_controllers:
                    self.act_on(REPLICA_SETS, self.replica_set_status)
                    self.act_on(JOBS, self.job_status)
                self.act_on(ROUTES, self.route_status)
        except (OSError, AssertionError, KeyError) as problem:
            self.problem = problem

    def stop(self):
        self.ended.set()
        self.join()
        assert self.problem is None, f'the stand-in gave up: {self.problem!r}'

    def act_on(self, path, status_of):
        code, answer = self.server.ask('GET', path.format(''))
        assert code == 200, answer
        for item in answer['items']:
            status = status_of(item)
            if status:
                place = path.format(f'namespaces/{item["metadata"]["namespace"]}/')
                self.write(f'{place}/{item["metadata"]["name"]}', item, status)

    def write(self, path, item, status):
        """Bound to the version that was looked at: a route changed meanwhile must not be confirmed."""
        body = {'metadata': {'resourceVersion': item['metadata']['resourceVersion']}, 'status': status}
        code, answer = self.server.ask('PATCH', path + '/status', body, 'application/merge-patch+json')
        assert code in (200, 404, 409), answer

    @staticmethod
    def replica_set_status(item):
        wanted, generation = item['spec'].get('replicas', 1), item['metadata']['generation']
        status = {'replicas': wanted, 'fullyLabeledReplicas': wanted, 'readyReplicas': wanted, 'availableReplicas': wanted,
                  'observedGeneration': generation}
        seen = item.get('status', {})
        return None if all(seen.get(key, 0) == value for key, value in status.items()) else status

    @staticmethod
    def job_status(item):
        if item.get('status', {}).get('completionTime'):
            return None
        now = time_text()
        done = [{'type': kind, 'status': 'True', 'lastTransitionTime': now} for kind in ('SuccessCriteriaMet', 'Complete')]
        return {'startTime': now, 'completionTime': now, 'succeeded': 1, 'conditions': done}

    def route_status(self, item):
        weight, generation = canary_weight(item), item['metadata']['generation']
        if self.weights[-1:] != [weight]:
            self.weights.append(weight)
        confirmed = [each.get('observedGeneration') for parent in item.get('status', {}).get('parents', [])
                     for each in parent['conditions']]
        if confirmed and set(confirmed) == {generation}:
            return None
        now = time_text()
        conditions = [{'type': kind, 'status': 'True', 'reason': kind, 'message': '', 'observedGeneration': generation,
                       'lastTransitionTime': now} for kind in ('Accepted', 'ResolvedRefs')]
        return {'parents': [{'controllerName': 'example.com/stand-in', 'parentRef': parent, 'conditions': conditions}
                            for parent in item['spec']['parentRefs']]}


class BareCluster(Cluster):
    """`serve_program` is the embedded server; `controllers` are those that run. All tests of a run share it: clean() comes between."""

    def __init__(self, serve_program):
        super().__init__()
        self.serve_program = serve_program
        self.server = self.stand_in = None
        self.controllers = []

    def up(self):
        self.server = start_server(self.serve_program, self.data, '--no-controllers')
        self.kubeconfig = self.server.facts['kubeconfig']
        return self

    @property
    def account(self):
        """Where a real server judges rights, the controller logs in as a pod of deploy/ would. The embedded one gives all to everybody."""
        return self.server.real

    def install(self):
        """Our CRDs and deploy/, as its page says; and the CRDs of the Gateway API that the embedded cluster has."""
        gateway = subprocess.run([self.serve_program, '--gateway-crds'], capture_output=True, text=True, check=True).stdout
        self.kubectl('create', '-f', '-', stdin=gateway, code=None if self.server.existing else 0)
        if self.account:
            self.kubectl('apply', '-f', MANIFESTS, '-f', INSTALL)
            # The controllers are those of the tests.
            self.kubectl('scale', 'deployment', 'sluice', '-n', 'sluice', '--replicas=0')
        else:
            self.kubectl('apply', '-f', MANIFESTS)
        self.kubectl('wait', '--for=condition=Established', 'crd', '--all', f'--timeout={DEADLINE}s')
        return self

    def start_stand_in(self):
        self.stand_in = StandIn(self.server)
        self.stand_in.start()

    def install_in(self, namespace):
        """The other manifest of deploy/: a controller for one namespace."""
        self.kubectl('create', 'namespace', namespace)
        self.kubectl('apply', '-n', namespace, '-f', NAMESPACE_INSTALL)
        self.kubectl('scale', 'deployment', 'sluice', '-n', namespace, '--replicas=0')

    def start_controller(self, *flags, home='sluice'):
        """`home`: the namespace of the account that it logs in with, as a pod there."""
        name = f'controller-{len(self.controllers)}'
        args, wrapper, env = ['controller', *flags], (), None
        if self.account:
            folder = self.pod_folder(name, self.make_token(home=home), home)
            wrapper, env = in_pod(folder), pod_environment(self.server.facts['url'])
        else:
            args += ['--kubeconfig', self.kubeconfig]
        service = Service(args, os.path.join(self.folder, f'{name}.log'), wrapper, env)
        self.controllers.append(service)
        return service

    def make_token(self, bound_to=None, home='sluice'):
        spec = {'expirationSeconds': TOKEN_LASTS, 'boundObjectRef': bound_to}
        code, answer = self.server.ask('POST', ACCOUNT.format(home) + '/token', {'apiVersion': 'authentication.k8s.io/v1', 'kind': 'TokenRequest', 'spec': spec})
        assert code == 201, answer
        return answer['status']['token']

    def pod_folder(self, name, token, home='sluice'):
        """What the kubelet mounts into a pod."""
        folder = os.path.join(self.folder, 'account-' + name)
        os.makedirs(folder, exist_ok=True)
        with open(self.server.facts['ca'], encoding='utf-8') as file:
            ca = file.read()
        for entry, text in (('token', token), ('ca.crt', ca), ('namespace', home)):
            replace_file(os.path.join(folder, entry), text)
        return folder

    def clean(self):
        """Nothing of the last test is left."""
        for service in self.controllers:
            if service.running():
                service.process.send_signal(signal.SIGCONT)
                service.end(signal.SIGKILL)
        self.controllers = []
        if self.stand_in:
            self.stand_in.stop()
            self.stand_in = None
        for kinds in ('rollouts,analysisruns,analysistemplates', 'replicasets,httproutes,events'):
            self.kubectl('delete', kinds, '--all', '--wait=false')
        self.kubectl('delete', 'services', '-l', 'app!=none', '--wait=false', code=None)
        for namespace in ('default', 'sluice'):
            self.kubectl('delete', 'leases', '--all', '-n', namespace, '--wait=false')

    def wait_for_replicas(self, count, name='shop'):
        eventually(lambda: self.get('rollout', name).get('status', {}).get('availableReplicas') == count, f'{count} pods of {name}')

    def stable(self, name='shop'):
        """The image of the revision that the status calls stable."""
        found = [each for each in self.list('rs') if each['metadata']['labels'].get('rollouts-pod-template-hash')
                 == self.status(name).get('stableRS')]
        return found[0]['spec']['template']['spec']['containers'][0]['image'] if found else None

    def requests_of_controllers(self):
        """Each one so far; only where a real server keeps account of them."""
        told = []
        for each in self.server.audit() if self.account else ():
            if not ACCOUNT_NAME.fullmatch(each['user']['username']):
                continue
            what = each['objectRef']
            resource = '/'.join(what[part] for part in ('resource', 'subresource') if part in what)
            token = each['user'].get('extra', {}).get('authentication.kubernetes.io/credential-id', ['?'])[0]
            by_right = each['annotations']['authorization.k8s.io/decision'] == 'allow'
            told.append(Asked(token, each['verb'], f'{resource} {what.get("name", "")}', each['responseStatus']['code'], by_right))
        return told

    def down(self):
        try:
            self.clean()
            if self.server.existing:
                self.kubectl('delete', '-f', INSTALL, '--wait=false')
        finally:
            self.server.stop()
