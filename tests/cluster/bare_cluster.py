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

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TESTS, 'conformance'), os.path.join(TESTS, 'e2e')]
from cluster import DEADLINE, SOURCE, Cluster, Service, eventually  # noqa: E402  (a sibling folder, not a package)
from test_server import start_server  # noqa: E402

MANIFESTS = os.path.join(SOURCE, 'crds', 'manifests')
REPLICA_SETS = '/apis/apps/v1/namespaces/default/replicasets'
ROUTES = '/apis/gateway.networking.k8s.io/v1/namespaces/default/httproutes'
LOOK_AGAIN = 0.1  # seconds


def canary_weight(route):
    return next(each.get('weight', 1) for each in route['spec']['rules'][0]['backendRefs'] if each['name'].endswith('-canary'))


class StandIn(threading.Thread):
    """The ReplicaSet controller and the gateway: both say at once that what is wanted is so. `weights` is what the gateway saw."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ended, self.problem = server, threading.Event(), None
        self.weights = []

    def run(self):
        try:
            while not self.ended.wait(LOOK_AGAIN):
                self.act_on(REPLICA_SETS, self.replica_set_status)
                self.act_on(ROUTES, self.route_status)
        except (OSError, AssertionError, KeyError) as problem:
            self.problem = problem

    def stop(self):
        self.ended.set()
        self.join()
        assert self.problem is None, f'the stand-in gave up: {self.problem!r}'

    def act_on(self, path, status_of):
        code, answer = self.server.ask('GET', path)
        assert code == 200, answer
        for item in answer['items']:
            status = status_of(item)
            if status:
                self.write(f'{path}/{item["metadata"]["name"]}', item, status)

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

    def route_status(self, item):
        weight, generation = canary_weight(item), item['metadata']['generation']
        if self.weights[-1:] != [weight]:
            self.weights.append(weight)
        confirmed = [each.get('observedGeneration') for parent in item.get('status', {}).get('parents', [])
                     for each in parent['conditions']]
        if confirmed and set(confirmed) == {generation}:
            return None
        now = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
        conditions = [{'type': kind, 'status': 'True', 'reason': kind, 'message': '', 'observedGeneration': generation,
                       'lastTransitionTime': now} for kind in ('Accepted', 'ResolvedRefs')]
        return {'parents': [{'controllerName': 'example.com/stand-in', 'parentRef': parent, 'conditions': conditions}
                            for parent in item['spec']['parentRefs']]}


class BareCluster(Cluster):
    """`serve_program` is the embedded server; `service` is the controller while it runs."""

    def __init__(self, serve_program):
        super().__init__()
        self.serve_program = serve_program
        self.server = self.stand_in = None
        self.controller_args = ['controller']

    def up(self):
        self.server = start_server(self.serve_program, self.data, '--no-controllers')
        self.kubeconfig = self.server.facts['kubeconfig']
        return self

    def install_crds(self):
        """Ours, and those of the Gateway API that the embedded cluster has."""
        gateway = subprocess.run([self.serve_program, '--gateway-crds'], capture_output=True, text=True, check=True).stdout
        self.kubectl('apply', '-f', MANIFESTS)
        self.kubectl('create', '-f', '-', stdin=gateway)
        self.kubectl('wait', '--for=condition=Established', 'crd', '--all', f'--timeout={DEADLINE}s')

    def start_stand_in(self):
        self.stand_in = StandIn(self.server)
        self.stand_in.start()

    def restrict_controller(self):
        """Gives it the rights that docs/controller.md asks for, and no other. The embedded server gives all to everybody."""
        with open(os.path.join(SOURCE, 'docs', 'controller.md'), encoding='utf-8') as file:
            role = re.search(r'```yaml\n(.*?kind: ClusterRole\n.*?)```', file.read(), re.DOTALL)[1]
        self.apply(role)
        self.kubectl('create', 'clusterrolebinding', 'sluice', '--clusterrole=sluice', '--user=nobody')
        self.controller_args += ['--context', 'nobody']

    def start_controller(self):
        self.service = Service([*self.controller_args, '--kubeconfig', self.kubeconfig], os.path.join(self.folder, 'controller.log'))

    def kill_controller(self):
        self.service.end(signal.SIGKILL)

    def wait_for_replicas(self, count, name='shop'):
        eventually(lambda: self.get('rollout', name).get('status', {}).get('availableReplicas') == count, f'{count} pods of {name}')

    def stable(self, name='shop'):
        """The image of the revision that the status calls stable."""
        found = [each for each in self.list('rs') if each['metadata']['labels'].get('rollouts-pod-template-hash')
                 == self.status(name).get('stableRS')]
        return found[0]['spec']['template']['spec']['containers'][0]['image'] if found else None

    def down(self):
        try:
            if self.service and self.service.running():
                code = self.service.end()
                assert code == 0, f'sluice controller ended with {code}'
        finally:
            try:
                if self.stand_in:
                    self.stand_in.stop()
            finally:
                if self.server:
                    self.server.stop()
