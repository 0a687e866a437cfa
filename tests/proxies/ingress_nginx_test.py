#!/usr/bin/python3
"""What the Ingresses of a Rollout ask for under a release, seen by real requests through an nginx: shares, and the way back."""
from ingress_to_nginx import PREFIX
from nginx import Nginx, find_nginx
from shares import HOST, BehindAProxy, between_services

from cluster import find_kubectl, main


def ingress(name, host):
    path = {'path': '/', 'pathType': 'Prefix', 'backend': {'service': {'name': 'shop-stable', 'port': {'name': 'http'}}}}
    return {'apiVersion': 'networking.k8s.io/v1', 'kind': 'Ingress', 'metadata': {'name': name, 'annotations': {PREFIX + 'proxy-body-size': '8m'}},
            'spec': {'ingressClassName': 'nginx', 'rules': [{'host': host, 'http': {'paths': [path]}}]}}


def one(steps, **routing):
    return [ingress('shop', HOST), *between_services(steps, nginx={'stableIngress': 'shop'}, **routing)]


def two(steps, **routing):
    """The same shop under two hosts, each with an Ingress of its own."""
    return [ingress('inside', 'inside.local'), ingress('shop', HOST),
            *between_services(steps, nginx={'stableIngresses': ['inside', 'shop']}, **routing)]


class BehindNginx(BehindAProxy):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.proxy = Nginx(self.cluster)
        self.addCleanup(self.proxy.stop)

    def test_requests_see_the_weights(self):
        self.check_shares(two)

    def test_no_request_is_lost_in_a_thousand_changes(self):
        self.check_many_changes(one)

    def test_no_request_is_lost_and_none_reaches_what_is_aborted(self):
        self.check_abort(two)


if __name__ == '__main__':
    find_kubectl()
    find_nginx()
    main()
