#!/usr/bin/python3
"""Ingresses in the local cluster: a canary that a person steers by annotations, and a gateway that hangs meanwhile."""
import json
import os
import signal
import time

from cluster import ClusterTest, all_pids, eventually, main, read_proc, request, working_folder

PREFIX = 'nginx.ingress.kubernetes.io/canary'
IN_FORCE = 1.0  # seconds from an acknowledged write to the last request under the old weight


def replica_set(name, tag):
    container = {'name': 'shop', 'image': f'shop:{tag}', 'ports': [{'name': 'http', 'containerPort': 8080}],
                 'readinessProbe': {'httpGet': {'path': '/healthz', 'port': 'http'}, 'periodSeconds': 1}}
    return {'apiVersion': 'apps/v1', 'kind': 'ReplicaSet', 'metadata': {'name': name},
            'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': name}},
                     'template': {'metadata': {'labels': {'app': name}}, 'spec': {'containers': [container]}}}}


def rollout():
    template = replica_set('shop', 'v1')['spec']['template']
    canary = {'stableService': 'shop-stable', 'canaryService': 'shop-canary', 'steps': [{'setWeight': 25}, {'pause': {}}],
              'trafficRouting': {'nginx': {'stableIngress': 'shop'}}}
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': 'shop'},
            'spec': {'replicas': 2, 'selector': {'matchLabels': {'app': 'shop'}}, 'template': template, 'strategy': {'canary': canary}}}


def service(name, app=None):
    return {'apiVersion': 'v1', 'kind': 'Service', 'metadata': {'name': name},
            'spec': {'selector': {'app': app or name}, 'ports': [{'name': 'http', 'port': 80, 'targetPort': 'http'}]}}


def ingress(name, backend, annotations=None):
    path = {'path': '/', 'pathType': 'Prefix', 'backend': {'service': {'name': backend, 'port': {'name': 'http'}}}}
    return {'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': {'name': name, 'annotations': annotations or {}},
            'spec': {'ingressClassName': 'nginx', 'rules': [{'host': 'shop.local', 'http': {'paths': [path]}}]}}


def manifests(*items):
    return json.dumps({'apiVersion': 'v1', 'kind': 'List', 'items': items})


class Ingresses(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()

    def serve_two_revisions(self):
        """shop:v1 behind the main Ingress, shop:v2 behind its canary, which gets nothing yet."""
        self.cluster.apply(manifests(
            replica_set('old', 'v1'), service('old'), ingress('shop', 'old'),
            replica_set('new', 'v2'), service('new'), ingress('shop-canary', 'new', {PREFIX: 'true', f'{PREFIX}-weight': '0'})))
        eventually(lambda: self.answered() == 'v1', 'an answer of the main Ingress')
        eventually(lambda: self.cluster.get('rs', 'new')['status'].get('readyReplicas') == 2, 'pods of the canary')

    def answered(self, headers=None):
        status, text = request(self.cluster.gateway + '/', headers={'Host': 'shop.local', **(headers or {})})
        return text.split()[-1] if status == 200 else status

    def annotate(self, **annotations):
        """Returns when the write was acknowledged."""
        words = [f'{PREFIX}-{key.replace("_", "-")}={value}' for key, value in annotations.items()]
        self.cluster.kubectl('annotate', 'ingress', 'shop-canary', '--overwrite', *words)
        return time.time()

    def test_a_canary_is_steered_by_annotations_without_a_lost_request(self):
        cluster = self.cluster
        self.serve_two_revisions()
        eventually(lambda: '127.0.0.1' in cluster.kubectl('get', 'ingress', 'shop').stdout, 'the address of the Ingress')
        load = self.start_load(cluster, rate=200)
        self.annotate(by_header='X-Canary')
        eventually(lambda: self.answered({'X-Canary': 'always'}) == 'v2', 'the canary for who asks for it')
        self.assertEqual({self.answered() for _ in range(50)}, {'v1'})
        for weight in (25, 50, 100):
            begun = self.annotate(weight=weight)
            eventually(lambda: self.sent_since(load, begun + IN_FORCE) > 300, f'requests under {weight}%')
            self.check_share(load, begun + IN_FORCE, weight / 100)
        begun = self.annotate(weight=0)
        eventually(lambda: self.sent_since(load, begun + IN_FORCE) > 300, 'requests under 0%')
        load.stop()
        requests = load.requests()
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        self.assertEqual({line['revision'] for line in requests if line['t'] > begun + IN_FORCE}, {'v1'})

    @staticmethod
    def lines(load):
        """What the clients have recorded so far."""
        with open(load.path, encoding='utf-8') as file:
            return [json.loads(line) for line in file if line.endswith('\n')]

    def sent_since(self, load, start):
        return sum(line['t'] > start for line in self.lines(load))

    def check_share(self, load, start, share):
        revisions = [line['revision'] for line in self.lines(load) if line['t'] > start and line['path'] == '/']
        # Six standard deviations of the binomial distribution.
        bound = 6 * (share * (1 - share) / len(revisions)) ** 0.5 + 1 / len(revisions)
        self.assertLess(abs(revisions.count('v2') / len(revisions) - share), bound)

    def test_a_rollout_is_split_by_its_ingress_and_an_abort_takes_all_back(self):
        cluster = self.cluster
        cluster.apply(manifests(service('shop-stable', 'shop'), service('shop-canary', 'shop'), ingress('shop', 'shop-stable'), rollout()))
        cluster.sluice('status', 'shop', '--timeout', '2m')
        eventually(lambda: self.answered() == 'v1', 'an answer of the first revision')
        load = self.start_load(cluster, rate=200)
        cluster.sluice('set', 'image', 'shop', 'shop=shop:v2')
        cluster.wait_for_phase('Paused')
        begun = time.time()
        canary = cluster.get('ingress', 'shop-shop-canary')
        self.assertEqual(canary['metadata']['annotations'][f'{PREFIX}-weight'], '25')
        eventually(lambda: self.sent_since(load, begun + IN_FORCE) > 400, 'requests under 25%')
        self.check_share(load, begun + IN_FORCE, 0.25)
        cluster.sluice('abort', 'shop')
        aborted = time.time()
        eventually(lambda: self.canary_weight() == '0', 'the weight 0 of the canary')
        begun = time.time()
        eventually(lambda: self.sent_since(load, begun + IN_FORCE) > 300, 'requests after the abort')
        load.stop()
        requests = load.requests()
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        self.assertEqual({line['revision'] for line in requests if line['t'] > begun + IN_FORCE}, {'v1'})
        last = max(line['t'] for line in requests if line['revision'] == 'v2')
        print(f'the last request of the aborted revision was sent {last - aborted:+.3f} s from the abort')

    def canary_weight(self):
        return self.cluster.get('ingress', 'shop-shop-canary')['metadata']['annotations'][f'{PREFIX}-weight']

    def test_a_missing_service_answers_503_and_is_told(self):
        cluster = self.cluster
        cluster.apply(manifests(ingress('shop', 'nowhere')))
        eventually(lambda: self.answered() == 503, 'the answer 503')
        eventually(lambda: 'Service default/nowhere does not exist' in cluster.kubectl('describe', 'ingress', 'shop').stdout, 'the event')
        cluster.apply(manifests(ingress('other', 'nowhere') | {'spec': ingress('other', 'nowhere')['spec'] | {'ingressClassName': 'alb'}}))
        eventually(lambda: 'not "alb"' in cluster.kubectl('describe', 'ingress', 'other').stdout, 'the event about the class')
        self.assertNotIn('127.0.0.1', cluster.kubectl('get', 'ingress', 'other').stdout)

    def test_a_gateway_that_hangs_is_started_anew(self):
        self.serve_two_revisions()
        folder = os.path.join(self.cluster.data, 'gateway')
        hung = next(pid for pid in all_pids() if working_folder(pid) == folder)
        os.kill(hung, signal.SIGSTOP)
        eventually(lambda: not read_proc(hung, 'cmdline'), 'the end of the HAProxy that hangs')
        eventually(self.answers, 'an answer of its successor')
        self.assertEqual({self.answered() for _ in range(20)}, {'v1'})

    def answers(self):
        try:
            return self.answered() == 'v1'
        except OSError:
            return False


if __name__ == '__main__':
    main()
