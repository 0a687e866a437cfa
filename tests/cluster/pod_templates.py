"""The pod templates of which it is on record what a real API server says of a ReplicaSet that has them: Rollouts and `lint` say the same."""
import json
import os

from bare_cluster import TESTS
from cluster import eventually

RECORDED = os.path.join(TESTS, 'core', 'pod_templates.jsonl')

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: NAME
spec:
  replicas: 0
  selector: {selector}
  template:
    metadata:
      labels: {labels}
    spec:
      {spec}
  strategy:
    canary: {{}}
"""


def recorded():
    with open(RECORDED, encoding='utf-8') as file:
        return [json.loads(line) for line in file]


class PodTemplateTests:
    def test_templates_are_refused_where_a_real_server_refuses_them(self):
        self.cluster.start_controller(*self.controller_flags)
        for number, row in enumerate(recorded()):
            name = f't{number}'
            text = ROLLOUT.format(**row).replace('NAME', name)
            with self.subTest(row['label'], said=row['said']):
                self.assertEqual(self.is_applied(name, text), not row['refused'])
                self.assertEqual(self.cluster.sluice('lint', '-f', '-', stdin=text, code=None).returncode, 1 if row['refused'] else 0)

    def is_applied(self, name, text):
        """Whether it comes to be a ReplicaSet. Else it is refused at once, or shown as InvalidSpec with nothing claimed."""
        cluster = self.cluster
        if cluster.kubectl('apply', '--validate=strict', '-f', '-', stdin=text, code=None).returncode != 0:
            cluster.kubectl('get', 'rollout', name, code=1)
            return False

        def outcome():
            made = [each for each in cluster.list('replicasets') if each['metadata']['ownerReferences'][0]['name'] == name]
            shown = cluster.get('rollout', name).get('status', {}).get('message', '').startswith('InvalidSpec: ')
            self.assertFalse(made and shown)
            return 'made' if made else shown and 'shown'
        return eventually(outcome, 'a ReplicaSet, or a reason why there is none', deadline=30) == 'made'
