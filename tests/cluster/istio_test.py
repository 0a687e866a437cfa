#!/usr/bin/python3
"""Releases through Istio's objects on a bare API server, with the rights of deploy/: istio_test.py SERVE_PROGRAM

The objects have the schemas of tests/cluster/crds/istio.yaml, or of the file that SLUICE_ISTIO_CRDS names: Istio's own are in each of its releases.
SLUICE_ARGO_MANIFESTS names files of Argo Rollouts' examples for Istio (PATH:PATH…): they are run to their end as they are.
"""
import os
import re

import yaml

from on_bare_server import OnBareServer, say
from cluster import SOURCE, eventually  # found through on_bare_server

CRDS = os.environ.get('SLUICE_ISTIO_CRDS') or os.path.join(SOURCE, 'tests', 'cluster', 'crds', 'istio.yaml')
PROTOCOLS = ('http', 'tls', 'tcp')
KINDS = 'virtualservices,destinationrules'
DEFINITIONS = [kind + '.networking.istio.io' for kind in KINDS.split(',')]
HASH = 'rollouts-pod-template-hash'
QUICK = ['--leader-election-lease-duration=4s', '--leader-election-renew-deadline=3s', '--leader-election-retry-period=500ms']


def page_manifest():
    """The release that docs/routers/istio.md shows."""
    with open(os.path.join(SOURCE, 'docs', 'routers', 'istio.md'), encoding='utf-8') as file:
        return re.search(r'^```yaml\n(.*?)^```$', file.read(), re.MULTILINE | re.DOTALL)[1]


class Istio(OnBareServer):
    def setUp(self):
        super().setUp()
        cluster = self.cluster
        # Istio's own are too large for what kubectl apply remembers.
        cluster.kubectl('create', '-f', CRDS, code=None)
        cluster.kubectl('wait', '--for=condition=Established', 'crd', *DEFINITIONS, '--timeout=60s')
        self.addCleanup(cluster.kubectl, 'delete', KINDS, '--all', '--wait=false')
        cluster.start_stand_in()
        cluster.start_controller(*QUICK)
        self.addCleanup(self.check_rights)

    def apply(self, text):
        """Returns the name of the Rollout in it."""
        self.cluster.apply(text)
        name, = (each['metadata']['name'] for each in yaml.safe_load_all(text) if each and each['kind'] == 'Rollout')
        self.cluster.wait_for_phase('Healthy', name)
        return name

    def release(self, name, image):
        container = self.cluster.get('rollout', name)['spec']['template']['spec']['containers'][0]['name']
        self.cluster.sluice('set', 'image', name, f'{container}={image}')

    def services(self):
        """What the VirtualServices ask for."""
        return [each['spec'] for each in self.cluster.list('virtualservices')]

    def weights(self):
        """Of each route with more than one destination."""
        routes = [route['route'] for spec in self.services() for protocol in PROTOCOLS for route in spec.get(protocol, [])]
        return [[to.get('weight', 0) for to in route] for route in routes if len(route) > 1]

    def selected(self, rule, subset):
        subsets = {each['name']: each for each in self.cluster.get('destinationrule', rule)['spec']['subsets']}
        return subsets[subset]['labels'].get(HASH)

    def test_the_release_of_the_page_runs_to_its_end(self):
        cluster, text = self.cluster, page_manifest()
        name = self.apply(text)
        before = self.services()
        self.release(name, 'registry.example/shop:1.5.0')
        cluster.wait_for_phase('Paused', name)
        header, *rest = self.services()[0]['http']
        self.assertEqual((header['name'], rest), ('on-call', before[0]['http']))
        cluster.sluice('promote', name)
        eventually(lambda: self.weights() == [[90, 10]], 'the first weight')
        self.assertEqual(self.selected('shop', 'stable'), cluster.status(name)['stableRS'])
        self.assertEqual(self.selected('shop', 'canary'), cluster.status(name)['currentPodHash'])
        last = 5
        eventually(lambda: cluster.status(name)['currentStepIndex'] == last, f'step {last}')
        cluster.wait_for_phase('Paused', name)
        # Within a second of the last promotion one is asked for by its step.
        cluster.sluice('promote', name, '--step', str(last))
        cluster.wait_for_phase('Healthy', name)
        eventually(lambda: self.services() == before, 'the VirtualServices as they were')
        self.assertEqual(self.selected('shop', 'stable'), cluster.status(name)['stableRS'])
        self.assertEqual(cluster.image(name), 'registry.example/shop:1.5.0')

    def test_an_abort_and_the_end_of_the_rollout_leave_nothing(self):
        cluster, text = self.cluster, page_manifest()
        name = self.apply(text)
        before = self.services()
        rule = next(each for each in yaml.safe_load_all(text) if each['kind'] == 'DestinationRule')
        self.release(name, 'registry.example/shop:1.5.0')
        cluster.wait_for_phase('Paused', name)
        self.assertNotEqual(self.services(), before)
        cluster.sluice('abort', name)
        eventually(lambda: self.services() == before, 'the VirtualServices as they were')
        cluster.wait_for_phase('Degraded', name)
        self.assertEqual(self.selected('shop', 'canary'), cluster.status(name)['stableRS'])
        cluster.kubectl('delete', 'rollout', name)
        eventually(lambda: cluster.get('destinationrule', 'shop')['spec'] == rule['spec'], 'the DestinationRule as it was')

    def test_argos_examples_run_to_their_end_as_they_are(self):
        paths = [path for path in os.environ.get('SLUICE_ARGO_MANIFESTS', '').split(':') if path]
        if not paths:
            self.skipTest('SLUICE_ARGO_MANIFESTS names no files')
        for path in paths:
            with self.subTest(path), open(path, encoding='utf-8') as file:
                say(path)
                self.run_to_the_end(file.read())
                self.cluster.kubectl('delete', 'rollouts,' + KINDS, '--all')

    def run_to_the_end(self, text):
        name = self.apply(text)
        before = self.services()
        self.release(name, 'registry.example/another:1.5.0')
        most = 0

        def ended():
            nonlocal most
            most = max([most, *(canary for _, canary in self.weights())])
            status = self.cluster.status(name)
            if status['phase'] == 'Paused':
                self.cluster.sluice('promote', name)
            return status['phase'] == 'Healthy' and status['stableRS'] == status['currentPodHash'] != first
        first = self.cluster.status(name)['stableRS']
        eventually(ended, 'the end of the release')
        eventually(lambda: self.services() == before, 'the VirtualServices as they were')
        say(f'{name}: up to {most}% for the canary')


if __name__ == '__main__':
    Istio.main()
