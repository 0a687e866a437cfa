#!/usr/bin/python3
"""What Istio's objects ask for under a release, seen by real requests through an Envoy: shares, header and mirror routes, and the way back."""
import os
import re
import socket

from envoy import NO_ENVOY, Envoy, find_envoy
from istio_to_envoy import translate
from shares import CRDS, HOST, TOTAL, UNLIKELY, BehindAProxy, Clients, between_services, rollout, service, tail

from cluster import eventually, find_kubectl, main, request, skip

KINDS = ('virtualservices.networking.istio.io', 'destinationrules.networking.istio.io', 'services', 'pods')


def virtual_service(stable, canary):
    """`stable`, `canary`: destinations."""
    split = [{'destination': stable, 'weight': 100}, {'destination': canary, 'weight': 0}]
    return {'apiVersion': 'networking.istio.io/v1', 'kind': 'VirtualService', 'metadata': {'name': 'shop'},
            'spec': {'hosts': [HOST], 'http': [{'name': 'primary', 'route': split}]}}


def hosts(steps, **routing):
    """A shop split between two Services."""
    istio = {'virtualService': {'name': 'shop', 'routes': ['primary']}}
    return [virtual_service({'host': 'shop-stable'}, {'host': 'shop-canary'}), *between_services(steps, istio=istio, **routing)]


def subsets(steps, **routing):
    """A shop split between two subsets of one Service."""
    istio = {'virtualService': {'name': 'shop'},
             'destinationRule': {'name': 'shop', 'stableSubsetName': 'stable', 'canarySubsetName': 'canary'}}
    rule = {'apiVersion': 'networking.istio.io/v1', 'kind': 'DestinationRule', 'metadata': {'name': 'shop'},
            'spec': {'host': 'shop', 'subsets': [{'name': name, 'labels': {'app': 'shop'}} for name in ('stable', 'canary')]}}
    return [service('shop'), rule, virtual_service({'host': 'shop', 'subset': 'stable'}, {'host': 'shop', 'subset': 'canary'}),
            rollout({'steps': steps, 'trafficRouting': {'istio': istio, **routing}})]


class InTheMesh(BehindAProxy):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.kubectl('apply', '-f', os.path.join(CRDS, 'istio.yaml'))
        self.cluster.kubectl('wait', '--for=condition=Established', 'crd', '--all')
        self.proxy = Envoy(self.cluster, KINDS, translate)
        self.addCleanup(self.proxy.stop)

    def test_requests_see_the_weights_of_subsets(self):
        self.check_shares(subsets)

    def test_no_request_is_lost_in_a_thousand_changes(self):
        self.check_many_changes(hosts)

    def test_connections_see_the_weights_of_a_tcp_route(self):
        with socket.socket() as free:
            free.bind(('127.0.0.1', 0))
            port = free.getsockname()[1]
        manifests = hosts([{'setWeight': 2500}, {'pause': {}}], maxTrafficWeight=TOTAL)
        http, = manifests[0]['spec'].pop('http')
        manifests[0]['spec']['tcp'] = [{'match': [{'port': port}], 'route': http['route']}]
        manifests[-1]['spec']['strategy']['canary']['trafficRouting']['istio'] = {'virtualService': {'name': 'shop', 'tcpRoutes': [{'port': port}]}}
        self.proxy.gateway = f'http://127.0.0.1:{port}'
        self.deploy(manifests)
        self.release('v2')
        eventually(lambda: set(self.proxy.tcp_weights().values()) == {2500, 7500}, 'a quarter for the canary')
        self.check_answers(Clients(self.proxy.gateway, 1000, anew=True).answers, 2500)
        self.cluster.sluice('abort', 'shop')
        eventually(lambda: set(self.proxy.tcp_weights().values()) == {TOTAL}, 'all connections back')
        self.assertEqual(set(Clients(self.proxy.gateway, 100, anew=True).answers), {(200, 'v1')})

    def test_no_request_is_lost_and_none_reaches_what_is_aborted(self):
        for arrange in (hosts, subsets):
            with self.subTest(arrange.__name__):
                self.check_abort(arrange)
                self.cluster.kubectl('delete', 'rollout,virtualservice,destinationrule', '--all')
                eventually(lambda: not self.cluster.list('pods'), 'the end of all pods')

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
        answers = Clients(self.proxy.gateway, count).answers
        self.assertEqual(set(answers), {(200, 'v1')})
        copies = int(self.answered('v2') - before)
        print(f'50% of {count} requests copied: {copies}')
        self.assertGreater(tail(copies, count, 0.5), UNLIKELY)


if __name__ == '__main__':
    find_kubectl()
    find_envoy() or skip(NO_ENVOY)
    main()
