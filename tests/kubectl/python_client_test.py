#!/usr/bin/python3
"""The Python client of Kubernetes (Debian's python3-kubernetes) against the embedded API: python_client_test.py SERVE_PROGRAM

With KUBEBUILDER_ASSETS against a real API server instead.
"""
import json
import os
import shutil
import sys
import tempfile
import threading
import unittest

try:
    from kubernetes import client, config, dynamic, watch
except ImportError:
    print('skipped: python3-kubernetes is not installed')
    sys.exit(77)

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, 'tests', 'conformance'))
from test_server import start_server  # noqa: E402  (a sibling folder, not a package)

NAMESPACE, DEADLINE = 'default', 30
GROUP = 'python.example.com'
CRD = {'apiVersion': 'apiextensions.k8s.io/v1', 'kind': 'CustomResourceDefinition', 'metadata': {'name': f'kites.{GROUP}'},
       'spec': {'group': GROUP, 'scope': 'Namespaced', 'names': {'plural': 'kites', 'singular': 'kite', 'kind': 'Kite'},
                'versions': [{'name': 'v1', 'served': True, 'storage': True, 'subresources': {'status': {}}, 'schema': {'openAPIV3Schema': {
                    'type': 'object', 'properties': {'spec': {'type': 'object', 'properties': {'tail': {'type': 'integer'}}},
                                                     'status': {'type': 'object', 'x-kubernetes-preserve-unknown-fields': True}}}}}]}}


def config_map(name, **data):
    return client.V1ConfigMap(metadata=client.V1ObjectMeta(name=name, labels={'made': 'here'}), data=data)


class PythonClient:
    """What every login must be able to do; the subclasses log in."""

    def setUp(self):
        self.core = client.CoreV1Api(self.api)
        self.custom = client.CustomObjectsApi(self.api)
        self.addCleanup(self.core.delete_collection_namespaced_config_map, NAMESPACE)

    def test_create_read_patch_replace_delete(self):
        made = self.core.create_namespaced_config_map(NAMESPACE, config_map('a', k='1'))
        self.assertTrue(made.metadata.uid)
        patched = self.core.patch_namespaced_config_map('a', NAMESPACE, {'data': {'l': '2'}})
        self.assertEqual(patched.data, {'k': '1', 'l': '2'})
        patched.data = {'m': '3'}
        self.assertEqual(self.core.replace_namespaced_config_map('a', NAMESPACE, patched).data, {'m': '3'})
        with self.assertRaises(client.ApiException) as conflict:
            self.core.replace_namespaced_config_map('a', NAMESPACE, patched)
        self.assertEqual(conflict.exception.status, 409)
        self.core.delete_namespaced_config_map('a', NAMESPACE)
        with self.assertRaises(client.ApiException) as missing:
            self.core.read_namespaced_config_map('a', NAMESPACE)
        self.assertEqual(missing.exception.status, 404)

    def test_lists_select_and_page(self):
        for index in range(5):
            self.core.create_namespaced_config_map(NAMESPACE, config_map(f'c{index}', i=str(index)))
        names, token = [], None
        while True:
            page = self.core.list_namespaced_config_map(NAMESPACE, label_selector='made=here', limit=2, _continue=token)
            names += [item.metadata.name for item in page.items]
            token = page.metadata._continue
            if not token:
                break
        self.assertEqual(names, [f'c{index}' for index in range(5)])
        one = self.core.list_config_map_for_all_namespaces(field_selector='metadata.name=c3')
        self.assertEqual([item.metadata.name for item in one.items], ['c3'])

    def test_watch_sees_changes_in_order(self):
        version = self.core.list_namespaced_config_map(NAMESPACE).metadata.resource_version

        def change():
            self.core.create_namespaced_config_map(NAMESPACE, config_map('w', k='1'))
            self.core.patch_namespaced_config_map('w', NAMESPACE, {'data': {'k': '2'}})
            self.core.delete_namespaced_config_map('w', NAMESPACE)

        changer = threading.Timer(0.2, change)
        changer.start()
        seen, following = [], watch.Watch()
        for event in following.stream(self.core.list_namespaced_config_map, NAMESPACE, resource_version=version, timeout_seconds=DEADLINE):
            seen.append((event['type'], event['object'].metadata.name))
            if event['type'] == 'DELETED':
                following.stop()
        changer.join()
        self.assertEqual(seen, [('ADDED', 'w'), ('MODIFIED', 'w'), ('DELETED', 'w')])

    def test_watch_ends_at_its_timeout(self):
        self.core.create_namespaced_config_map(NAMESPACE, config_map('t'))
        events = list(watch.Watch().stream(self.core.list_namespaced_config_map, NAMESPACE, timeout_seconds=1, label_selector='made=here'))
        self.assertEqual([event['type'] for event in events], ['ADDED'])

    def test_watch_with_bookmarks_ends_with_one(self):
        if SERVER.real:
            self.skipTest('when a bookmark comes is up to the server: a real one sends none so soon')
        path = f'/api/v1/namespaces/{NAMESPACE}/configmaps'
        query = [('watch', 'true'), ('timeoutSeconds', '1'), ('allowWatchBookmarks', 'true')]
        answer = self.api.call_api(path, 'GET', query_params=query, auth_settings=['BearerToken'], response_type='str',
                                   _preload_content=False)[0]
        last = json.loads(answer.data.decode().splitlines()[-1])
        self.assertEqual(last['type'], 'BOOKMARK')
        self.assertEqual(set(last['object']), {'apiVersion', 'kind', 'metadata'})
        self.assertTrue(last['object']['metadata']['resourceVersion'])

    def test_custom_objects(self):
        body = {'apiVersion': f'{GROUP}/v1', 'kind': 'Kite', 'metadata': {'name': 'k'}, 'spec': {'tail': 3}}
        place = (GROUP, 'v1', NAMESPACE, 'kites')
        self.custom.create_namespaced_custom_object(*place, body)
        self.addCleanup(self.custom.delete_namespaced_custom_object, *place, 'k')
        kites = dynamic.DynamicClient(self.api).resources.get(api_version=f'{GROUP}/v1', kind='Kite')
        changed = kites.patch(namespace=NAMESPACE, name='k', body={'spec': {'tail': 4}}, content_type='application/merge-patch+json')
        self.assertEqual(changed.spec.tail, 4)
        changed = kites.patch(namespace=NAMESPACE, name='k', body=[{'op': 'replace', 'path': '/spec/tail', 'value': 5}],
                              content_type='application/json-patch+json')
        self.assertEqual(changed.metadata.generation, 3)
        listed = self.custom.list_namespaced_custom_object(*place)
        self.assertEqual([item['spec']['tail'] for item in listed['items']], [5])
        with self.assertRaises(client.ApiException) as refused:
            self.custom.create_namespaced_custom_object(*place, {**body, 'metadata': {'name': 'bad'}, 'spec': {'tail': 'long'}})
        self.assertEqual(refused.exception.status, 422)

    def test_pod_log(self):
        if SERVER.real:
            self.skipTest('no kubelet writes the log of a pod')
        container = client.V1Container(name='app', image='shop:v1')
        pod = client.V1Pod(metadata=client.V1ObjectMeta(generate_name='p-'), spec=client.V1PodSpec(containers=[container]))
        name = self.core.create_namespaced_pod(NAMESPACE, pod).metadata.name
        self.addCleanup(self.core.delete_namespaced_pod, name, NAMESPACE, grace_period_seconds=0)
        self.assertEqual(self.core.read_namespaced_pod_log(name, NAMESPACE), 'line 1\nline 2\nline 3\n')


class WithCertificate(PythonClient, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.api = config.new_client_from_config(config_file=SERVER.facts['kubeconfig'])


class WithToken(PythonClient, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        settings = client.Configuration()
        settings.host, settings.ssl_ca_cert = SERVER.facts['url'], SERVER.facts['ca']
        settings.api_key = {'authorization': 'Bearer ' + SERVER.facts['token']}
        cls.api = client.ApiClient(settings)


class Stranger(unittest.TestCase):
    def test_is_refused(self):
        settings = client.Configuration()
        settings.host, settings.ssl_ca_cert = SERVER.facts['url'], SERVER.facts['ca']
        for token, status in ((None, 403), ('Bearer wrong', 401)):
            settings.api_key = {'authorization': token} if token else {}
            with self.assertRaises(client.ApiException) as refused:
                client.CoreV1Api(client.ApiClient(settings)).list_namespace()
            self.assertEqual(refused.exception.status, status)


def main():
    global SERVER
    if len(sys.argv) != 2 or not os.access(sys.argv[1], os.X_OK):
        print('skipped: nothing that serves')
        sys.exit(77)
    folder = tempfile.mkdtemp()
    SERVER = start_server(sys.argv[1], folder)
    try:
        api = config.new_client_from_config(config_file=SERVER.facts['kubeconfig'])
        client.ApiextensionsV1Api(api).create_custom_resource_definition(CRD)
        done = unittest.main(argv=sys.argv[:1], verbosity=2, exit=False, warnings='ignore')
    finally:
        SERVER.stop()
        shutil.rmtree(folder)
    sys.exit(0 if done.result.wasSuccessful() else 1)


if __name__ == '__main__':
    main()
