"""Which Rollouts a controller takes care of, and where it answers, as its flags say: each seen through a real process."""
import json
import socket

from cluster import eventually, request

INSTANCE_LABEL = 'argo-rollouts.argoproj.io/controller-instance-id'
ELSEWHERE = 'elsewhere'


def rollout(name, instance=None):
    labels = {'app': name}
    return json.dumps({
        'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout',
        'metadata': {'name': name, 'labels': {INSTANCE_LABEL: instance} if instance else {}},
        'spec': {'replicas': 1, 'selector': {'matchLabels': labels}, 'strategy': {'canary': {}},
                 'template': {'metadata': {'labels': labels}, 'spec': {'containers': [{'name': 'web', 'image': 'shop:v1'}]}}}})


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


class FlagTests:
    """Mixed into a test of a bare server."""

    def is_seen(self, name, namespace='default'):
        return 'observedGeneration' in self.cluster.get('rollout', name, namespace).get('status', {})

    def expect_seen(self, name, namespace='default'):
        eventually(lambda: self.is_seen(name, namespace), f'a controller looks at {name}')

    def start(self, *flags):
        # The Role of deploy/ names the Lease of an instance without a name.
        unelected = ['--leader-elect=false'] if self.cluster.account else []
        return self.cluster.start_controller(*unelected, *flags)

    def test_two_instances_share_a_cluster_by_label(self):
        for name, instance in (('of-blue', 'blue'), ('of-green', 'green'), ('of-nobody', None)):
            self.cluster.apply(rollout(name, instance))
        self.start('--instance-id', 'blue')
        self.expect_seen('of-blue')
        self.assertFalse(self.is_seen('of-green') or self.is_seen('of-nobody'))
        self.start('--instance-id', 'green')
        self.expect_seen('of-green')
        self.assertFalse(self.is_seen('of-nobody'))
        if not self.cluster.account:
            held = {each['metadata']['name'] for each in self.cluster.list('leases')}
            self.assertLessEqual({'sluice-controller-blue', 'sluice-controller-green'}, held)
        self.start()
        self.expect_seen('of-nobody')

    def test_a_controller_keeps_to_its_namespace(self):
        self.cluster.kubectl('create', 'namespace', ELSEWHERE)
        self.addCleanup(self.cluster.kubectl, 'delete', 'namespace', ELSEWHERE, '--wait=false')
        self.cluster.apply(rollout('here'))
        self.cluster.kubectl('create', '-n', ELSEWHERE, '-f', '-', stdin=rollout('there'))
        of_one = self.start('-n', ELSEWHERE)
        self.expect_seen('there', ELSEWHERE)
        self.assertFalse(self.is_seen('here'))
        kinds = request(of_one.facts['controller'] + '/readyz?verbose')[1]
        self.assertIn('clusteranalysistemplates: ok', kinds)
        of_one.end()
        within = self.start('--namespaced', '--namespace', 'default')
        self.expect_seen('here')
        kinds = request(within.facts['controller'] + '/readyz?verbose')[1]
        self.assertIn('] rollouts: ok', kinds)
        self.assertNotIn('clusteranalysistemplates', kinds)

    def test_metrics_and_probes_have_ports_of_their_own(self):
        ports = {'metrics': free_port(), 'healthz': free_port()}
        service = self.start('--metrics-port', str(ports['metrics']), '--healthz-port', str(ports['healthz']))
        self.assertEqual(request(service.facts['controller'] + '/metrics')[0], 200)

        def answers(port, path):
            return request(f'http://127.0.0.1:{ports[port]}{path}')[0]

        self.assertEqual([answers('metrics', path) for path in ('/metrics', '/healthz', '/debug/rollouts/default/shop')], [200, 404, 404])
        self.assertEqual([answers('healthz', path) for path in ('/healthz', '/metrics', '/v1/rollouts/default/shop')], [200, 404, 404])
        eventually(lambda: answers('healthz', '/readyz') == 200, 'it is ready')
