"""What a mesh makes of VirtualServices, DestinationRules, Services and pods, as configuration of an Envoy: pure, values in, values out.

A small independent reading of Istio's API, to see with real requests what its objects ask for. Only what the tests use is understood;
anything else in a VirtualService is an error, never passed over.
"""
import hashlib
import typing

TYPE = 'type.googleapis.com/envoy.config.'
# What a proxy of Istio does where a route says nothing of retries.
RETRIES = {'retry_on': 'connect-failure,refused-stream,unavailable,cancelled', 'num_retries': 2}
HASH_LENGTH = 16


class Config(typing.NamedTuple):
    routes: dict     # The RouteConfiguration.
    listeners: list  # Of the ports that TCP routes are about.
    clusters: list   # Of each Service, and of each subset of it.
    endpoints: dict  # ClusterLoadAssignment by name of the cluster.


class Destination(typing.NamedTuple):
    namespace: str
    service: str
    subset: str

    @property
    def cluster(self):
        return '|'.join(self)


def take(value, *known):
    """The fields of that name; others are an error."""
    unknown = set(value) - set(known)
    if unknown:
        raise ValueError(f'{sorted(unknown)} is not understood, only {known}')
    return [value.get(name) for name in known]


def key_of(item):
    return item['metadata']['namespace'], item['metadata']['name']


def destination(value, namespace):
    host, subset, _ = take(value, 'host', 'subset', 'port')
    name, _, rest = host.partition('.')
    return Destination(rest.split('.')[0] or namespace, name, subset or '')


def text_match(value):
    (kind, text), = value.items()
    return {'safe_regex': {'regex': text}} if kind == 'regex' else {kind: text}


def path_match(uri):
    (kind, text), = (uri or {'prefix': '/'}).items()
    return {'safe_regex': {'regex': text}} if kind == 'regex' else {'path' if kind == 'exact' else kind: text}


def route_match(value):
    uri, method, headers = take(value, 'uri', 'method', 'headers')
    wanted = {**({':method': method} if method else {}), **(headers or {})}
    named = [{'name': name, **({'string_match': text_match(text)} if text else {'present_match': True})} for name, text in wanted.items()]
    return {**path_match(uri), 'headers': named}


def action(route, namespace):
    _, _, targets, timeout, mirror, share, mirrors = take(route, 'name', 'match', 'route', 'timeout', 'mirror', 'mirrorPercentage', 'mirrors')
    # A destination without a weight has none, unless it is the only one.
    weights = [{'name': destination(to['destination'], namespace).cluster, 'weight': to.get('weight', 100 if len(targets) == 1 else 0)}
               for to in targets]
    copies = list(mirrors or []) + ([{'destination': mirror, 'percentage': share or {'value': 100}}] if mirror else [])
    return {'weighted_clusters': {'clusters': weights}, 'timeout': timeout or '0s', 'retry_policy': RETRIES,
            'request_mirror_policies': [mirror_policy(copy, namespace) for copy in copies]}


def mirror_policy(copy, namespace):
    to, share = take(copy, 'destination', 'percentage')
    millionths = round((share or {'value': 100})['value'] * 10_000)
    return {'cluster': destination(to, namespace).cluster,
            'runtime_fraction': {'default_value': {'numerator': millionths, 'denominator': 'MILLION'}}}


def tcp_listeners(item):
    """A connection goes to one destination for as long as it lasts. Envoy takes no weight of 0 here."""
    namespace, _ = key_of(item)
    for route in item['spec'].get('tcp', []):
        matches, targets = take(route, 'match', 'route')
        weights = [{'name': destination(to['destination'], namespace).cluster, 'weight': to['weight']} for to in targets if to.get('weight')]
        proxy = {'@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy', 'stat_prefix': 'tcp',
                 'weighted_clusters': {'clusters': weights}}
        for match in matches:
            port, = take(match, 'port')
            yield {'@type': TYPE + 'listener.v3.Listener', 'name': f'tcp-{port}',
                   'address': {'socket_address': {'address': '127.0.0.1', 'port_value': port}},
                   'filter_chains': [{'filters': [{'name': 'tcp', 'typed_config': proxy}]}]}


def virtual_host(item):
    namespace, name = key_of(item)
    hosts, http, _, _ = take(item['spec'], 'hosts', 'http', 'tcp', 'gateways')
    routes = [{'match': route_match(match), 'route': action(route, namespace)}
              for route in http or [] for match in route.get('match') or [{}]]
    return {'name': f'{namespace}/{name}', 'domains': [form for host in hosts for form in (host, host + ':*')], 'routes': routes}


def selects(labels, pod):
    has = pod['metadata'].get('labels', {})
    return bool(labels) and all(has.get(name) == value for name, value in labels.items())


def is_ready(pod):
    conditions = {each['type']: each['status'] for each in pod.get('status', {}).get('conditions', [])}
    return conditions.get('Ready') == 'True' and 'deletionTimestamp' not in pod['metadata']


def target_port(service, pod):
    wanted = service['spec']['ports'][0]['targetPort']
    ports = [port for container in pod['spec']['containers'] for port in container.get('ports', [])]
    return next((port['containerPort'] for port in ports if port.get('name') == wanted), wanted)


def load_assignment(name, service, labels, pods):
    """`labels`: those of the subset, beside the selector of the Service."""
    wanted = {**service['spec'].get('selector', {}), **labels}
    chosen = [pod for pod in pods if pod['metadata']['namespace'] == service['metadata']['namespace'] and is_ready(pod) and selects(wanted, pod)]
    addresses = [{'address': pod['status']['podIP'], 'port_value': target_port(service, pod)} for pod in chosen]
    return {'@type': TYPE + 'endpoint.v3.ClusterLoadAssignment', 'cluster_name': name,
            'endpoints': [{'lb_endpoints': [{'endpoint': {'address': {'socket_address': each}}} for each in addresses]}]}


def subsets_of(rules):
    """(destination, labels) of each subset."""
    for rule in rules:
        to = destination({'host': rule['spec']['host']}, rule['metadata']['namespace'])
        for subset in rule['spec'].get('subsets', []):
            yield to._replace(subset=subset['name']), subset.get('labels', {})


def endpoints_file(cluster):
    """A name that any file may have."""
    return hashlib.sha256(cluster.encode()).hexdigest()[:HASH_LENGTH] + '.json'


def cluster_of(name, folder):
    return {'@type': TYPE + 'cluster.v3.Cluster', 'name': name, 'type': 'EDS', 'connect_timeout': '1s',
            'eds_cluster_config': {'eds_config': from_file(f'{folder}/{endpoints_file(name)}')}}


def from_file(path):
    return {'resource_api_version': 'V3', 'path_config_source': {'path': path}}


def translate(virtual_services, rules, services, pods, folder):
    """`folder`: where the files with the endpoints are."""
    by_key = {key_of(service): service for service in services if service['spec'].get('selector')}
    wanted = [(Destination(*key, ''), {}) for key in by_key] + [each for each in subsets_of(rules) if each[0][:2] in by_key]
    endpoints = {to.cluster: load_assignment(to.cluster, by_key[to[:2]], labels, pods) for to, labels in wanted}
    routes = {'@type': TYPE + 'route.v3.RouteConfiguration', 'name': 'mesh', 'validate_clusters': False,
              'virtual_hosts': [virtual_host(item) for item in virtual_services]}
    listeners = [listener for item in virtual_services for listener in tcp_listeners(item)]
    return Config(routes, listeners, [cluster_of(name, folder) for name in endpoints], endpoints)
