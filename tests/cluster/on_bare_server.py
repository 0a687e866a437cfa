"""Tests that share a bare API server: it is given by SERVE_PROGRAM, the first argument of each script.

With KUBEBUILDER_ASSETS the API server is a real one, with SLUICE_TEST_CLUSTER=1 the one of KUBECONFIG, otherwise the embedded one.
"""
import os
import sys
import time
import unittest

from bare_cluster import BareCluster
from cluster import SLUICE, ClusterTest, find_kubectl, skip

BEGAN = time.monotonic()


def say(what):
    """Where a run stands, for who waits for it."""
    print(f'[{time.monotonic() - BEGAN:5.0f} s] {what}', flush=True)


class OnBareServer(ClusterTest):
    """One server for all tests, since its start and the CRDs take longer than most of them."""

    serve_program = ''
    shared = None

    def setUp(self):
        if not OnBareServer.shared:
            OnBareServer.shared = BareCluster(self.serve_program)
            OnBareServer.shared.up().install()
            say('the API server is there')
        say(self.id())
        self.cluster = OnBareServer.shared
        self.addCleanup(self.cluster.clean)
        self.addCleanup(self.show_failure)
        self.seen = len(self.cluster.requests_of_controllers())

    def show_failure(self):
        if failure := self.failure():
            print(failure)
            self.cluster.show()

    def requests(self):
        return self.cluster.requests_of_controllers()[self.seen:]

    def check_rights(self):
        """The rights of deploy/ suffice: nothing was refused for want of one. A quota, or a namespace that goes, is "forbidden" too."""
        self.assertEqual([each for each in self.requests() if not each.by_right], [])
        for service in self.cluster.controllers:
            with open(service.log, encoding='utf-8') as log:
                self.assertNotIn('forbidden: User', log.read())

    @staticmethod
    def main():
        if len(sys.argv) < 2 or not all(os.access(program, os.X_OK) for program in (sys.argv[1], SLUICE)):
            skip('nothing that serves, or no sluice')
        find_kubectl()
        OnBareServer.serve_program = sys.argv[1]
        try:
            unittest.main(argv=[sys.argv[0], *sys.argv[2:]], verbosity=2)
        finally:
            if OnBareServer.shared:
                OnBareServer.shared.down()
                OnBareServer.shared.remove()
