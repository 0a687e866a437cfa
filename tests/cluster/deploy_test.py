#!/usr/bin/python3
"""What can be said of deploy/ and the Dockerfile without a cluster and without containers: they name what is there, and one another."""
import os
import re
import subprocess
import sys
import unittest

import yaml

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TESTS, 'e2e'))
from cluster import SLUICE, SOURCE, skip  # noqa: E402  (a sibling folder, not a package)

USAGE_ERROR = 2


def read(*path):
    with open(os.path.join(SOURCE, *path), encoding='utf-8') as file:
        return file.read()


def manifests(name):
    return list(yaml.safe_load_all(read('deploy', name)))


def one(documents, kind):
    return next(each for each in documents if each['kind'] == kind)


def rules(documents):
    return [rule for each in documents if each['kind'] in ('ClusterRole', 'Role') for rule in each['rules']]


def told_by(line):
    """(verb, resource) of a row of the table of rights. Behind a colon stands which objects of the resource are meant."""
    verbs, resources = line.strip().strip('|').split('|')[:2]
    names = re.findall(r'`([^`]+)`', resources.partition(':')[0])
    return {(verb.strip(), name) for verb in verbs.split(',') for name in names}


class Manifests(unittest.TestCase):
    def test_the_namespaced_variant_is_made_of_the_other(self):
        subprocess.run([os.path.join(SOURCE, 'tools', 'namespace-install'), '--check'], check=True)

    def test_the_namespaced_variant_names_no_namespace_and_nothing_cluster_wide(self):
        for each in manifests('namespace-install.yaml'):
            self.assertNotIn('namespace', each['metadata'])
            self.assertIn(each['kind'], ('ServiceAccount', 'Role', 'RoleBinding', 'Deployment', 'Service'))

    def test_the_page_explains_each_right_and_no_other(self):
        table = re.search(r'\| rights \| on \| for \|\n\|[-|]+\|\n(.*?)\n\n', read('docs', 'controller.md'), re.DOTALL)[1]
        told = set().union(*map(told_by, table.splitlines()))
        given = {(verb, name) for rule in rules(manifests('install.yaml')) for verb in rule['verbs'] for name in rule['resources']}
        self.assertEqual(told, given)

    def test_the_program_knows_its_flags(self):
        for name in ('install.yaml', 'namespace-install.yaml'):
            container = one(manifests(name), 'Deployment')['spec']['template']['spec']['containers'][0]
            done = subprocess.run([SLUICE, *container['args'], '--kubeconfig', '/nowhere'], capture_output=True, text=True, check=False)
            self.assertNotIn(done.returncode, (0, USAGE_ERROR), done.stderr)
            self.assertIn('/nowhere', done.stderr)
            ports = {each['containerPort'] for each in container['ports']}
            self.assertEqual(ports, {int(arg.split('=')[1]) for arg in container['args'] if '-port=' in arg})

    def test_the_image_is_of_this_version(self):
        version = re.search(r'project\(sluice VERSION (\S+)', read('CMakeLists.txt'))[1]
        image = one(manifests('install.yaml'), 'Deployment')['spec']['template']['spec']['containers'][0]['image']
        self.assertEqual(image, 'sluice:' + version)
        self.assertIn(image, read('Dockerfile'))

    def test_the_election_may_write_the_lease_that_the_controller_takes(self):
        named = {rule['resourceNames'][0] for rule in rules(manifests('install.yaml'))
                 if 'leases' in rule['resources'] and 'resourceNames' in rule}
        constants = set(re.findall(r'LeaseName = "(.*)"', read('cli', 'run', 'election_flags.cc')))
        self.assertEqual(named, constants)


class Dockerfile(unittest.TestCase):
    def setUp(self):
        text = read('Dockerfile').replace('\\\n', ' ')
        self.steps = [line.split(None, 1) for line in text.splitlines() if line and not line.startswith('#')]

    def all(self, word):
        return [rest for step, rest in self.steps if step == word]

    def test_what_is_copied_is_there(self):
        for rest in self.all('COPY'):
            if not rest.startswith('--from'):
                self.assertTrue(os.path.exists(os.path.join(SOURCE, rest.split()[0])), rest)

    def test_what_is_run_can_be_parsed_and_names_what_is_there(self):
        for rest in self.all('RUN'):
            subprocess.run(['bash', '-n', '-c', rest], check=True)
        runs = ' '.join(self.all('RUN'))
        self.assertIn('tools/setup image', runs)
        self.assertIn('  image)', read('tools', 'setup'))
        self.assertRegex(read('CMakePresets.json'), '"name": "release"')
        self.assertIn('option(SLUICE_LOCAL', read('CMakeLists.txt'))

    def test_the_program_is_started_from_where_it_was_put_and_not_as_root(self):
        target = next(rest for rest in self.all('COPY') if rest.startswith('--from=build')).split()
        self.assertEqual(target[1], '/source/build/release/sluice')
        self.assertEqual(self.all('ENTRYPOINT'), [f'["{target[2]}"]'])
        pod = one(manifests('install.yaml'), 'Deployment')['spec']['template']['spec']['securityContext']
        self.assertEqual(self.all('USER'), [f'{pod["runAsUser"]}:{pod["runAsGroup"]}'])

    def test_the_libraries_of_the_program_are_installed(self):
        linked = subprocess.run(['ldd', SLUICE], capture_output=True, text=True, check=True).stdout
        installed = next(rest for rest in self.all('RUN') if 'libssl3' in rest).split()
        # Every Debian has the first two; SQLite is the local cluster's, which the image is built without.
        everywhere = {'libc6', 'libgcc-s1', 'libstdc++6', 'libsqlite3-0'}
        for path in re.findall(r'=> (/\S+)', linked):
            owner = subprocess.run(['dpkg', '-S', os.path.realpath(path)], capture_output=True, text=True, check=False).stdout
            package = owner.split(':')[0]
            self.assertTrue(not package or package in everywhere | set(installed), f'{path} is of {package}')


if __name__ == '__main__':
    if not os.access(SLUICE, os.X_OK):
        skip('there is no sluice')
    unittest.main(verbosity=2)
