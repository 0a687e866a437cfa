#!/usr/bin/python3
"""200 Rollouts and one HTTPRoute: half of them rewrite it all the time, half wait for it. Health is answered, SIGTERM heeded."""
import json
import os
import re
import statistics
import threading
import time
from collections import Counter

from cluster import ClusterTest, eventually, main, request

WRITERS = 100  # a route has room for 16 rules of 16 backends: 128 pairs
WAITING = 100
PAIRS_PER_RULE = 8
# Each update writes to the route so often, and nobody has a fifth of them before everybody had a first turn: that is fair on however slow a machine.
# One or two turns ahead are usual.
TURNS_EACH = 30
PATIENCE = 600  # seconds
PROBE_EVERY = 0.05  # seconds

# What a person would call at once, with room for a machine that is busy with other tests.
USUALLY_WITHIN = 0.1  # seconds
HEALTHY_WITHIN = 0.75  # seconds
WRITES_A_SECOND = 1  # at least
ENDS_WITHIN = 5.0  # seconds


def rollout(name, image, replicas):
    steps = [step for _ in range(TURNS_EACH // 2) for step in ({'setWeight': 50}, {'pause': {'duration': 1}}, {'setWeight': 10})]
    return {
        'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': name},
        'spec': {'replicas': replicas, 'selector': {'matchLabels': {'app': name}},
                 'template': {'metadata': {'labels': {'app': name}}, 'spec': {'containers': [{'name': 'nap', 'image': image}]}},
                 'strategy': {'canary': {'stableService': f'{name}-stable', 'canaryService': f'{name}-canary', 'steps': steps,
                                         'trafficRouting': {'plugins': {'argoproj-labs/gatewayAPI': {'httpRoute': 'shared'}}}}}}}


def service(name, app):
    return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': name},
            'spec': {'selector': {'app': app}, 'ports': [{'port': 80}]}}


def shared_route(names):
    def rule(part):
        backends = [{'name': f'{name}-{side}', 'port': 80} for name in part for side in ('stable', 'canary')]
        return {'matches': [{'path': {'type': 'PathPrefix', 'value': f'/{part[0]}'}}], 'backendRefs': backends}
    rules = [rule(names[i:i + PAIRS_PER_RULE]) for i in range(0, len(names), PAIRS_PER_RULE)]
    return {'apiVersion': 'gateway.networking.k8s.io/v1', 'kind': 'HTTPRoute', 'metadata': {'name': 'shared'},
            'spec': {'parentRefs': [{'name': 'sluice'}], 'rules': rules}}


def manifests(items):
    return json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': items})


class Probes(threading.Thread):
    """Asks /healthz again and again; keeps how long each answer took."""

    def __init__(self, url):
        super().__init__(daemon=True)
        self.url = url
        self.ended = threading.Event()
        self.seconds = []

    def run(self):
        while not self.ended.wait(PROBE_EVERY):
            began = time.monotonic()
            status, _ = request(self.url + '/healthz')
            self.seconds.append(time.monotonic() - began if status == 200 else float('inf'))

    def end(self):
        self.ended.set()
        self.join()


class Fight(ClusterTest):
    def make_images(self, cluster):
        for version in ('v1', 'v2'):
            folder = os.path.join(cluster.folder, 'images', 'nap', version)
            os.makedirs(folder)
            with open(os.path.join(folder, 'image.json'), 'w', encoding='utf-8') as file:
                json.dump({'entrypoint': ['/bin/sleep', 'infinity'], 'env': {'VERSION': version}}, file)

    def test_who_fights_over_a_route_starves_nobody(self):
        cluster = self.make_cluster()
        self.make_images(cluster)
        cluster.up('--images', os.path.join(cluster.folder, 'images'))
        writers = [f'w{i}' for i in range(WRITERS)]
        waiting = [f'i{i}' for i in range(WAITING)]
        services = [service(f'{name}-{side}', name) for name in writers + waiting for side in ('stable', 'canary')]
        cluster.apply(manifests([shared_route(writers)] + services))
        cluster.apply(manifests([rollout(name, 'nap:v1', 1) for name in writers] + [rollout(name, 'nap:v1', 0) for name in waiting]))
        eventually(lambda: self.count(cluster, writers, lambda status: status.get('phase') == 'Healthy') == WRITERS, 'all deployed', PATIENCE)

        # All have what it takes before the route is there: then the fight begins for all at once.
        cluster.kubectl('delete', 'httproute', 'shared')
        cluster.apply(manifests([rollout(name, 'nap:v2', 1) for name in writers]))
        eventually(lambda: self.count(cluster, writers, lambda status: status.get('availableReplicas') == 2) == WRITERS, 'all have a new pod', PATIENCE)
        probes = Probes(cluster.controller)
        probes.start()
        began, before = time.monotonic(), len(self.turns(cluster))
        cluster.apply(manifests([shared_route(writers)]))
        eventually(lambda: len(self.first_turns(cluster)) == WRITERS, 'nobody is left behind', PATIENCE)
        probes.end()
        self.assertGreater(len(self.turns(cluster)) - before, (time.monotonic() - began) * WRITES_A_SECOND)
        self.check_order(cluster)
        took = sorted(probes.seconds)
        print(f'{len(took)} probes: median {statistics.median(took) * 1000:.1f} ms, longest {took[-1] * 1000:.1f} ms; '
              f'{cluster.get("httproute", "shared")["metadata"]["generation"]} writes to the route')
        self.assertLess(statistics.median(took), USUALLY_WITHIN)
        self.assertLess(took[-1], HEALTHY_WITHIN)
        turns = [line for line in request(cluster.controller + '/metrics')[1].splitlines() if line.startswith('sluice_loop_')]
        print(*turns, sep='; ')

        began = time.monotonic()
        self.assertEqual(cluster.service.end(), 0)
        took = time.monotonic() - began
        print(f'ended {took:.1f} s after SIGTERM')
        self.assertLess(took, ENDS_WITHIN)

    @staticmethod
    def turns(cluster):
        """(who, weight) of each write to the route, in their order."""
        with open(cluster.log, encoding='utf-8') as log:
            return re.findall(r'routes written rollout=default/(w\d+) canary=(\d+)', log.read())

    def first_turns(self, cluster):
        """Where in that order each writer has raised its weight for the first time."""
        found = {}
        for place, (name, weight) in enumerate(self.turns(cluster)):
            if weight == '50':
                found.setdefault(name, place)
        return found

    def check_order(self, cluster):
        first = self.first_turns(cluster).values()
        (name, most), = Counter(who for who, _ in self.turns(cluster)[min(first):max(first)]).most_common(1)
        print(f'{name} wrote {most} times before the last one had its first turn')
        self.assertLess(most, TURNS_EACH / 5)

    @staticmethod
    def count(cluster, names, condition):
        return sum(1 for each in cluster.list('rollouts') if each['metadata']['name'] in names and condition(each.get('status', {})))


if __name__ == '__main__':
    main()
