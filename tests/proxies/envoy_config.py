"""Parts of an Envoy's configuration, which it reads from the files of one folder: pure, values in, values out."""
import hashlib
import typing

from objects import endpoints

TYPE = 'type.googleapis.com/envoy.config.'
FILTERS = 'type.googleapis.com/envoy.extensions.filters.'
HASH_LENGTH = 16
ANYWHERE = {'socket_address': {'address': '127.0.0.1', 'port_value': 0}}


class EnvoyConfig(typing.NamedTuple):
    virtual_hosts: list
    listeners: list  # Beside the one for HTTP.
    clusters: list
    endpoints: dict  # ClusterLoadAssignment by name of the cluster.


def endpoints_file(name):
    """Of a cluster: a name that any file may have."""
    return hashlib.sha256(name.encode()).hexdigest()[:HASH_LENGTH] + '.json'


def from_file(path):
    """As the working folder of Envoy has it."""
    return {'resource_api_version': 'V3', 'path_config_source': {'path': './' + path}}


def load_assignment(name, service, pods, labels=None):
    addresses = [{'address': address, 'port_value': port} for address, port in endpoints(service, pods, labels)]
    return {'@type': TYPE + 'endpoint.v3.ClusterLoadAssignment', 'cluster_name': name,
            'endpoints': [{'lb_endpoints': [{'endpoint': {'address': {'socket_address': each}}} for each in addresses]}]}


def cluster(name):
    return {'@type': TYPE + 'cluster.v3.Cluster', 'name': name, 'type': 'EDS', 'connect_timeout': '1s',
            'eds_cluster_config': {'eds_config': from_file(endpoints_file(name))}}


def tcp_listener(port, weights):
    """A connection goes to one cluster for as long as it lasts. Envoy takes no weight of 0 here."""
    targets = [{'name': name, 'weight': weight} for name, weight in weights.items() if weight]
    proxy = {'@type': FILTERS + 'network.tcp_proxy.v3.TcpProxy', 'stat_prefix': 'tcp', 'weighted_clusters': {'clusters': targets}}
    return {'@type': TYPE + 'listener.v3.Listener', 'name': f'tcp-{port}',
            'address': {'socket_address': {'address': '127.0.0.1', 'port_value': port}},
            'filter_chains': [{'filters': [{'name': 'tcp', 'typed_config': proxy}]}]}


def routes(virtual_hosts):
    return {'@type': TYPE + 'route.v3.RouteConfiguration', 'name': 'http', 'validate_clusters': False, 'virtual_hosts': virtual_hosts}


def bootstrap():
    manager = {'@type': FILTERS + 'network.http_connection_manager.v3.HttpConnectionManager', 'stat_prefix': 'http',
               'rds': {'route_config_name': 'http', 'config_source': from_file('routes.json')},
               'http_filters': [{'name': 'router', 'typed_config': {'@type': FILTERS + 'http.router.v3.Router'}}]}
    listener = {'name': 'http', 'address': ANYWHERE, 'filter_chains': [{'filters': [{'name': 'http', 'typed_config': manager}]}]}
    return {'node': {'id': 'test', 'cluster': 'test'}, 'admin': {'address': ANYWHERE}, 'static_resources': {'listeners': [listener]},
            'dynamic_resources': {'cds_config': from_file('clusters.json'), 'lds_config': from_file('listeners.json')}}
