#!/usr/bin/python3
"""The command line without a cluster: versions, usage errors, kubeconfigs, servers that are not there."""
import json
import os
import socket
import subprocess
import tempfile
import unittest

from cluster import DEADLINE, SLUICE, Cluster, main


class Usage(unittest.TestCase):
    def run_sluice(self, *args, code=0, stdin=None):
        return Cluster.run([SLUICE, *args], code=code, stdin=stdin)

    def test_version(self):
        text = self.run_sluice('version', '--client').stdout
        self.assertRegex(text, r'^sluice \d+\.\d+\.\d+')
        version = json.loads(self.run_sluice('version', '--client', '-o', 'json').stdout)['version']
        self.assertEqual(text, f'sluice {version}\n')
        self.assertEqual(self.run_sluice('--version').stdout, text)

    def test_completion(self):
        script = self.run_sluice('completion', 'bash').stdout
        subprocess.run(['bash', '-n'], input=script, text=True, check=True)
        for shell in ('zsh', 'fish'):
            self.assertIn('sluice', self.run_sluice('completion', shell).stdout)

    def test_help_is_asked_for_in_either_way(self):
        self.assertEqual(self.run_sluice('help').stdout, self.run_sluice('--help').stdout)
        self.assertEqual(self.run_sluice('help', 'set', 'image').stdout, self.run_sluice('set', 'image', '--help').stdout)
        self.assertIn('did you mean "promote"', self.run_sluice('help', 'prmote', code=2).stderr)

    def test_usage_errors(self):
        for args, words in ((['dance'], 'unknown command "dance"'), (['prmote', 'web'], 'did you mean "promote"?'),
                            (['get'], 'needs one of: rollout'), (['get', 'rolout', 'web'], 'did you mean "rollout"?'), (['promote'], 'NAME'),
                            (['status', 'web', '--dance'], '--dance'), (['lint'], '--filename'), (['completion', 'tcsh'], 'tcsh'),
                            (['set', 'image', 'web', 'shop:v2'], 'expected CONTAINER=IMAGE'),
                            (['status', 'web', '--timeout', 'soon'], 'not a duration'), (['rollback', 'web', '-t', '-1s'], 'negative'),
                            (['rollback', 'web', 'why', '--reason', 'why'], 'excludes'),
                            (['undo', 'web', '--to-revision', '-1'], '"-1" is not a revision'), (['list', '-o', 'xml'], 'json'),
                            (['analysis', 'query', '-f', 'x', '--arg', 'y'], 'expected NAME=VALUE'),
                            (['status', 'web', '-w', '--no-watch'], '--no-watch'), (['list', '--request-timeout', 'soon'], 'not a duration'),
                            (['controller', '--listen', 'here'], '--listen'), (['controller', '--prometheus', 'garbage'], '--prometheus'),
                            (['controller', '--metric-addresses', '10.0.0.0/8,10.0.0'], '"10.0.0": expected an address'),
                            (['local', 'up', '--gateway-listen', '1:2:3'], '--gateway-listen'), (['local', 'up', '--dir', ''], 'a folder is needed')):
            with self.subTest(args):
                said = self.run_sluice(*args, code=2).stderr
                self.assertIn(words, said)
                self.assertRegex(said, r'^error: [^\n]*\n$')
        self.assertEqual(self.run_sluice().stdout, self.run_sluice('--help').stdout)
        self.assertIn('rollback', self.run_sluice('--help').stdout)

    def kubeconfig(self, server='http://127.0.0.1:1', context='a'):
        """The path of a kubeconfig with one context."""
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), 'kubeconfig')
        with open(path, 'w', encoding='utf-8') as file:
            json.dump({'current-context': context, 'contexts': [{'name': context, 'context': {'cluster': context}}],
                       'clusters': [{'name': context, 'cluster': {'server': server}}]}, file)
        return path

    def list_error(self, *args, environment=None, code=1):
        done = subprocess.run([SLUICE, *args, 'list'], capture_output=True, text=True, timeout=DEADLINE, check=False,
                              env={'PATH': os.environ['PATH'], **(environment or {})})
        self.assertEqual((done.returncode, done.stdout), (code, ''))
        self.assertRegex(done.stderr, r'^error: [^\n]*\n$')
        return done.stderr

    def test_no_cluster(self):
        missing = self.kubeconfig() + '-missing'
        self.assertIn(missing, self.list_error('--kubeconfig', missing))
        self.assertIn('--kubeconfig', self.list_error())
        self.assertIn(missing, self.list_error(environment={'KUBECONFIG': missing}))
        path = self.kubeconfig()
        self.assertIn('127.0.0.1:1', self.list_error('--kubeconfig', path))
        self.assertIn("'b' is not defined (defined: a)", self.list_error('--kubeconfig', path, '--context', 'b'))

    def test_kubeconfigs_are_merged(self):
        joined = ':'.join([self.kubeconfig(), self.kubeconfig('http://127.0.0.1:2', 'b'), '/missing'])
        self.assertIn('127.0.0.1:1', self.list_error(environment={'KUBECONFIG': joined}))
        self.assertIn('127.0.0.1:2', self.list_error('--context', 'b', environment={'KUBECONFIG': joined}))

    def test_a_server_that_does_not_answer(self):
        with socket.create_server(('127.0.0.1', 0)) as silent:
            path = self.kubeconfig(f'http://127.0.0.1:{silent.getsockname()[1]}')
            done = Cluster.run([SLUICE, '--kubeconfig', path, 'get', 'rollout', 'web'], code=3)
        self.assertRegex(done.stderr, '^error: ')

    def test_an_answer_that_nobody_gets(self):
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([SLUICE, 'version'], stdout=full, stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, 'error: standard output cannot be written\n'))


if __name__ == '__main__':
    main()
