#!/usr/bin/python3
"""The real controller, kubectl and our command line on a bare API server: controller_cluster_test.py SERVE_PROGRAM"""
import json
import os
import re
import signal
from collections import Counter

from bare_cluster import MANIFESTS, in_pod, pod_environment, replace_file
from cluster import EXAMPLES, Service, eventually, request
from controller_flags import FlagTests
from e2e_refusals import GOOD, REFUSED, spoilt
from namespaced_install import NamespaceTests
from on_bare_server import OnBareServer, say
from pod_templates import PodTemplateTests

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: shop
spec:
  replicas: 3
  selector:
    matchLabels:
      app: shop
  template:
    metadata:
      labels:
        app: shop
    spec:
      containers:
        - name: shop
          image: shop:v1
          ports:
            - name: http
              containerPort: 8080
  strategy:
    canary:
      stableService: shop-stable
      canaryService: shop-canary
      scaleDownDelaySeconds: 2
      abortScaleDownDelaySeconds: 2
      trafficRouting:
        plugins:
          argoproj-labs/gatewayAPI:
            httpRoute: shop
      steps:
        - setWeight: 10
        - pause: {duration: 2s}
        - setWeight: 30
        - pause: {duration: 2s}
        - setWeight: 50
        - pause: {duration: 2s}
        - setWeight: 100
        - pause: {duration: 1s}
"""


# A test has no quarter of a minute to spare for each Lease that is left behind.
QUICK = ['--leader-election-lease-duration=4s', '--leader-election-renew-deadline=3s', '--leader-election-retry-period=500ms']

REFUSED_FROM = 400

ARGO_LEASE = """\
apiVersion: coordination.k8s.io/v1
kind: Lease
metadata:
  name: argo-rollouts-controller-lock
spec: {holderIdentity: argo, leaseDurationSeconds: 5}
"""

def standing(service):
    """What the controller says of its leadership."""
    return re.search(r'leadership: (.*)', request(service.facts['controller'] + '/readyz?verbose')[1])[1]


class Definitions(OnBareServer):
    def test_crds_are_structural_and_served(self):
        definitions = self.cluster.list('crd')
        names = {each['metadata']['name'] for each in definitions}
        self.assertGreaterEqual(len(names), len(os.listdir(MANIFESTS)) + 1)
        for each in definitions:
            conditions = {one['type']: one for one in each['status']['conditions']}
            with self.subTest(each['metadata']['name']):
                self.assertEqual(conditions['NamesAccepted']['status'], 'True')
                self.assertEqual(conditions['Established']['status'], 'True')
                self.assertEqual(conditions.get('NonStructuralSchema', {'status': 'False'})['status'], 'False', conditions)

    def test_strict_validation_names_object_and_field(self):
        cluster = self.cluster
        for mistake, (_, _, field) in REFUSED.items():
            with self.subTest(mistake):
                done = cluster.kubectl('apply', '--validate=strict', '-f', '-', stdin=spoilt(mistake), code=1)
                self.assertIn(field, done.stderr)
                self.assertRegex(done.stderr, 'Rollout|web')
                cluster.kubectl('get', 'rollout', 'web', code=1)
        cluster.apply(GOOD)

    def test_the_selector_stays(self):
        if not self.cluster.server.real:
            self.skipTest('the embedded server does not evaluate rules in CEL')
        self.cluster.apply(GOOD)
        done = self.cluster.apply(GOOD.replace('matchLabels:\n      app: web', 'matchLabels:\n      app: bew'), code=1)
        self.assertIn('the selector of a Rollout cannot be changed', done.stderr)

    def test_fields_are_explained(self):
        def explained():
            done = self.cluster.kubectl('explain', 'rollout.spec.strategy', code=None)
            return done.stdout if done.returncode == 0 else None
        # A real server publishes the schema of a new CRD a little after it serves it.
        self.assertIn('Either canary or blueGreen', eventually(explained, 'explain'))
        self.assertRegex(self.cluster.kubectl('explain', 'ro.spec.strategy.canary').stdout, r'steps\s+<\[\]Object>')


class Releases(OnBareServer):
    def setUp(self):
        super().setUp()
        cluster = self.cluster
        for name in ('services.yaml', 'shop-route.yaml'):
            cluster.kubectl('apply', '-f', os.path.join(EXAMPLES, 'shop', name))
        cluster.apply(ROLLOUT)
        cluster.start_stand_in()
        self.start()
        self.addCleanup(self.check_rights)
        self.expect_healthy('shop:v1')

    def start(self):
        self.first = self.cluster.start_controller(*QUICK)

    def release(self, tag):
        self.cluster.sluice('set', 'image', 'shop', f'shop=shop:{tag}')

    def expect_healthy(self, image):
        self.cluster.sluice('status', 'shop', '--timeout', '100s')
        self.cluster.wait_for_phase('Healthy')
        self.assertEqual(self.cluster.stable(), image)

    def test_a_canary_walks_and_survives_the_death_of_its_controller(self):
        cluster = self.cluster
        self.release('v2')
        cluster.wait_for_weight(30)
        self.first.end(signal.SIGKILL)
        self.assertEqual(cluster.stable(), 'shop:v1')
        cluster.start_controller(*QUICK)
        self.expect_healthy('shop:v2')
        eventually(lambda: cluster.weight() == 0, 'the hand-over to the stable Service')
        rising = cluster.stand_in.weights[:cluster.stand_in.weights.index(100) + 1]
        self.assertEqual(rising, [0, 10, 30, 50, 100])
        revisions = [each['metadata']['annotations']['rollout.argoproj.io/revision'] for each in cluster.list('rs')]
        self.assertEqual(sorted(revisions), ['1', '2'])
        self.check_services()
        self.check_events()

    def check_services(self):
        """Both Services select the new revision."""
        stable = self.cluster.status()['stableRS']
        for name in ('shop-stable', 'shop-canary'):
            self.assertEqual(self.cluster.get('service', name)['spec']['selector']['rollouts-pod-template-hash'], stable)

    def check_events(self):
        reasons = {each['reason'] for each in self.cluster.list('events') if each['involvedObject']['kind'] == 'Rollout'}
        self.assertLessEqual({'RolloutUpdated', 'RolloutCompleted'}, reasons)
        self.assertFalse({'RolloutStepCompleted', 'ScalingReplicaSet', 'TrafficWeightUpdated'} & reasons)

    def test_it_is_seen_and_scaled(self):
        cluster = self.cluster
        head, row = cluster.kubectl('get', 'rollouts').stdout.splitlines()
        self.assertEqual(head.split(), ['NAME', 'DESIRED', 'CURRENT', 'UP-TO-DATE', 'AVAILABLE', 'AGE'])
        self.assertEqual(row.split()[:5], ['shop', '3', '3', '3', '3'])
        self.assertIn('shop:v1 (stable)', cluster.sluice('get', 'rollout', 'shop').stdout)
        self.assertEqual(json.loads(cluster.sluice('get', 'rollout', 'shop', '-o', 'json').stdout)['status'], 'Healthy')
        self.assertIn('scaled', cluster.kubectl('scale', 'rollout', 'shop', '--replicas=5').stdout)
        cluster.wait_for_replicas(5)
        scale = json.loads(cluster.kubectl('get', 'rollout', 'shop', '--subresource=scale', '-o', 'json').stdout)
        self.assertEqual((scale['kind'], scale['spec']['replicas'], scale['status']['replicas']), ('Scale', 5, 5))
        self.assertIn('app=shop', scale['status']['selector'])

    def test_a_person_takes_a_release_back(self):
        cluster = self.cluster
        self.release('v2')
        cluster.wait_for_weight(10)
        self.assertEqual(cluster.sluice('abort', 'shop', '--reason', 'wrong colour').stdout, "rollout 'shop' aborted\n")
        self.assertIn('wrong colour', cluster.wait_for_phase('Degraded')['status']['message'])
        eventually(lambda: cluster.weight() == 0, 'all traffic back')
        cluster.sluice('retry', 'shop')
        self.expect_healthy('shop:v2')
        for _ in range(2):
            self.assertIn('all traffic is confirmed to be with', cluster.sluice('rollback', 'shop', 'too slow').stdout)
        self.expect_healthy('shop:v1')
        self.assertEqual(cluster.image(), 'shop:v1')


class Elections(Releases):
    """Two controllers. The tests of Releases hold with two of them as with one; they are not repeated."""

    test_a_canary_walks_and_survives_the_death_of_its_controller = test_it_is_seen_and_scaled = test_a_person_takes_a_release_back = None

    def start(self):
        self.first = self.cluster.start_controller(*QUICK)
        self.wait_until_leads(self.first)
        self.second = self.cluster.start_controller(*QUICK)
        eventually(lambda: standing(self.second).startswith('standby'), 'the second stands by')

    def wait_until_leads(self, service):
        eventually(lambda: standing(service) == 'leading', 'it leads')

    def take_turns(self, first, second):
        """Has the requests that write, but for Leases and events, been those of one token until a moment, and of another from then on?"""
        writers = [each.token for each in self.requests()
                   if each.verb in ('create', 'patch', 'delete') and not each.what.startswith(('leases', 'events'))]
        turns = [each for each, before in zip(writers, [None, *writers]) if each != before]
        self.assertLessEqual(len(turns), 2, turns)

    def check_weights(self):
        rising = self.cluster.stand_in.weights
        self.assertEqual(rising[:rising.index(100) + 1], [0, 10, 30, 50, 100])

    def test_the_dead_are_followed(self):
        self.release('v2')
        self.cluster.wait_for_weight(10)
        self.first.end(signal.SIGKILL)
        self.wait_until_leads(self.second)
        self.expect_healthy('shop:v2')
        self.check_weights()
        self.take_turns(self.first, self.second)

    def test_the_frozen_are_followed_and_write_nothing_when_they_go_on(self):
        self.release('v2')
        self.cluster.wait_for_weight(10)
        self.first.process.send_signal(signal.SIGSTOP)
        self.wait_until_leads(self.second)
        self.cluster.wait_for_weight(30)
        self.first.process.send_signal(signal.SIGCONT)
        eventually(lambda: standing(self.first).startswith('standby'), 'it finds that it does not lead')
        self.expect_healthy('shop:v2')
        self.check_weights()
        self.take_turns(self.first, self.second)

    def test_those_who_end_are_followed_at_once(self):
        self.assertEqual(self.first.end(), 0)
        self.wait_until_leads(self.second)
        lease = self.cluster.get('lease', 'sluice-controller', 'sluice' if self.cluster.account else 'default')
        self.assertEqual(lease['spec']['leaseTransitions'], 1)
        self.release('v2')
        self.expect_healthy('shop:v2')

    def test_nobody_acts_beside_argo_rollouts(self):
        cluster = self.cluster
        cluster.kubectl('create', 'namespace', 'argo-rollouts', code=None)
        renewed = '{"spec": {"holderIdentity": "argo", "leaseDurationSeconds": 5, "renewTime": "2026-01-01T00:00:%02d.000000Z"}}'
        cluster.kubectl('create', '-n', 'argo-rollouts', '-f', '-', stdin=ARGO_LEASE)
        for second in range(1, 4):
            cluster.kubectl('patch', 'lease', '-n', 'argo-rollouts', 'argo-rollouts-controller-lock', '--type=merge', '-p', renewed % second)
            eventually(lambda: standing(self.first).startswith('held back'), 'it holds back')
        cluster.kubectl('delete', 'lease', '-n', 'argo-rollouts', 'argo-rollouts-controller-lock')
        eventually(lambda: 'leading' in (standing(self.first), standing(self.second)), 'one leads again')


class Flags(OnBareServer, FlagTests):
    """controller_flags.py has them."""


class PodTemplates(OnBareServer, PodTemplateTests):
    """pod_templates.py has them."""

    controller_flags = QUICK


class InstalledInANamespace(OnBareServer, NamespaceTests):
    """namespaced_install.py has them."""

    rollout_text = ROLLOUT


class InAPod(Releases):
    """What only a server tells that gives out tokens."""

    test_a_canary_walks_and_survives_the_death_of_its_controller = test_it_is_seen_and_scaled = test_a_person_takes_a_release_back = None

    def setUp(self):
        if not os.environ.get('KUBEBUILDER_ASSETS') and os.environ.get('SLUICE_TEST_CLUSTER') != '1':
            self.skipTest('the embedded server has no service accounts')
        super().setUp()

    def test_a_token_that_is_replaced_is_read_again(self):
        cluster = self.cluster
        cluster.kubectl('create', 'secret', 'generic', 'old', '-n', 'sluice')
        uid = cluster.get('secret', 'old', 'sluice')['metadata']['uid']
        folder = cluster.pod_folder('controller-0', cluster.make_token({'apiVersion': 'v1', 'kind': 'Secret', 'name': 'old', 'uid': uid}))
        self.first.end()
        again = Service(['controller', *QUICK], os.path.join(cluster.folder, 'rotated.log'), in_pod(folder),
                        pod_environment(cluster.server.facts['url']))
        cluster.controllers.append(again)
        eventually(lambda: standing(again) == 'leading', 'it leads with the old token')
        replace_file(os.path.join(folder, 'token'), cluster.make_token())
        cluster.kubectl('delete', 'secret', 'old', '-n', 'sluice')
        tokens = len({each.token for each in self.requests()})
        if not cluster.server.existing:
            eventually(lambda: len({each.token for each in self.requests()}) > tokens, 'requests with the new token')
        self.release('v2')
        self.expect_healthy('shop:v2')

    def test_what_a_release_costs(self):
        if self.cluster.server.existing:
            self.skipTest('nobody keeps account of requests here')
        before = len(self.requests())
        self.release('v2')
        self.expect_healthy('shop:v2')
        eventually(lambda: self.cluster.weight() == 0, 'the hand-over to the stable Service')
        writes = Counter(f'{each.verb} {each.what.split()[0]}' for each in self.requests()[before:]
                         if each.verb not in ('get', 'list', 'watch') and each.code < REFUSED_FROM)
        for what, count in sorted(writes.items()):
            say(f'{count:3} {what}')
        self.assertEqual(writes['patch httproutes'], 5)  # 10, 30, 50, 100, and 0 once it is promoted
        self.assertEqual(writes['create replicasets'], 1)  # made as it was written, and known by that: nothing is tried before
        self.assertNotIn('patch replicasets/status', writes)

    def test_the_pods_of_the_deployment_are_admitted(self):
        template = self.cluster.get('deployment', 'sluice', 'sluice')['spec']['template']
        pod = {'apiVersion': 'v1', 'kind': 'Pod', 'metadata': {'name': 'sluice', 'namespace': 'sluice', **template['metadata']},
               'spec': template['spec']}
        self.cluster.kubectl('create', '--dry-run=server', '-f', '-', stdin=json.dumps(pod))


if __name__ == '__main__':
    OnBareServer.main()
