"""What a gateway makes of HTTPRoutes, Services and pods, as configuration of an Envoy: pure, values in, values out.

A small independent reading of Gateway API. Only what the tests use is understood; anything else in a route is an error, never passed over.
"""
from envoy_config import EnvoyConfig, cluster, load_assignment
from objects import key_of, take

RETRIES = {'retry_on': 'connect-failure,refused-stream', 'num_retries': 2}
MATCH_KINDS = {'Exact': 'exact', 'PathPrefix': 'prefix', 'RegularExpression': 'safe_regex'}


def header_match(value):
    kind, name, text = take(value, 'type', 'name', 'value')
    how = MATCH_KINDS[kind or 'Exact']
    return {'name': name, 'string_match': {how: {'regex': text} if how == 'safe_regex' else text}}


def route_match(value):
    path, headers, method = take(value, 'path', 'headers', 'method')
    kind, text = take(path or {'type': 'PathPrefix', 'value': '/'}, 'type', 'value')
    how = {'exact': {'path': text}, 'safe_regex': {'safe_regex': {'regex': text}},
           # Of whole elements, which Envoy's own prefix is not.
           'prefix': {'prefix': '/'} if text == '/' else {'path_separated_prefix': text.rstrip('/')}}[MATCH_KINDS[kind]]
    wanted = [header_match(each) for each in headers or []]
    return {**how, 'headers': wanted + ([{'name': ':method', 'string_match': {'exact': method}}] if method else [])}


def service_of(reference, namespace):
    _, _, name, elsewhere, _, _ = take(reference, 'group', 'kind', 'name', 'namespace', 'port', 'weight')
    return f'{elsewhere or namespace}/{name}'


def mirror_policy(value, namespace):
    reference, percent, fraction = take(value, 'backendRef', 'percent', 'fraction')
    numerator, denominator = (fraction['numerator'], fraction.get('denominator', 100)) if fraction else (100 if percent is None else percent, 100)
    return {'cluster': service_of(reference, namespace),
            'runtime_fraction': {'default_value': {'numerator': round(1e6 * numerator / denominator), 'denominator': 'MILLION'}}}


def action(rule, namespace):
    _, _, targets, filters = take(rule, 'name', 'matches', 'backendRefs', 'filters')
    weights = [{'name': service_of(to, namespace), 'weight': to.get('weight', 1)} for to in targets]
    mirrors = []
    for each in filters or []:
        kind, mirror = take(each, 'type', 'requestMirror')
        assert kind == 'RequestMirror', kind
        mirrors.append(mirror_policy(mirror, namespace))
    return {'weighted_clusters': {'clusters': weights}, 'retry_policy': RETRIES, 'request_mirror_policies': mirrors}


def precedence(route):
    """The one with more headers is asked first, whatever the order of the rules."""
    return -len(route['match']['headers'])


def virtual_host(item):
    namespace, name = key_of(item)
    _, hosts, rules = take(item['spec'], 'parentRefs', 'hostnames', 'rules')
    routes = [{'match': route_match(match), 'route': action(rule, namespace)}
              for rule in rules for match in rule.get('matches') or [{}]]
    return {'name': f'{namespace}/{name}', 'domains': [form for host in hosts for form in (host, host + ':*')],
            'routes': sorted(routes, key=precedence)}


def translate(routes, services, pods):
    by_name = {'/'.join(key_of(service)): service for service in services if service['spec'].get('selector')}
    endpoints = {name: load_assignment(name, service, pods) for name, service in by_name.items()}
    return EnvoyConfig([virtual_host(item) for item in routes], [], [cluster(name) for name in endpoints], endpoints)
