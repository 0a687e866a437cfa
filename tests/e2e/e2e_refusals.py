#!/usr/bin/python3
"""Seven mistakes: five are refused by the API server, two are shown as InvalidSpec until they are mended; lint names all seven."""
import json
import os
import re
import tempfile

from cluster import EXAMPLES, SLUICE, Cluster, ClusterTest, eventually, main

GOOD = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 1
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      containers:
        - name: web
          image: shop:v1
  strategy:
    canary:
      canaryService: web-canary
      stableService: web-stable
      trafficRouting:
        gatewayAPI:
          httpRoute: web
      steps:
        - setWeight: 10
        - pause:
            duration: 5s
        - analysis:
            templates:
              - templateName: always
"""

TEMPLATE = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: always
spec:
  metrics:
    - name: always
      successCondition: result[0] >= 1
      provider:
        prometheus:
          query: vector(1)
"""

SERVICE = """\
apiVersion: v1
kind: Service
metadata:
  name: {name}
spec:
  selector:
    app: web
  ports:
    - port: 80
      targetPort: 8080
"""

ROUTE = """\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata:
  name: web
spec:
  parentRefs:
    - name: sluice
  hostnames:
    - web.local
  rules:
    - backendRefs:
        - name: web-stable
          port: 80
        - name: web-canary
          port: 80
          weight: 0
"""

SERVICES = '---\n'.join(SERVICE.format(name=name) for name in ('web-stable', 'web-canary'))

# What is wrong, how it comes to be so, the field, and the line of the mistake in the file.
REFUSED = {
    'wrong type': ('replicas: 1', 'replicas: many', 'spec.replicas'),
    'unknown field': ('      canaryService: web-canary', '      colour: blue\n      canaryService: web-canary',
                      'spec.strategy.canary.colour'),
    'two strategies': ('  strategy:\n', '  strategy:\n    blueGreen:\n      activeService: web-stable\n', 'spec.strategy'),
    'weight 101': ('setWeight: 10', 'setWeight: 101', 'spec.strategy.canary.steps[0].setWeight'),
    'bad duration': ('duration: 5s', 'duration: 5 parsecs', 'spec.strategy.canary.steps[1].pause.duration'),
}


def line_of(text, part):
    """The number of the line on which `part` starts, from 1."""
    return text[:text.index(part)].count('\n') + 1


def spoilt(mistake):
    before, after, _ = REFUSED[mistake]
    assert GOOD.count(before) == 1
    return GOOD.replace(before, after)


class Refusals(ClusterTest):
    def test_the_api_server_refuses_what_no_rollout_can_be(self):
        cluster = self.start_cluster('--no-controller')
        for mistake, (_, _, field) in REFUSED.items():
            with self.subTest(mistake):
                done = cluster.kubectl('apply', '--validate=strict', '-f', '-', stdin=spoilt(mistake), code=1)
                self.assertIn(field, done.stderr)
                self.assertRegex(done.stderr, r'Rollout|web')
                cluster.kubectl('get', 'rollout', 'web', code=1)
        cluster.apply(GOOD)

    def test_a_missing_service_is_shown_and_heals(self):
        cluster = self.start_cluster()
        stable_only = SERVICE.format(name='web-stable')
        cluster.apply('---\n'.join([TEMPLATE, stable_only, ROUTE, GOOD]))
        sentence = self.invalid_message(cluster)
        self.assertIn('service "web-canary" not found', sentence)
        self.assertIn(self.lint_sentence('---\n'.join([stable_only, GOOD])), sentence)
        cluster.apply(SERVICE.format(name='web-canary'))
        cluster.wait_for_phase('Healthy', 'web')

    def test_a_bad_pod_template_is_shown_at_once_in_the_words_of_the_server(self):
        cluster = self.start_cluster()
        cluster.apply('---\n'.join([TEMPLATE, SERVICES, ROUTE, GOOD]))
        cluster.wait_for_phase('Healthy', 'web')
        cluster.apply(GOOD.replace('image: shop:v1', 'image: shop:v2\n          volumeMounts: [{name: data, mountPath: /d}]'))
        sentence = self.invalid_message(cluster)
        self.assertIn('spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"', sentence)
        self.assertEqual(len(cluster.list('replicaset')), 1)
        done = cluster.kubectl('apply', '-f', '-', stdin=GOOD.replace('image: shop:v1', 'image: shop:v1\n          command: ./shop'), code=1)
        self.assertIn('containers[0].command', done.stderr)

    def test_lint_asks_the_cluster(self):
        """What a kind has none of may come from elsewhere; where there are some, the one that is named is missed."""
        cluster = self.start_cluster('--no-controller')
        for other, missed, named in ((SERVICE.format(name='web-stable'), 'service "web-canary" not found', SERVICES),
                                     (ROUTE.replace('name: web', 'name: other', 1), 'Not found: HTTPRoute default/web', ROUTE),
                                     (TEMPLATE.replace('name: always', 'name: other', 1), 'AnalysisTemplate "always" not found', TEMPLATE)):
            with self.subTest(missed):
                cluster.apply(other)
                self.assertIn(missed, cluster.sluice('lint', '--cluster', '-f', '-', stdin=GOOD, code=1).stdout)
                cluster.apply(named)
                cluster.sluice('lint', '--cluster', '-f', '-', stdin=GOOD)

    def test_a_bad_condition_is_shown_and_heals(self):
        cluster = self.start_cluster()
        bad = TEMPLATE.replace('result[0] >= 1', 'result[0] >=')
        cluster.apply('---\n'.join([bad, SERVICES, ROUTE, GOOD]))
        sentence = self.invalid_message(cluster)
        self.assertIn('successCondition', sentence)
        self.assertIn(self.lint_sentence(bad).split(': ', 1)[1], sentence)
        cluster.apply(TEMPLATE)
        cluster.wait_for_phase('Healthy', 'web')

    def invalid_message(self, cluster):
        """What the status says; `sluice status` says it too and ends with 1."""
        def message():
            status = cluster.get('rollout', 'web').get('status', {})
            conditions = [each for each in status.get('conditions', []) if each['type'] == 'InvalidSpec']
            return conditions and conditions[0]['status'] == 'True' and status['message']
        text = eventually(message, 'InvalidSpec', deadline=30)
        done = cluster.sluice('status', 'web', code=1)
        self.assertIn(text, done.stdout)
        return text

    def lint_sentence(self, text):
        """The only finding of a text, without its place."""
        done = Cluster.run([SLUICE, 'lint', '-f', '-'], stdin=text, code=1)
        finding, summary = done.stdout.splitlines()
        self.assertRegex(summary, r'^1 file, \d objects?, 1 error$')
        return re.sub(r'^-:\d+: \S+ ', '', finding)


class Lint(ClusterTest):
    def lint(self, text, code, *options):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, 'web.yaml')
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
            return Cluster.run([SLUICE, 'lint', '-f', folder, *options], code=code).stdout.replace(folder + '/', '')

    def test_every_mistake_has_its_line(self):
        for mistake, (_, after, field) in REFUSED.items():
            with self.subTest(mistake):
                text = spoilt(mistake)
                said = self.lint(text, 1)
                place = '  strategy:' if mistake == 'two strategies' else after
                self.assertIn(f'web.yaml:{line_of(text, place)}:', said)
                self.assertIn(field, said)

    def test_references_and_conditions_have_their_line(self):
        text = '---\n'.join([SERVICE.format(name='web-stable'), GOOD])
        said = self.lint(text, 1)
        self.assertIn(f'web.yaml:{line_of(text, "canaryService")}:', said)
        self.assertIn('service "web-canary" not found', said)
        text = '---\n'.join([GOOD, TEMPLATE.replace('>= 1', '>=')])
        said = self.lint(text, 1)
        self.assertIn(f'web.yaml:{line_of(text, "successCondition")}:', said)

    def test_json_is_for_machines(self):
        findings = json.loads(self.lint(spoilt('weight 101'), 1, '-o', 'json'))
        self.assertEqual([finding['field'] for finding in findings], [REFUSED['weight 101'][2]])

    def test_good_manifests_are_clean(self):
        self.assertEqual(self.lint('---\n'.join([GOOD, TEMPLATE, SERVICES, ROUTE]), 0), '1 file, 5 objects, nothing wrong\n')
        self.assertIn('nothing wrong', Cluster.run([SLUICE, 'lint', '-f', EXAMPLES]).stdout)


if __name__ == '__main__':
    main()
