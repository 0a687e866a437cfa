#!/usr/bin/python3
"""What the HTTPRoute of a Rollout asks for under a release, seen by real requests through the local gateway's HAProxy and through an Envoy."""
import unittest

from envoy import NO_ENVOY, Envoy, find_envoy
from http_route_to_envoy import translate
from shares import HOST, BehindAProxy, between_services

from cluster import eventually, find_kubectl, main

KINDS = ('httproutes', 'services', 'pods')


def arrange(steps, **routing):
    split = [{'name': 'shop-stable', 'port': 80, 'weight': 100}, {'name': 'shop-canary', 'port': 80, 'weight': 0}]
    route = {'apiVersion': 'gateway.networking.k8s.io/v1', 'kind': 'HTTPRoute', 'metadata': {'name': 'shop'},
             'spec': {'parentRefs': [{'name': 'sluice'}], 'hostnames': [HOST], 'rules': [{'backendRefs': split}]}}
    return [route, *between_services(steps, gatewayAPI={'httpRoute': 'shop'}, **routing)]


class LocalGateway:
    """The HAProxy of the local cluster, as a proxy among others."""

    def __init__(self, cluster):
        self.cluster, self.gateway, self.folder = cluster, cluster.gateway, cluster.folder

    def route(self):
        return self.cluster.get('httproute', 'shop')

    def weights(self):
        """Of the last rule, once HAProxy has taken it up; None before."""
        route = self.route()
        parents = route.get('status', {}).get('parents', [])
        taken = [each['observedGeneration'] for parent in parents for each in parent['conditions'] if each['status'] == 'True']
        current = taken and min(taken) == route['metadata']['generation']
        return [to['weight'] for to in route['spec']['rules'][-1]['backendRefs']] if current else None

    def times_configured(self):
        """Each change is taken up before the step is over."""
        return self.route()['metadata']['generation']


class Routes:
    def test_requests_see_the_weights(self):
        self.check_shares(arrange)

    def test_no_request_is_lost_and_none_reaches_what_is_aborted(self):
        self.check_abort(arrange)

    def test_who_bears_the_headers_reaches_the_canary_alone(self):
        match = [{'headerName': 'X-Team', 'headerValue': {'exact': 'shop'}}, {'headerName': 'X-Beta', 'headerValue': {'prefix': 'y'}}]
        steps = [{'setCanaryScale': {'replicas': 1}}, {'setHeaderRoute': {'name': 'team', 'match': match}}, {'pause': {}}]
        self.deploy(arrange(steps, managedRoutes=[{'name': 'team'}]))
        self.release('v2')
        eventually(lambda: self.ask(X_Team='shop', X_Beta='yes') == (200, 'v2'), 'the canary for who bears the headers')
        for headers, revision in (({'X_Team': 'shop', 'X_Beta': 'y'}, 'v2'), ({'X_Team': 'shop'}, 'v1'), ({'X_Beta': 'yes'}, 'v1'), ({}, 'v1')):
            self.assertEqual({self.ask(**headers) for _ in range(50)}, {(200, revision)}, headers)
        self.cluster.sluice('abort', 'shop')
        eventually(lambda: self.ask(X_Team='shop', X_Beta='yes') == (200, 'v1'), 'the stable revision for everybody')


class ThroughHaproxy(Routes, BehindAProxy):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.proxy = LocalGateway(self.cluster)

    def test_no_request_is_lost_in_a_thousand_changes(self):
        self.check_many_changes(arrange)


@unittest.skipUnless(find_envoy(), NO_ENVOY)
class ThroughEnvoy(Routes, BehindAProxy):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.proxy = Envoy(self.cluster, KINDS, translate)
        self.addCleanup(self.proxy.stop)


if __name__ == '__main__':
    find_kubectl()
    main()
