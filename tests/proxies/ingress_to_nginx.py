"""What ingress-nginx makes of Ingresses, Services and pods, as configuration of an nginx: pure, values in, values out.

A small independent reading of the API and of the annotations of a canary, to see with real requests what the objects ask for.
"""
from objects import endpoints, key_of

PREFIX = 'nginx.ingress.kubernetes.io/'
CONFIG_HOST = 'configuration'  # answers with what is in force: "stable weight,canary weight" of each path

CONFIG = '''daemon off;
master_process on;
worker_processes 1;
pid nginx.pid;
error_log error.log notice;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  # Weights come by a reload here, which ends kept connections; in ingress-nginx they do not.
  keepalive_timeout 0;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  {upstreams}
  {splits}
  server {{ listen {address} default_server; return 404; }}
  server {{ listen {address}; server_name {config_host}; location / {{ return 200 "{weights}"; }} }}
  {servers}
}}
'''


def is_canary(item):
    return item['metadata'].get('annotations', {}).get(PREFIX + 'canary') == 'true'


def paths_of(ingresses):
    """((namespace, host, path), Service) of each rule."""
    return [((item['metadata']['namespace'], rule.get('host', '_'), path['path']), path['backend']['service']['name'])
            for item in ingresses for rule in item['spec']['rules'] for path in rule['http']['paths']]


def weights_of(item):
    """(stable, canary) of what they add up to."""
    annotations = item['metadata']['annotations']
    weight, total = int(annotations.get(PREFIX + 'canary-weight', 0)), int(annotations.get(PREFIX + 'canary-weight-total', 100))
    return total - weight, weight


def upstream(name, addresses):
    """Where there is no pod the answer is 502, at once."""
    servers = [f'server {address}:{port};' for address, port in addresses] or ['server 127.0.0.1:1 down;']
    return f'upstream {name} {{ {" ".join(servers)} }}'


def split(variable, names, weights):
    """By a number that every request has anew. nginx takes hundredths of a percent, and no share of none."""
    shares = [f'{100 * weight / sum(weights):.2f}% {name};' for name, weight in zip(names, weights) if weight]
    return f'split_clients $request_id ${variable} {{ {" ".join(shares)} * {names[0]}; }}'


def translate(ingresses, services, pods, address):
    """The text of nginx.conf; `address`: where it listens."""
    by_key = {key_of(service): service for service in services}
    upstreams = {(place[0], service): f'{place[0]}_{service}' for place, service in paths_of(ingresses)}
    canaries = {place: (service, weights_of(item)) for item in filter(is_canary, ingresses)
                for place, service in paths_of([item])}
    splits, servers, weights = [], [], []
    for number, (place, stable) in enumerate(sorted(paths_of(item for item in ingresses if not is_canary(item)))):
        namespace, host, path = place
        canary, shares = canaries.get(place, (stable, (1, 0)))
        names = [upstreams[namespace, service] for service in (stable, canary)]
        splits.append(split(f'backend{number}', names, shares))
        servers.append(f'server {{ listen {address}; server_name {host}; location {path} {{ proxy_pass http://$backend{number}; }} }}')
        weights.append(','.join(map(str, shares)))
    lines = '\n  '.join
    return CONFIG.format(upstreams=lines(upstream(name, endpoints(by_key[key], pods) if key in by_key else []) for key, name in upstreams.items()),
                         splits=lines(splits), servers=lines(servers), weights=' '.join(weights), address=address, config_host=CONFIG_HOST)
