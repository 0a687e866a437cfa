#!/usr/bin/python3
"""Every verb of the command line, its words and its exit codes, against a rollout without traffic routing."""
import json
import os
import subprocess
import tempfile
import unittest

from cluster import SLUICE, Cluster, ClusterTest, eventually, main

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: web
          image: shop:v1
          readinessProbe:
            httpGet:
              path: /healthz
              port: 8080
            periodSeconds: 1
  strategy:
    canary:
      steps:
        - setWeight: 50
        - pause: {}
        - setWeight: 80
        - pause: {}
"""


class Verbs(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.apply(ROLLOUT)
        self.say('status', 'web', '--timeout', '1m')

    def say(self, *args, code=0):
        done = self.cluster.sluice(*args, code=code)
        return done.stdout + done.stderr

    def release(self, tag):
        self.assertEqual(self.say('set', 'image', 'web', f'web=shop:{tag}'), "rollout 'web' image updated\n")

    def test_a_release_by_hand(self):
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('status', 'web', '--no-watch'), 'Paused - CanaryPauseStep\n')
        self.assertIn('still Paused', self.say('status', 'web', '--timeout', '1s', code=3))
        self.check_views()
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' promoted\n")
        self.wait_for_step(3)
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('promote', 'web', '--full'), "rollout 'web' fully promoted\n")
        self.assertEqual(self.say('status', 'web', '--timeout', '1m').splitlines()[-1], 'Healthy')
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' has nothing to promote\n")

    def wait_for_step(self, number):
        def step():
            return json.loads(self.say('get', 'rollout', 'web', '-o', 'json'))['step'] == number
        eventually(step, f'step {number}')

    def check_views(self):
        text = self.say('get', 'rollout', 'web')
        for words in ('Name:', 'Paused', 'CanaryPauseStep', 'SetWeight:     50', 'shop:v1 (stable)', 'shop:v2 (canary)',
                      '# revision:2', 'ready:1/1'):
            self.assertIn(words, text)
        shown = json.loads(self.say('get', 'ro', 'web', '-o', 'json'))
        self.assertEqual((shown['name'], shown['status'], shown['message']), ('web', 'Paused', 'CanaryPauseStep'))
        head, row = self.say('list').splitlines()
        self.assertEqual(head.split()[:4], ['NAME', 'STRATEGY', 'STATUS', 'STEP'])
        self.assertEqual(row.split()[:5], ['web', 'Canary', 'Paused', '1/4', '50'])
        self.assertIn('default', self.say('list', 'rollouts', '-A').splitlines()[1])
        self.assertEqual([item['name'] for item in json.loads(self.say('list', '-o', 'json'))], ['web'])

    def test_abort_retry_and_undo(self):
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('abort', 'web', '--reason', 'wrong colour'), "rollout 'web' aborted\n")
        self.assertIn('wrong colour', self.say('status', 'web', code=1).splitlines()[-1])
        self.assertEqual(self.say('abort', 'web'), "rollout 'web' is aborted already\n")
        self.assertIn('sluice retry web', self.say('promote', 'web', code=1))
        self.assertEqual(self.say('retry', 'web'), "rollout 'web' retried\n")
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('retry', 'web'), "rollout 'web' is not aborted\n")
        self.say('promote', 'web', '--full')
        self.say('status', 'web', '--timeout', '1m')
        self.assertEqual(self.cluster.image('web'), 'shop:v2')

        self.assertIn('revisions: 2, 1', self.say('undo', 'web', '--to-revision', '9', code=1))
        self.assertEqual(self.say('undo', 'web', '--to-revision', '1'), "rollout 'web' undo\n")
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.cluster.image('web'), 'shop:v1')

    def test_pause_holds_a_release_before_it_starts(self):
        self.assertEqual(self.say('pause', 'web'), "rollout 'web' paused\n")
        self.assertEqual(self.say('pause', 'web'), "rollout 'web' is paused already\n")
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' promoted\n")
        self.wait_for_step(1)

    def test_mistakes_are_said(self):
        not_found = 'error: rollouts.argoproj.io "nobody" not found\n'
        for args in (['get', 'rollout', 'nobody'], ['status', 'nobody'], ['promote', 'nobody'], ['abort', 'nobody'],
                     ['retry', 'nobody'], ['pause', 'nobody'], ['undo', 'nobody'], ['rollback', 'nobody'],
                     ['set', 'image', 'nobody', 'web=shop:v2']):
            with self.subTest(args):
                self.assertEqual(self.say(*args, code=1), not_found)
        self.assertIn('no container "cart"', self.say('set', 'image', 'web', 'cart=shop:v2', code=1))
        self.assertIn('expected CONTAINER=IMAGE', self.say('set', 'image', 'web', 'shop:v2', code=1))
        self.assertIn('no earlier promoted revision', self.say('rollback', 'web', code=1))
        self.assertEqual(self.say('-n', 'nowhere', 'list').count('\n'), 1)


class Alone(unittest.TestCase):
    """What needs no cluster."""

    def run_sluice(self, *args, code=0, stdin=None):
        return Cluster.run([SLUICE, *args], code=code, stdin=stdin)

    def test_version(self):
        text = self.run_sluice('version').stdout
        self.assertRegex(text, r'^sluice \d+\.\d+\.\d+')
        version = json.loads(self.run_sluice('version', '-o', 'json').stdout)['version']
        self.assertEqual(text, f'sluice {version}\n')

    def test_completion(self):
        script = self.run_sluice('completion', 'bash').stdout
        subprocess.run(['bash', '-n'], input=script, text=True, check=True)
        ask = script + '\nCOMP_WORDS=(sluice set im); COMP_CWORD=2; _sluice; echo "${COMPREPLY[@]}"\n' \
                       'COMP_WORDS=(sluice roll); COMP_CWORD=1; _sluice; echo "${COMPREPLY[@]}"\n' \
                       'COMP_WORDS=(sluice promote web --fu); COMP_CWORD=3; _sluice; echo "${COMPREPLY[@]}"\n'
        answers = subprocess.run(['bash'], input=ask, capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual(answers, ['image', 'rollback', '--full'])
        for shell in ('zsh', 'fish'):
            self.assertIn('sluice', self.run_sluice('completion', shell).stdout)

    def test_usage_errors(self):
        for args in ([], ['dance'], ['get'], ['promote'], ['status', 'web', '--dance'], ['lint'], ['completion', 'tcsh']):
            with self.subTest(args):
                self.assertNotEqual(self.run_sluice(*args, code=2).stderr, '')
        self.assertIn('rollback', self.run_sluice('--help').stdout)

    def test_no_cluster(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'kubeconfig')
            self.assertIn(path, self.run_sluice('--kubeconfig', path, 'list', code=1).stderr)
            with open(path, 'w', encoding='utf-8') as file:
                json.dump({'current-context': 'a', 'contexts': [{'name': 'a', 'context': {'cluster': 'a'}}],
                           'clusters': [{'name': 'a', 'cluster': {'server': 'http://127.0.0.1:1'}}]}, file)
            self.assertRegex(self.run_sluice('--kubeconfig', path, 'list', code=1).stderr, 'error: .*127.0.0.1:1')
            self.assertIn('context', self.run_sluice('--kubeconfig', path, '--context', 'b', 'list', code=1).stderr)


if __name__ == '__main__':
    main()
