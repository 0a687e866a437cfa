"""What deploy/namespace-install.yaml gives a team: a controller of its namespace, with the rights of that namespace and no others."""
import os

import yaml
from bare_cluster import NAMESPACE_INSTALL
from cluster import EXAMPLES, eventually, request

TEAM = 'team'


def shipped_flags():
    with open(NAMESPACE_INSTALL, encoding='utf-8') as file:
        deployment = next(each for each in yaml.safe_load_all(file) if each['kind'] == 'Deployment')
    _, *flags = deployment['spec']['template']['spec']['containers'][0]['args']
    # The tests of one machine share its ports.
    return [flag for flag in flags if not flag.endswith(('-port=8080', '-port=8090'))]


class NamespaceTests:
    """Mixed into a test of a bare server."""

    def test_a_team_releases_with_the_rights_of_its_namespace(self):
        cluster = self.cluster
        if not cluster.account:
            self.skipTest('the embedded server judges no rights')
        cluster.install_in(TEAM)
        self.addCleanup(cluster.kubectl, 'delete', 'namespace', TEAM, '--wait=false')
        # Nobody ends what is in a namespace where only an API server runs.
        self.addCleanup(cluster.kubectl, 'delete', 'rollouts,replicasets,services,httproutes', '--all', '-n', TEAM)
        cluster.start_stand_in()
        service = cluster.start_controller(*shipped_flags(), home=TEAM)
        self.addCleanup(self.check_rights)
        for name in ('services.yaml', 'shop-route.yaml'):
            cluster.kubectl('apply', '-n', TEAM, '-f', os.path.join(EXAMPLES, 'shop', name))
        cluster.kubectl('apply', '-n', TEAM, '-f', '-', stdin=self.rollout_text)
        self.expect_healthy('shop:v1')
        cluster.sluice('set', 'image', 'shop', 'shop=shop:v2', '-n', TEAM)
        self.expect_healthy('shop:v2')
        self.assertIn('all traffic is confirmed to be with', cluster.sluice('rollback', 'shop', '-n', TEAM).stdout)
        self.assertIn('] rollouts: ok', request(service.facts['controller'] + '/readyz?verbose')[1])
        written = {each.what.split()[0] for each in self.requests() if each.verb in ('create', 'patch', 'update')}
        self.assertLessEqual({'leases', 'rollouts/status', 'replicasets', 'services', 'httproutes', 'events'}, written)
        lease = cluster.get('lease', 'sluice-controller', TEAM)
        self.assertTrue(lease['spec']['holderIdentity'])

    def expect_healthy(self, image):
        def complete():
            rollout = self.cluster.get('rollout', 'shop', TEAM)
            status = rollout.get('status', {})
            return status.get('phase') == 'Healthy' and status.get('observedGeneration') == str(rollout['metadata']['generation'])
        eventually(complete, f'{image} is healthy')
        self.assertEqual(self.cluster.get('rollout', 'shop', TEAM)['spec']['template']['spec']['containers'][0]['image'], image)
