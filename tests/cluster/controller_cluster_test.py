#!/usr/bin/python3
"""The real controller, kubectl and our command line on a bare API server: controller_cluster_test.py SERVE_PROGRAM

With KUBEBUILDER_ASSETS the API server is a real one, otherwise the embedded one (SERVE_PROGRAM).
"""
import json
import os
import sys
import unittest

from bare_cluster import MANIFESTS, BareCluster
from cluster import EXAMPLES, SLUICE, ClusterTest, eventually, find_kubectl, skip
from e2e_refusals import GOOD, REFUSED, spoilt

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


class OnBareServer(ClusterTest):
    serve_program = ''

    def setUp(self):
        self.cluster = BareCluster(self.serve_program)
        self.addCleanup(self.cluster.remove)
        self.addCleanup(self.end_cluster, self.cluster)
        self.cluster.up().install_crds()


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
        if cluster.server.real:
            cluster.restrict_controller()
        cluster.start_controller()
        self.expect_healthy('shop:v1')

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
        cluster.kill_controller()
        self.assertEqual(cluster.stable(), 'shop:v1')
        cluster.start_controller()
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
        self.assertLessEqual({'RolloutUpdated', 'RolloutCompleted', 'RolloutStepCompleted'}, reasons)

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


def main():
    if len(sys.argv) != 2 or not all(os.access(program, os.X_OK) for program in (sys.argv[1], SLUICE)):
        skip('nothing that serves, or no sluice')
    find_kubectl()
    OnBareServer.serve_program = sys.argv[1]
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == '__main__':
    main()
