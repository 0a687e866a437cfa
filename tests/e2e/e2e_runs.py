#!/usr/bin/python3
"""AnalysisRuns and Experiments on the command line: created, shown, watched, ended."""
import json

from cluster import DEADLINE, ClusterTest, eventually, main


class Runs(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()

    def say(self, *args, code=0):
        done = self.cluster.sluice(*args, code=code)
        return done.stdout + done.stderr

    def test_creating_and_terminating(self):
        run = {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'AnalysisRun', 'metadata': {'name': 'probe'},
               'spec': {'metrics': [{'name': 'up', 'interval': '1h', 'successCondition': 'true',
                                     'provider': {'prometheus': {'address': self.cluster.prometheus, 'query': 'vector(1)'}}}]}}
        created = self.cluster.sluice('create', '-f', '-', stdin=json.dumps(run)).stdout
        self.assertEqual(created, 'analysisrun.argoproj.io/probe created\n')
        eventually(lambda: '✔ 1' in self.say('list', 'analysisruns'), 'the first measurement')
        watch = self.start_watch('get', 'analysisrun', 'probe', '-w', '-o', 'json')
        self.assertEqual(json.loads(watch.stdout.readline())['status'], 'Running')
        self.check_run_views()
        self.assertEqual(self.say('terminate', 'ar/probe'), "analysisrun 'probe' is asked to end\n")
        eventually(lambda: 'Running' not in self.say('list', 'ar'), 'its end')
        eventually(lambda: json.loads(watch.stdout.readline())['status'] != 'Running', 'its end in the watch')
        self.cluster.kubectl('delete', 'analysisrun', 'probe')
        self.assertEqual(watch.wait(DEADLINE), 1)
        self.assertEqual(watch.stderr.read(), 'error: analysisrun "probe" was deleted\n')
        self.assertIn('did you mean "prove"?', self.unknown_run())
        self.assertIn('expected one of', self.cluster.sluice('create', '-f', '-', stdin='{"kind": "Pod"}', code=1).stderr)

    def check_run_views(self):
        text = self.say('get', 'ar/probe')
        for words in ('Name:            probe', '◌ Running', 'Succeeds if:   true', 'VALUE', '[1]'):
            self.assertIn(words, text)
        shown = json.loads(self.say('get', 'analysisruns', 'probe', '-o', 'json'))
        self.assertEqual(shown['metrics'][0]['measurements'][0]['value'], '[1]')
        self.assertIn('successCondition: "true"', self.say('get', 'analysisrun', 'probe', '-o', 'yaml'))
        self.assertEqual(self.say('get', 'analysisrun', 'probe', '-o', 'name'), 'analysisrun.argoproj.io/probe\n')
        self.assertRegex(self.say('get', 'analysisrun', 'probe', '-o', 'wide'), r'FINISHED[^\n]*\n +\S+ +20\d\d-')

    def unknown_run(self):
        """What is said of a run that is not there, while one of a like name is."""
        run = {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'AnalysisRun', 'metadata': {'name': 'prove'}, 'spec': {'metrics': []}}
        self.cluster.sluice('create', '-f', '-', stdin=json.dumps(run))
        said = {self.say(*args, code=1) for args in (['get', 'ar/probe'], ['get', 'ar/probe', '-w'], ['terminate', 'ar/probe'])}
        self.assertEqual(len(said), 1, said)
        return said.pop()

    def test_an_experiment_is_shown_and_not_claimed(self):
        template = {'metadata': {'labels': {'app': 'a'}}, 'spec': {'containers': [{'name': 'a', 'image': 'shop:v1'}]}}
        experiment = {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Experiment', 'metadata': {'name': 'compare'},
                      'spec': {'templates': [{'name': 'old', 'replicas': 2, 'selector': {'matchLabels': {'app': 'a'}}, 'template': template}]}}
        self.cluster.sluice('create', '-f', '-', stdin=json.dumps(experiment))
        text = self.say('get', 'experiment', 'compare')
        self.assertIn('Sluice runs no experiments yet', text)
        self.assertRegex(text, r'old +- +2 +0 +0')
        self.assertEqual(json.loads(self.say('get', 'exp/compare', '-o', 'json'))['templates'][0]['desired'], 2)
        self.assertIn('compare', self.say('get', 'experiments'))
        self.assertIn('experiments.argoproj.io "other" not found', self.say('get', 'experiment', 'other', code=1))


if __name__ == '__main__':
    main()
