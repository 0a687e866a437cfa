#!/usr/bin/python3
"""The forms of an answer: -o of each command, --timeout-seconds, versions, widths; and that a cluster comes back where it was."""
import json
import os
import re
import socket
import subprocess
import tempfile
import time
import unittest

from cluster import DEADLINE, SLUICE, Cluster, ClusterTest, eventually, main
from terminal import COLUMNS, ROWS, Terminal

# Names as long as the list promises to have room for, and a message that is longer than any line.
LONG_NAME = 'a' * 20


def rollout(name, replicas=0):
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': name},
            'spec': {'replicas': replicas, 'selector': {'matchLabels': {'app': name}}, 'strategy': {'canary': {'steps': [{'setWeight': 50}, {'pause': {}}]}},
                     'template': {'metadata': {'labels': {'app': name}}, 'spec': {'containers': [{'name': 'a', 'image': 'shop:v1'}]}}}}


class Forms(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.apply(json.dumps(rollout(LONG_NAME)))
        self.say('status', LONG_NAME, '--timeout', '1m')

    def say(self, *args, code=0):
        done = self.cluster.sluice(*args, code=code)
        return done.stdout + done.stderr

    def test_each_form_tells_the_same(self):
        for command in (['list'], ['get', 'rollout', LONG_NAME]):
            with self.subTest(command):
                as_json = json.loads(self.say(*command, '-o', 'json'))
                facts = as_json[0] if isinstance(as_json, list) else as_json
                self.assertEqual((facts['name'], facts['status']), (LONG_NAME, 'Healthy'))
                as_yaml = self.say(*command, '-o', 'yaml')
                self.assertRegex(as_yaml, rf'(?m)^(- |  )?name: {LONG_NAME}$')
                self.assertEqual(set(re.findall(r'(?m)^(?:- |  )?(\w+):', as_yaml)) >= set(facts), True, as_yaml)
                self.assertEqual(self.say(*command, '-o', 'name'), f'rollout.argoproj.io/{LONG_NAME}\n')
                for word in self.say(*command).splitlines()[0].split():
                    self.assertIn(word, self.say(*command, '-o', 'wide').splitlines()[0])

    def test_a_list_fits_the_terminal_and_a_wide_one_has_the_message(self):
        broken = rollout('b' * 20)
        broken['spec']['workloadRef'] = {'apiVersion': 'apps/v1', 'kind': 'Deployment', 'name': 'b'}
        self.cluster.apply(json.dumps(broken))
        eventually(lambda: 'Degraded' in self.say('list'), 'the refusal')
        for line in self.say('list').splitlines():
            self.assertLessEqual(len(line), COLUMNS, line)
        self.assertIn('spec.workloadRef', self.say('list', '-o', 'wide'))
        screen = Terminal([SLUICE, '--kubeconfig', self.cluster.kubeconfig, 'list', '-w'])
        self.addCleanup(screen.close)
        eventually(lambda: any('Degraded' in line for line in screen.lines()), 'the list on the screen')
        self.assertLessEqual(max(len(line) for line in screen.lines()), COLUMNS)
        self.assertLessEqual(len(screen.lines()), ROWS)

    def test_a_watch_ends_after_as_many_seconds_as_it_was_given(self):
        for command in (['get', 'rollout', LONG_NAME, '-w'], ['get', 'rollout', LONG_NAME, '-w', '-o', 'json']):
            begun = time.monotonic()
            self.assertIn('Healthy', self.say(*command, '--timeout-seconds', '2'))
            self.assertGreaterEqual(time.monotonic() - begun, 2)
        for value in ('-1', 'soon', '99999999999'):
            self.assertIn('--timeout-seconds', self.say('get', 'rollout', LONG_NAME, '-w', '--timeout-seconds', value, code=2))

    def test_a_watched_list_tells_of_what_comes_and_goes(self):
        watch = self.start_watch('list', '-w', '-o', 'json')
        names = lambda: [item['name'] for item in json.loads(watch.stdout.readline())]
        self.assertEqual(names(), [LONG_NAME])
        self.cluster.apply(json.dumps(rollout('b')))
        eventually(lambda: names() == [LONG_NAME, 'b'], 'the new one')
        self.cluster.kubectl('delete', 'rollout', 'b')
        eventually(lambda: names() == [LONG_NAME], 'its end')

    def test_versions(self):
        self.assertRegex(self.say('version'), r'^sluice \d+\.\d+\.\d+\S*\nserver v\d+\.\d+\S*\n$')
        both = json.loads(self.say('version', '-o', 'json'))
        self.assertEqual(both['server'], json.loads(self.cluster.kubectl('version', '-o', 'json').stdout)['serverVersion']['gitVersion'])
        self.assertEqual(self.say('version', '--client'), f'sluice {both["version"]}\n')

    def test_a_cluster_comes_back_where_it_was(self):
        facts = dict(self.cluster.service.facts)
        self.assertEqual({'api', 'gateway', 'prometheus', 'controller', 'kubeconfig'}, set(facts))
        with open(os.path.join(self.cluster.data, 'addresses'), encoding='utf-8') as file:
            written = dict(line.rstrip('\n').split(': ', 1) for line in file)
        self.assertEqual({key: value.strip() for key, value in written.items()}, {key: facts[key] for key in written})
        self.cluster.down()
        self.cluster.up()
        self.assertEqual(self.cluster.service.facts, facts)


class Serverless(unittest.TestCase):
    def test_a_version_without_a_server(self):
        """Nobody waits long for one who does not answer."""
        with socket.create_server(('127.0.0.1', 0)) as silent, tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'kubeconfig')
            for port, in ((1,), silent.getsockname()[1:]):
                with open(path, 'w', encoding='utf-8') as file:
                    json.dump({'current-context': 'a', 'contexts': [{'name': 'a', 'context': {'cluster': 'a'}}],
                               'clusters': [{'name': 'a', 'cluster': {'server': f'http://127.0.0.1:{port}'}}]}, file)
                said = Cluster.run([SLUICE, '--kubeconfig', path, 'version'])
                self.assertRegex(said.stdout, r'^sluice \S+\n$')
        alone = subprocess.run([SLUICE, 'version', '-o', 'json'], capture_output=True, text=True, timeout=DEADLINE, check=True,
                               env={'PATH': os.environ['PATH']})
        self.assertEqual(list(json.loads(alone.stdout)), ['version'])


if __name__ == '__main__':
    main()
