"""What every data plane makes of Services and pods: pure, values in, values out."""


def key_of(item):
    return item['metadata']['namespace'], item['metadata']['name']


def take(value, *known):
    """The fields of that name; others are an error, never passed over."""
    unknown = set(value) - set(known)
    if unknown:
        raise ValueError(f'{sorted(unknown)} is not understood, only {known}')
    return [value.get(name) for name in known]


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


def endpoints(service, pods, labels=None):
    """(address, port) of the ready pods that it selects; `labels`: more of them, those of a subset."""
    wanted = {**service['spec'].get('selector', {}), **(labels or {})}
    chosen = [pod for pod in pods if pod['metadata']['namespace'] == service['metadata']['namespace'] and is_ready(pod) and selects(wanted, pod)]
    return [(pod['status']['podIP'], target_port(service, pod)) for pod in chosen]
