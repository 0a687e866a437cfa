"""Real requests to a data plane, and whether they were shared out as the weights say."""
import http.client
import json
import math
import os
import threading
import time
import urllib.parse

from watch import TESTS

from cluster import ClusterTest, eventually, request

CRDS = os.path.join(TESTS, 'cluster', 'crds')
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


def rollout(canary):
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': 'shop'},
            'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': 'shop'}}, 'strategy': {'canary': canary},
                     'template': {'metadata': {'labels': {'app': 'shop'}}, 'spec': {'containers': [container('v1')]}}}}


def between_services(steps, **routing):
    """A shop split between two Services by the router of `routing`."""
    return [service('shop-stable'), service('shop-canary'),
            rollout({'stableService': 'shop-stable', 'canaryService': 'shop-canary', 'steps': steps, 'trafficRouting': routing})]


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


class BehindAProxy(ClusterTest):
    """`proxy` does what the objects of `cluster` ask for: it has a `gateway`, a `folder`, and weights() that it has taken up, the stable one first."""

    def deploy(self, manifests):
        self.cluster.apply(json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': manifests}))
        self.cluster.sluice('status', 'shop', '--timeout', '2m')
        eventually(lambda: self.ask() == (200, 'v1'), 'an answer of the first revision')

    def release(self, tag):
        self.cluster.sluice('set', 'image', 'shop', f'shop=shop:{tag}')
        self.cluster.wait_for_phase('Paused')

    def ask(self, path='/', method='GET', **headers):
        named = {name.replace('_', '-'): value for name, value in headers.items()}
        status, text = request(self.proxy.gateway + path, method, headers={'Host': HOST, **named})
        return status, text.split()[-1] if status == 200 else text

    def wait_for_weight(self, weight, total=TOTAL):
        eventually(lambda: self.proxy.weights() == [total - weight, weight], f'the weight {weight}')

    def check_answers(self, answers, weight):
        self.assertEqual({status for status, _ in answers}, {200})
        seen, share = sum(revision == 'v2' for _, revision in answers), weight / TOTAL
        print(f'{weight} of {TOTAL}: {seen} of {len(answers)} requests, {100 * seen / len(answers):.2f}%; as far off or further with p = '
              f'{min(1, tail(seen, len(answers), share)):.3f}')
        self.assertGreater(tail(seen, len(answers), share), UNLIKELY)

    def check_shares(self, arrange, weights=(1, 100, 1000, 5000, 9990), count=2000):
        """`arrange` makes the manifests of steps and of a total. A release through those weights to its end."""
        steps = [step for weight in weights for step in ({'setWeight': weight}, {'pause': {}})]
        self.deploy(arrange([{'setCanaryScale': {'replicas': 2}}, *steps], maxTrafficWeight=TOTAL))
        self.release('v2')
        for index, weight in enumerate(weights):
            self.wait_for_weight(weight)
            self.check_answers(Clients(self.proxy.gateway, count).answers, weight)
            pause = 2 * index + 2
            eventually(lambda at=pause: self.cluster.status()['currentStepIndex'] == at, f'step {pause}')
            # Within a second of the last one it is asked for by its step.
            self.cluster.sluice('promote', 'shop', '--step', str(pause))
        self.cluster.wait_for_phase('Healthy')
        eventually(lambda: {self.ask() for _ in range(20)} == {(200, 'v2')}, 'the new revision for everybody')

    def check_abort(self, arrange):
        """Under load, in the middle of a release: no request is lost, and none reaches what is aborted."""
        steps = [step for weight in (10, 30, 50, 80) for step in ({'setWeight': weight}, {'pause': {'duration': '1s'}})] + [{'pause': {}}]
        self.deploy(arrange(steps))
        load = self.start_load(self.proxy, rate=200)
        self.release('v2')
        self.wait_for_weight(80, total=100)
        self.cluster.sluice('abort', 'shop')
        aborted = time.time()
        eventually(lambda: sent_since(load, aborted + IN_FORCE) > 200, 'requests after the abort')
        self.cluster.wait_for_phase('Degraded')
        load.stop()
        requests = load.requests()
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        last = max(line['t'] for line in requests if line['revision'] == 'v2')
        print(f'{len(requests)} requests, none failed; the last one of the aborted revision was sent {last - aborted:+.3f} s from when the abort was acknowledged')
        self.assertLess(last, aborted + IN_FORCE)

    def check_many_changes(self, arrange, count=1000):
        """So many changes of the weight, one on the heels of the other, under load: no request is lost."""
        weights = [1 + (number * 7919) % (TOTAL - 1) for number in range(count)]  # all over the place
        self.deploy(arrange([{'setCanaryScale': {'replicas': 2}}, *({'setWeight': weight} for weight in weights), {'pause': {}}],
                            maxTrafficWeight=TOTAL))
        load, before = self.start_load(self.proxy, rate=200), self.proxy.times_configured()
        self.cluster.sluice('set', 'image', 'shop', 'shop=shop:v2')
        self.wait_for_weight(weights[-1])
        load.stop()
        requests = load.requests()
        failed = [line for line in requests if line['status'] != 200]
        print(f'{count} changes, of which the proxy took up {self.proxy.times_configured() - before}; {len(failed)} of {len(requests)} requests failed')
        self.assertEqual(failed, [])
        self.assertEqual({line['revision'] for line in requests}, {'v1', 'v2'})
