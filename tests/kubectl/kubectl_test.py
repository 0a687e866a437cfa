#!/usr/bin/env python3
"""The real kubectl against the embedded API: kubectl_test.py SERVE_PROGRAM oldest|newest

With KUBEBUILDER_ASSETS against a real API server instead.

Looks for kubectl in $KUBECTL (then nothing else counts), the path, build/tools and the Google Cloud SDK. Exit code 77: none found,
or the oldest is the newest and the other test has it.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [os.path.join(SOURCE, 'tests', folder) for folder in ('conformance', 'e2e')]
from cluster import kubectls  # noqa: E402  (sibling folders, not packages)
from test_server import start_server  # noqa: E402

DEADLINE = 30

CRD = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: boats.kubectl.example.com}
spec:
  group: kubectl.example.com
  scope: Namespaced
  names: {plural: boats, singular: boat, kind: Boat, shortNames: [bo], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    subresources:
      status: {}
      scale: {specReplicasPath: .spec.crew, statusReplicasPath: .status.crew, labelSelectorPath: .status.selector}
    additionalPrinterColumns:
    - {name: Crew, type: integer, jsonPath: .spec.crew}
    - {name: State, type: string, jsonPath: '.status.conditions[?(@.type=="Afloat")].status'}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    schema:
      openAPIV3Schema:
        type: object
        description: A boat is what floats.
        properties:
          spec:
            type: object
            description: What the boat should be like.
            required: [crew]
            properties:
              crew: {type: integer, minimum: 0, description: How many people sail it.}
              colour: {type: string, default: white}
          status: {type: object, x-kubernetes-preserve-unknown-fields: true}
"""

BOAT = """
apiVersion: kubectl.example.com/v1
kind: Boat
metadata: {{name: {name}, labels: {{fleet: north}}}}
spec: {{crew: {crew}}}
"""

SERVICE = """
apiVersion: v1
kind: Service
metadata: {{name: shop}}
spec:
  selector: {{app: shop}}
  ports: {ports}
"""

INGRESS = """
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop, annotations: {nginx.ingress.kubernetes.io/canary: "true", nginx.ingress.kubernetes.io/canary-weight: "10"}}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.test
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: shop, port: {name: http}}}}]}
"""

REPLICA_SET = """
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: shop}
spec:
  replicas: 0
  selector: {matchLabels: {app: shop}}
  template:
    metadata: {labels: {app: shop}}
    spec: {containers: [{name: app, image: 'shop:v1'}]}
"""

POD = """
apiVersion: v1
kind: Pod
metadata: {name: one}
spec: {containers: [{name: app, image: 'shop:v1'}]}
"""


def find_kubectl(age):
    """(version, path) of the oldest or the newest; None where the oldest is the newest."""
    found = kubectls()
    if not found or (age == 'oldest' and found[0][0] == found[-1][0]):
        return None
    return found[0] if age == 'oldest' else found[-1]


class Kubectl(unittest.TestCase):
    program, version, server, folder, namespaces = '', (0, 0), None, '', 0

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.server = start_server(cls.serve, os.path.join(cls.folder, 'pki'))
        apply = subprocess.run(cls.command('apply', '-f', '-'), input=CRD, text=True, capture_output=True, check=False)
        assert apply.returncode == 0, apply.stderr

    @classmethod
    def tearDownClass(cls):
        assert cls.server.stop() == 0
        shutil.rmtree(cls.folder)

    def setUp(self):
        Kubectl.namespaces += 1
        self.namespace = f'n{Kubectl.namespaces}'
        self.kubectl('create', 'namespace', self.namespace, scoped=False)

    @classmethod
    def command(cls, *args):
        return [cls.program, '--kubeconfig', cls.server.facts['kubeconfig'], '--cache-dir', os.path.join(cls.folder, 'cache'), *args]

    def scoped(self, *args):
        return self.command('-n', self.namespace, *args)

    def run_kubectl(self, *args, text=None, scoped=True):
        command = self.scoped(*args) if scoped else self.command(*args)
        return subprocess.run(command, input=text, text=True, capture_output=True, timeout=DEADLINE, check=False)

    def kubectl(self, *args, text=None, scoped=True):
        done = self.run_kubectl(*args, text=text, scoped=scoped)
        self.assertEqual(done.returncode, 0, f'kubectl {" ".join(args)}: {done.stdout}{done.stderr}')
        return done.stdout

    def refused(self, *args, text=None):
        done = self.run_kubectl(*args, text=text)
        self.assertNotEqual(done.returncode, 0, done.stdout)
        return done.stderr

    def get(self, *args):
        return json.loads(self.kubectl('get', *args, '-o', 'json'))

    def apply_boat(self, name='ada', crew=1):
        return self.kubectl('apply', '-f', '-', text=BOAT.format(name=name, crew=crew))

    def needs(self, minor, what):
        if self.version < (1, minor):
            self.skipTest(f'kubectl {self.version[0]}.{self.version[1]} has no {what}')

    def needs_controllers(self, what):
        if self.server.real:
            self.skipTest(f'a bare API server has {what}')

    def boat_path(self, name):
        return f'/apis/kubectl.example.com/v1/namespaces/{self.namespace}/boats/{name}'

    def start(self, *args):
        process = subprocess.Popen(self.scoped(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_versions_and_discovery(self):
        shown = json.loads(self.kubectl('version', '-o', 'json'))['serverVersion']['gitVersion']
        self.assertEqual(shown, self.server.ask('GET', '/version')[1]['gitVersion'])
        self.assertTrue(self.server.real or shown.startswith('v1.32.0+sluice'), shown)
        resources = self.kubectl('api-resources', '--api-group=kubectl.example.com', scoped=False)
        self.assertRegex(resources, r'boats +bo +.*Boat')
        self.assertIn('kubectl.example.com/v1', self.kubectl('api-versions', scoped=False))

    def test_apply_creates_changes_and_leaves_alone(self):
        self.assertIn('boat.kubectl.example.com/ada created', self.apply_boat(crew=1))
        self.assertIn('unchanged', self.apply_boat(crew=1))
        self.assertIn('configured', self.apply_boat(crew=2))
        boat = self.get('boat', 'ada')
        self.assertEqual(boat['spec'], {'crew': 2, 'colour': 'white'})
        self.assertEqual(boat['metadata']['generation'], 2)

    def test_apply_merges_lists_of_built_in_kinds_by_key(self):
        self.kubectl('apply', '-f', '-', text=SERVICE.format(ports='[{name: a, port: 80}, {name: b, port: 81}]'))
        self.kubectl('label', 'service', 'shop', 'by=hand')
        out = self.kubectl('apply', '-f', '-', text=SERVICE.format(ports='[{name: a, port: 80, targetPort: 8080}]'))
        self.assertIn('configured', out)
        service = self.get('service', 'shop')
        self.assertEqual([(port['name'], port['targetPort']) for port in service['spec']['ports']], [('a', 8080)])
        self.assertEqual(service['metadata']['labels'], {'by': 'hand'})
        self.assertIn('replicaset.apps/shop created', self.kubectl('apply', '-f', '-', text=REPLICA_SET))
        self.assertIn('unchanged', self.kubectl('apply', '-f', '-', text=REPLICA_SET))
        self.assertIn('pod/one created', self.kubectl('apply', '-f', '-', text=POD))

    def test_apply_on_trial_stores_nothing(self):
        self.needs(27, 'dry run that looks into OpenAPI v3')
        self.assertIn('server dry run', self.kubectl('apply', '--dry-run=server', '-f', '-', text=BOAT.format(name='ada', crew=1)))
        self.assertIn('NotFound', self.refused('get', 'boat', 'ada'))
        self.apply_boat(crew=1)
        self.assertIn('+  crew: 2', self.run_kubectl('diff', '-f', '-', text=BOAT.format(name='ada', crew=2)).stdout)
        if not self.server.real:
            self.assertIn('application/merge-patch+json',
                          self.refused('apply', '--server-side', '-f', '-', text=BOAT.format(name='ada', crew=3)))

    def test_wrong_objects_are_refused_with_the_field(self):
        self.assertIn('spec.crew', self.refused('apply', '-f', '-', text=BOAT.format(name='ada', crew=-1)))
        if self.version >= (1, 25):
            self.assertIn('unknown field "spec.sails"',
                          self.refused('apply', '-f', '-', text=BOAT.format(name='ada', crew='1, sails: 2')))
        self.kubectl('apply', '--validate=false', '-f', '-', text=BOAT.format(name='ada', crew='1, sails: 2'))

    def test_tables(self):
        self.apply_boat('ada', 1)
        self.apply_boat('bob', 2)
        self.server.patch_status(self.boat_path('bob'), {'conditions': [{'type': 'Afloat', 'status': 'True'}]})
        lines = [line.split() for line in self.kubectl('get', 'bo').splitlines()]
        self.assertEqual(lines[0], ['NAME', 'CREW', 'STATE', 'AGE'])
        self.assertEqual([line[:-1] for line in lines[1:]], [['ada', '1'], ['bob', '2', 'True']])
        self.assertIn('boat.kubectl.example.com/ada', self.kubectl('get', 'all'))
        self.assertEqual(self.kubectl('get', 'boats', '-l', 'fleet=south', '-o', 'name'), '')
        self.assertEqual(self.kubectl('get', 'boats', '--field-selector=metadata.name=bob', '-o', 'name'),
                         'boat.kubectl.example.com/bob\n')
        self.assertEqual(self.kubectl('get', 'boats', '--sort-by=.spec.crew', '-o', 'jsonpath={.items[*].metadata.name}'), 'ada bob')
        self.kubectl('apply', '-f', '-', text=POD)
        self.assertRegex(self.kubectl('get', 'pods', '-o', 'wide'), r'NAME +READY +STATUS +RESTARTS +AGE +IP +NODE')
        self.assertIn(self.namespace, self.kubectl('get', 'boats', '--all-namespaces', scoped=False))

    def test_ingresses(self):
        self.assertIn('ingress.networking.k8s.io/shop created', self.kubectl('apply', '-f', '-', text=INGRESS))
        self.assertIn('unchanged', self.kubectl('apply', '-f', '-', text=INGRESS))
        self.kubectl('annotate', 'ing', 'shop', '--overwrite', 'nginx.ingress.kubernetes.io/canary-weight=20')
        lines = [line.split() for line in self.kubectl('get', 'ing').splitlines()]
        self.assertEqual(lines[0], ['NAME', 'CLASS', 'HOSTS', 'ADDRESS', 'PORTS', 'AGE'])
        self.assertEqual(lines[1][:4], ['shop', 'nginx', 'shop.test', '80'])
        self.kubectl('patch', 'ingress', 'shop', '-p', '{"spec": {"rules": [{"host": "other.test"}]}}')
        ingress = self.get('ingress', 'shop')
        self.assertEqual(ingress['spec']['rules'], [{'host': 'other.test'}])
        self.assertEqual(ingress['metadata']['annotations']['nginx.ingress.kubernetes.io/canary-weight'], '20')
        self.assertIn('pathType must be specified', self.refused('apply', '--validate=false', '-f', '-',
                                                                 text=INGRESS.replace('pathType: Prefix, ', '')))

    def test_get_follows_changes(self):
        self.apply_boat('ada', 1)
        following = self.start('get', 'boats', '-w')
        self.assertEqual(following.stdout.readline().split()[0], 'NAME')
        self.assertEqual(following.stdout.readline().split()[:2], ['ada', '1'])
        self.apply_boat('ada', 5)
        self.assertEqual(following.stdout.readline().split()[:2], ['ada', '5'])
        self.apply_boat('bob', 7)
        self.assertEqual(following.stdout.readline().split()[:2], ['bob', '7'])

    def test_describe(self):
        self.apply_boat('ada', 3)
        self.kubectl('apply', '-f', '-', text=POD)
        self.kubectl('apply', '-f', '-', text=REPLICA_SET)
        self.kubectl('apply', '-f', '-', text=SERVICE.format(ports='[{port: 80}]'))
        for kind, name, words in (('boat', 'ada', 'Crew:'), ('pod', 'one', 'shop:v1'), ('rs', 'shop', 'Replicas:'),
                                  ('service', 'shop', 'Selector:'), ('namespace', self.namespace, 'Active'),
                                  ('crd', 'boats.kubectl.example.com', 'Boat')):
            with self.subTest(kind):
                self.assertIn(words, self.kubectl('describe', kind, name))

    def test_three_kinds_of_patches(self):
        self.apply_boat('ada', 1)
        self.kubectl('patch', 'boat', 'ada', '--type=merge', '-p', '{"spec":{"colour":"red"}}')
        self.kubectl('patch', 'boat', 'ada', '--type=json', '-p', '[{"op":"replace","path":"/spec/crew","value":4}]')
        self.assertEqual(self.get('boat', 'ada')['spec'], {'crew': 4, 'colour': 'red'})
        self.kubectl('apply', '-f', '-', text=SERVICE.format(ports='[{name: a, port: 80}]'))
        self.kubectl('patch', 'service', 'shop', '-p', '{"spec":{"ports":[{"name":"b","port":81}]}}')
        self.assertEqual(sorted(port['name'] for port in self.get('service', 'shop')['spec']['ports']), ['a', 'b'])
        self.assertIn('application/merge-patch+json', self.refused('patch', 'boat', 'ada', '--type=strategic', '-p', '{"spec":{"crew":5}}'))

    def test_scale(self):
        self.apply_boat('ada', 1)
        self.assertIn('scaled', self.kubectl('scale', 'boat', 'ada', '--replicas=6'))
        self.assertEqual(self.get('boat', 'ada')['spec']['crew'], 6)
        self.kubectl('apply', '-f', '-', text=REPLICA_SET)
        self.assertIn('scaled', self.kubectl('scale', 'rs', 'shop', '--replicas=2'))
        self.assertEqual(self.get('rs', 'shop')['spec']['replicas'], 2)

    def start_waiting(self, condition):
        """A `kubectl wait` that has begun to watch: before that, 1.20 takes a deletion for a missing object."""
        waiting = self.start('wait', f'--for={condition}', 'boat/ada', f'--timeout={DEADLINE}s', '-v=6')
        for line in waiting.stderr:
            if 'watch=true' in line:
                return waiting
        self.fail(f'wait --for={condition} ended before it watched')

    def test_wait(self):
        self.apply_boat('ada', 1)
        waiting = self.start_waiting('condition=Afloat')
        self.server.patch_status(self.boat_path('ada'), {'conditions': [{'type': 'Afloat', 'status': 'True'}], 'phase': 'Sailing'})
        self.assertEqual(waiting.wait(DEADLINE), 0, 'wait --for=condition')
        if self.version >= (1, 23):
            self.kubectl('wait', '--for=jsonpath={.status.phase}=Sailing', 'boat/ada', f'--timeout={DEADLINE}s')
        waiting = self.start_waiting('delete')
        self.kubectl('delete', 'boat', 'ada')
        self.assertEqual(waiting.wait(DEADLINE), 0, 'wait --for=delete')

    def test_explain(self):
        self.needs(27, 'explain by OpenAPI v3')
        self.assertIn('How many people sail it', self.kubectl('explain', 'boat.spec'))
        self.assertIn('A boat is what floats', self.kubectl('explain', 'boat'))
        for kind, field in (('pod', 'spec'), ('pod.spec.containers', 'image'), ('service.spec', 'ports'),
                            ('replicaset.spec', 'replicas'), ('configmap', 'data'), ('pod.metadata', 'labels')):
            self.assertRegex(self.kubectl('explain', kind), rf'\b{field}\b')

    def test_delete(self):
        for name in ('ada', 'bob', 'cid'):
            self.apply_boat(name)
        self.assertIn('"ada" deleted', self.kubectl('delete', 'boat', 'ada'))
        self.assertIn('NotFound', self.refused('delete', 'boat', 'ada'))
        self.kubectl('delete', 'boat', 'ada', '--ignore-not-found')
        self.kubectl('delete', 'boats', '-l', 'fleet=north')
        self.assertEqual(self.get('boats')['items'], [])
        self.kubectl('apply', '-f', '-', text=SERVICE.format(ports='[{port: 80}]'))
        self.kubectl('delete', '-f', '-', text=SERVICE.format(ports='[{port: 80}]'))
        self.kubectl('delete', 'services', '--all')

    def test_delete_a_namespace(self):
        self.needs_controllers('nobody who empties a namespace')
        self.apply_boat('dan')
        self.kubectl('delete', 'namespace', self.namespace, scoped=False)
        self.assertIn('not found', self.refused('get', 'namespace', self.namespace))
        self.assertEqual(self.get('boats')['items'], [])

    def test_labels_and_annotations(self):
        self.apply_boat('ada')
        self.kubectl('label', 'boat', 'ada', 'a=1', 'fleet-')
        self.assertIn('already has a value', self.refused('label', 'boat', 'ada', 'a=2'))
        self.kubectl('label', 'boat', 'ada', 'a=2', '--overwrite')
        self.kubectl('annotate', 'boat', 'ada', 'note=x y')
        meta = self.get('boat', 'ada')['metadata']
        self.assertEqual(meta['labels'], {'a': '2'})
        self.assertEqual(meta['annotations']['note'], 'x y')

    def test_create_and_replace(self):
        self.kubectl('create', 'configmap', 'c', '--from-literal=k=v')
        self.assertIn('already exists', self.refused('create', 'configmap', 'c', '--from-literal=k=v'))
        config = self.get('configmap', 'c')
        self.assertEqual(config['data'], {'k': 'v'})
        config['data'] = {'k': 'w'}
        self.kubectl('replace', '-f', '-', text=json.dumps(config))
        self.assertIn('Conflict', self.refused('replace', '-f', '-', text=json.dumps(config)))
        self.kubectl('create', 'service', 'clusterip', 's', '--tcp=80:8080')
        self.kubectl('run', 'two', '--image=shop:v1')
        self.assertEqual(self.get('pod', 'two')['spec']['containers'][0]['image'], 'shop:v1')

    def test_logs(self):
        self.needs_controllers('no kubelet that has the log of a pod')
        self.kubectl('apply', '-f', '-', text=POD)
        self.assertEqual(self.kubectl('logs', 'one'), 'line 1\nline 2\nline 3\n')
        self.assertEqual(self.kubectl('logs', '-f', 'one', '-c', 'app'), 'line 1\nline 2\nline 3\n')
        self.assertIn('there is no previous instance', self.refused('logs', '-p', 'one'))
        self.assertIn('not valid for pod one', self.refused('logs', 'one', '-c', 'other'))

    def test_the_token_is_as_good_as_the_certificate(self):
        self.assertIn(self.namespace, self.kubectl('--user', 'sluice-token', 'get', 'namespaces', scoped=False))


def main():
    if len(sys.argv) != 3 or sys.argv[2] not in ('oldest', 'newest'):
        sys.exit(__doc__)
    found = find_kubectl(sys.argv[2])
    if not found or not os.access(sys.argv[1], os.X_OK):
        print('skipped: no kubectl, or nothing that serves' if sys.argv[2] == 'newest' else 'skipped: no second kubectl')
        sys.exit(77)
    (Kubectl.version, Kubectl.program), Kubectl.serve = found, sys.argv[1]
    print(f'{Kubectl.program}: {Kubectl.version[0]}.{Kubectl.version[1]}')
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == '__main__':
    main()
