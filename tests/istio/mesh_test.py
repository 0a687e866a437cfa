#!/usr/bin/python3
"""What Istio's objects ask for under a release, seen by real requests through an Envoy: shares, header and mirror routes, and the way back."""
import http.client
import json
import math
import re
import socket
import threading
import time
import urllib.parse

from mesh import CRDS, Mesh, find_envoy

from cluster import ClusterTest, Load, eventually, find_kubectl, main, request

HOST = 'shop.local'
TOTAL = 10_000
IN_FORCE = 1.0  # seconds from an abort to the last request of what is aborted
# How unlikely a share may be before it is taken for a wrong one: a right one fails once in a million runs.
UNLIKELY = 1e-6


def container(tag):
    return {'name': 'shop', 'image': f'shop:{tag}', 'ports': [{'name': 'http', 'containerPort': 8080}],
            'readinessProbe': {'httpGet': {'path': '/healthz', 'port': 'http'}, 'periodSeconds': 1}}


def service(name):
    return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': name},
            'spec': {'selector': {'app': 'shop'}, 'ports': [{'name': 'http', 'port': 80, 'targetPort': 'http'}]}}


def virtual_service(stable, canary):
    """`stable`, `canary`: destinations."""
    split = [{'destination': stable, 'weight': 100}, {'destination': canary, 'weight': 0}]
    return {'apiVersion': 'networking.istio.io/v1', 'kind': 'VirtualService', 'metadata': {'name': 'shop'},
            'spec': {'hosts': [HOST], 'http': [{'name': 'primary', 'route': split}]}}


def rollout(canary):
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': 'shop'},
            'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': 'shop'}}, 'strategy': {'canary': canary},
                     'template': {'metadata': {'labels': {'app': 'shop'}}, 'spec': {'containers': [container('v1')]}}}}


def hosts(steps, **routing):
    """A shop split between two Services."""
    istio = {'virtualService': {'name': 'shop', 'routes': ['primary']}}
    return [service('shop-stable'), service('shop-canary'), virtual_service({'host': 'shop-stable'}, {'host': 'shop-canary'}),
            rollout({'stableService': 'shop-stable', 'canaryService': 'shop-canary', 'steps': steps,
                     'trafficRouting': {'istio': istio, **routing}})]


def subsets(steps, **routing):
    """A shop split between two subsets of one Service."""
    istio = {'virtualService': {'name': 'shop'},
             'destinationRule': {'name': 'shop', 'stableSubsetName': 'stable', 'canarySubsetName': 'canary'}}
    rule = {'apiVersion': 'networking.istio.io/v1', 'kind': 'DestinationRule', 'metadata': {'name': 'shop'},
            'spec': {'host': 'shop', 'subsets': [{'name': name, 'labels': {'app': 'shop'}} for name in ('stable', 'canary')]}}
    return [service('shop'), rule, virtual_service({'host': 'shop', 'subset': 'stable'}, {'host': 'shop', 'subset': 'canary'}),
            rollout({'steps': steps, 'trafficRouting': {'istio': istio, **routing}})]


def tail(count, of, share):
    """How likely `count` of `of` or something further from the share is."""
    def at(k):
        return math.exp(math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) + k * math.log(share) + (of - k) * math.log1p(-share))
    beyond = range(count, of + 1) if count > of * share else range(count + 1)
    return 2 * sum(at(k) for k in beyond)


class Clients:
    """Send so many requests as fast as they are answered, from several connections; `answers` are (status, revision).

    `anew`: with a connection for each.
    """

    def __init__(self, url, count, connections=4, anew=False):
        self.address, self.answers, self.anew = urllib.parse.urlsplit(url).netloc, [], anew
        self.threads = [threading.Thread(target=self.send, args=(count // connections,)) for _ in range(connections)]
        for thread in self.threads:
            thread.start()
        for thread in self.threads:
            thread.join()

    def send(self, count):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        for _ in range(count):
            connection.request('GET', '/', headers={'Host': HOST})
            answer = connection.getresponse()
            self.answers.append((answer.status, answer.read().decode().split()[-1]))
            if self.anew:
                connection.close()
        connection.close()


def sent_since(load, start):
    with open(load.path, encoding='utf-8') as file:
        return sum(json.loads(line)['t'] > start for line in file if line.endswith('\n'))


class InTheMesh(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.kubectl('apply', '-f', CRDS)
        self.cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all')
        self.mesh = Mesh(self.cluster)
        self.addCleanup(self.mesh.stop)

    def deploy(self, manifests):
        self.cluster.apply(json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': manifests}))
        self.cluster.sluice('status', 'shop', '--timeout', '2m')
        eventually(lambda: self.ask() == (200, 'v1'), 'an answer of the first revision')

    def release(self, tag):
        self.cluster.sluice('set', 'image', 'shop', f'shop=shop:{tag}')
        self.cluster.wait_for_phase('Paused')

    def ask(self, path='/', method='GET', **headers):
        status, text = request(self.mesh.gateway + path, method, headers={'Host': HOST, **{name.replace('_', '-'): value for name, value in headers.items()}})
        return status, text.split()[-1] if status == 200 else text

    def check_share(self, weight, count):
        eventually(lambda: self.mesh.weights() == [TOTAL - weight, weight], f'the weight {weight}')
        self.check_answers(Clients(self.mesh.gateway, count).answers, weight)

    def check_answers(self, answers, weight):
        self.assertEqual({status for status, _ in answers}, {200})
        seen, share = sum(revision == 'v2' for _, revision in answers), weight / TOTAL
        print(f'{weight} of {TOTAL}: {seen} of {len(answers)} requests, {100 * seen / len(answers):.2f}%; as far off or further with p = '
              f'{min(1, tail(seen, len(answers), share)):.3f}')
        self.assertGreater(tail(seen, len(answers), share), UNLIKELY)

    def test_requests_see_the_weights_of_subsets(self):
        weights = [1, 100, 1000, 5000, 9990]
        steps = [step for weight in weights for step in ({'setWeight': weight}, {'pause': {}})]
        self.deploy(subsets([{'setCanaryScale': {'replicas': 2}}, *steps], maxTrafficWeight=TOTAL))
        self.release('v2')
        for index, weight in enumerate(weights):
            self.check_share(weight, 2000)
            pause = 2 * index + 2
            eventually(lambda at=pause: self.cluster.status()['currentStepIndex'] == at, f'step {pause}')
            # Within a second of the last one it is asked for by its step.
            self.cluster.sluice('promote', 'shop', '--step', str(pause))
        self.cluster.wait_for_phase('Healthy')
        eventually(lambda: {self.ask() for _ in range(20)} == {(200, 'v2')}, 'the new revision for everybody')

    def test_connections_see_the_weights_of_a_tcp_route(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        manifests = hosts([{'setWeight': 2500}, {'pause': {}}], maxTrafficWeight=TOTAL)
        http, = manifests[2]['spec'].pop('http')
        manifests[2]['spec']['tcp'] = [{'match': [{'port': port}], 'route': http['route']}]
        manifests[3]['spec']['strategy']['canary']['trafficRouting']['istio'] = {'virtualService': {'name': 'shop', 'tcpRoutes': [{'port': port}]}}
        self.mesh.gateway = f'http://127.0.0.1:{port}'
        self.deploy(manifests)
        self.release('v2')
        eventually(lambda: set(self.mesh.tcp_weights().values()) == {2500, 7500}, 'a quarter for the canary')
        self.check_answers(Clients(self.mesh.gateway, 1000, anew=True).answers, 2500)
        self.cluster.sluice('abort', 'shop')
        eventually(lambda: set(self.mesh.tcp_weights().values()) == {TOTAL}, 'all connections back')
        self.assertEqual(set(Clients(self.mesh.gateway, 100, anew=True).answers), {(200, 'v1')})

    def test_no_request_is_lost_and_none_reaches_what_is_aborted(self):
        steps = [step for weight in (10, 30, 50, 80) for step in ({'setWeight': weight}, {'pause': {'duration': '1s'}})] + [{'pause': {}}]
        for arrange in (hosts, subsets):
            with self.subTest(arrange.__name__):
                self.deploy(arrange(steps))
                load = Load(self.mesh, rate=200, host=HOST)
                self.addCleanup(load.stop)
                self.release('v2')
                eventually(lambda: self.mesh.weights() == [20, 80], 'four fifths for the canary')
                self.cluster.sluice('abort', 'shop')
                aborted = time.time()
                eventually(lambda: sent_since(load, aborted + IN_FORCE) > 200, 'requests after the abort')
                self.cluster.wait_for_phase('Degraded')
                load.stop()
                self.check_requests(load.requests(), aborted)
                self.cluster.kubectl('delete', 'rollout,virtualservice,destinationrule', '--all')
                eventually(lambda: not self.cluster.list('pods'), 'the end of all pods')

    def check_requests(self, requests, aborted):
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        last = max(line['t'] for line in requests if line['revision'] == 'v2')
        print(f'{len(requests)} requests, none failed; the last one of the aborted revision was sent {last - aborted:+.3f} s from when the abort was acknowledged')
        self.assertLess(last, aborted + IN_FORCE)

    def test_who_bears_the_header_reaches_the_canary_alone(self):
        match = [{'headerName': 'X-Team', 'headerValue': {'exact': 'shop'}}, {'headerName': 'X-Beta', 'headerValue': {'prefix': 'y'}}]
        steps = [{'setCanaryScale': {'replicas': 1}}, {'setHeaderRoute': {'name': 'team', 'match': match}}, {'pause': {}},
                 {'setHeaderRoute': {'name': 'team'}}, {'pause': {}}]
        self.deploy(hosts(steps, managedRoutes=[{'name': 'team'}]))
        self.release('v2')
        eventually(lambda: self.ask(X_Team='shop') == (200, 'v2'), 'the canary for who bears the header')
        for headers, revision in (({'X_Team': 'shop'}, 'v2'), ({'X_Beta': 'yes'}, 'v2'), ({'X_Team': 'shopping'}, 'v1'), ({}, 'v1')):
            self.assertEqual({self.ask(**headers) for _ in range(50)}, {(200, revision)}, headers)
        self.cluster.sluice('promote', 'shop')
        eventually(lambda: self.ask(X_Team='shop') == (200, 'v1'), 'the stable revision for everybody')

    def answered(self, tag):
        """The requests that the pods of a revision have answered, copies among them."""
        pods = [pod for pod in self.cluster.list('pods') if pod['spec']['containers'][0]['image'] == f'shop:{tag}']
        texts = [request(f'http://{pod["status"]["podIP"]}:8080/metrics')[1] for pod in pods]
        return sum(float(count) for text in texts for count in re.findall(r'^http_requests_total\{.*\} (\S+)$', text, re.MULTILINE))

    def test_a_mirror_copies_requests_and_its_answers_are_dropped(self):
        match = [{'method': {'exact': 'GET'}, 'path': {'prefix': '/'}}]
        steps = [{'setCanaryScale': {'replicas': 1}}, {'setMirrorRoute': {'name': 'shadow', 'percentage': 50, 'match': match}}, {'pause': {}}]
        self.deploy(subsets(steps, managedRoutes=[{'name': 'shadow'}]))
        self.release('v2')
        self.assertEqual({self.ask(method='POST') for _ in range(50)}, {(200, 'v1')})
        self.assertEqual(self.answered('v2'), 0)
        eventually(lambda: self.ask() and self.answered('v2') > 0, 'the first copy')
        count, before = 1000, self.answered('v2')
        answers = Clients(self.mesh.gateway, count).answers
        self.assertEqual(set(answers), {(200, 'v1')})
        copies = int(self.answered('v2') - before)
        print(f'50% of {count} requests copied: {copies}')
        self.assertGreater(tail(copies, count, 0.5), UNLIKELY)


if __name__ == '__main__':
    find_kubectl()
    find_envoy()
    main()
