#!/usr/bin/python3
"""`sluice analysis query` and the templates of examples/ against a real Prometheus, without any rollout's help."""
import json
import os

from cluster import EXAMPLES, SLUICE, Cluster, ClusterTest, eventually, main

TEMPLATES = ('success-rate', 'error-rate', 'latency-p95')


class Query(ClusterTest):
    def ask(self, template, code=0, **args):
        command = [SLUICE, 'analysis', 'query', '-f', os.path.join(EXAMPLES, 'analysis', template + '.yaml'), '--prometheus',
                   self.cluster.prometheus, '-o', 'json']
        for name, value in {'min-requests': '50', 'window': '30s', **args}.items():
            command += ['--arg', f'{name.replace("_", "-")}={value}']
        answer = json.loads(Cluster.run(command, code=code).stdout)
        self.assertEqual([item['metric'] for item in answer], [template])
        return answer[0]

    def test_the_examples_judge_what_is_there(self):
        self.cluster = cluster = self.start_cluster()
        cluster.apply_shop()
        stable = cluster.status()['stableRS']
        load = self.start_load(cluster)
        command = [SLUICE, 'analysis', 'query', '-f', os.path.join(EXAMPLES, 'analysis/error-rate.yaml'), '--prometheus',
                   cluster.prometheus, '--arg', f'pod-hash={stable}', '--arg', 'window=30s']
        eventually(lambda: Cluster.run(command, code=None).returncode == 0, 'enough requests for a verdict')
        self.assertRegex(Cluster.run(command).stdout, r'METRIC +VALUE +CONDITION +VERDICT.*\nerror-rate +\[0\] +.* Successful')
        for template in TEMPLATES:
            item = self.ask(template, pod_hash=stable)
            self.assertEqual(item['verdict'], 'Successful', item)
        self.assertEqual(self.ask('error-rate', code=1, pod_hash=stable, error_rate_max='-1')['verdict'], 'Failed')
        for template in TEMPLATES:
            item = self.ask(template, code=1, pod_hash='nobody')
            self.assertNotIn(item['verdict'], ('Successful', 'Failed'), item)
        load.stop()

    def test_mistakes_are_said(self):
        path = os.path.join(EXAMPLES, 'analysis/error-rate.yaml')
        for args, words in ((['-f', path], 'pod-hash'), (['-f', '/nowhere.yaml'], '/nowhere.yaml: No such file'),
                            (['-f', os.path.join(EXAMPLES, 'shop/shop.yaml')], 'holds no AnalysisTemplate')):
            with self.subTest(words):
                self.assertIn(words, Cluster.run([SLUICE, 'analysis', 'query', *args], code=1).stderr)
        done = Cluster.run([SLUICE, 'analysis', 'query', '-f', path, '--arg', 'pod-hash=x', '--prometheus', 'http://127.0.0.1:1'],
                           code=1)
        self.assertIn('Error', done.stdout)


if __name__ == '__main__':
    main()
