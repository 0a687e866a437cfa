"""What a mesh makes of VirtualServices, DestinationRules, Services and pods, as configuration of an Envoy: pure, values in, values out.

A small independent reading of Istio's API, to see with real requests what its objects ask for. Only what the tests use is understood;
anything else in a VirtualService is an error, never passed over.
"""
import typing

from envoy_config import EnvoyConfig, cluster, load_assignment, tcp_listener
from objects import key_of, take

# What a proxy of Istio does where a route says nothing of retries.
RETRIES = {'retry_on': 'connect-failure,refused-stream,unavailable,cancelled', 'num_retries': 2}


class Destination(typing.NamedTuple):
    namespace: str
    service: str
    subset: str

    @property
    def cluster(self):
        return '|'.join(self)


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
    namespace, _ = key_of(item)
    for route in item['spec'].get('tcp', []):
        matches, targets = take(route, 'match', 'route')
        weights = {destination(to['destination'], namespace).cluster: to.get('weight', 0) for to in targets}
        for match in matches:
            port, = take(match, 'port')
            yield tcp_listener(port, weights)


def virtual_host(item):
    namespace, name = key_of(item)
    hosts, http, _, _ = take(item['spec'], 'hosts', 'http', 'tcp', 'gateways')
    routes = [{'match': route_match(match), 'route': action(route, namespace)}
              for route in http or [] for match in route.get('match') or [{}]]
    return {'name': f'{namespace}/{name}', 'domains': [form for host in hosts for form in (host, host + ':*')], 'routes': routes}


def subsets_of(rules):
    """(destination, labels) of each subset."""
    for rule in rules:
        to = destination({'host': rule['spec']['host']}, rule['metadata']['namespace'])
        for subset in rule['spec'].get('subsets', []):
            yield to._replace(subset=subset['name']), subset.get('labels', {})


def translate(virtual_services, rules, services, pods):
    by_key = {key_of(service): service for service in services if service['spec'].get('selector')}
    wanted = [(Destination(*key, ''), {}) for key in by_key] + [each for each in subsets_of(rules) if each[0][:2] in by_key]
    endpoints = {to.cluster: load_assignment(to.cluster, by_key[to[:2]], pods, labels) for to, labels in wanted}
    listeners = [listener for item in virtual_services for listener in tcp_listeners(item)]
    return EnvoyConfig([virtual_host(item) for item in virtual_services], listeners, [cluster(name) for name in endpoints], endpoints)
