#!/usr/bin/python3
"""Blue-green on real traffic: nobody gets the new revision before somebody has looked at it, then all do, and the way back is one write."""
import os

from cluster import EXAMPLES, ClusterTest, eventually, main, quick_templates

USERS = 'checkout.local'
PREVIEW = 'preview.checkout.local'


class BlueGreen(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.apply(quick_templates())
        self.cluster.kubectl('apply', '-f', os.path.join(EXAMPLES, 'blue-green'))
        self.cluster.sluice('status', 'checkout', '--timeout', '2m')
        eventually(lambda: self.seen_by(USERS) == {'v1'}, 'the first revision behind the gateway')

    def seen_by(self, host):
        return {self.cluster.serving(host) for _ in range(10)}

    def release(self, tag):
        """Up to the pause before the switch."""
        self.cluster.sluice('set', 'image', 'checkout', f'checkout=shop:{tag}')
        rollout = self.cluster.wait_for_phase('Paused', 'checkout')
        self.assertEqual(rollout['status']['message'], 'BlueGreenPause: until somebody promotes')
        eventually(lambda: self.seen_by(PREVIEW) == {tag}, f'{tag} behind the preview Service')
        self.assertEqual(self.seen_by(USERS), {'v1'})

    def test_all_users_change_sides_at_once_and_back(self):
        cluster = self.cluster
        load = self.start_load(cluster, host=USERS)
        self.release('v2')
        shown = cluster.sluice('get', 'rollout', 'checkout', '--no-color').stdout
        self.assertRegex(shown, r'Strategy: +BlueGreen')
        self.assertRegex(shown, r'shop:v1 \(stable,active\)')
        self.assertRegex(shown, r'shop:v2 \(preview\)')
        self.assertEqual(cluster.sluice('promote', 'checkout').stdout, "rollout 'checkout' promoted\n")
        done = cluster.sluice('status', 'checkout', '--timeout', '3m')
        self.assertEqual(done.stdout.splitlines()[-1], 'Healthy')
        eventually(lambda: self.seen_by(USERS) == {'v2'}, 'all users with v2')
        before = {pod['metadata']['uid'] for pod in cluster.list('pods')}
        done = cluster.sluice('rollback', 'checkout', 'customers complain')
        self.assertIn('all traffic is confirmed to be with', done.stdout)
        self.assertEqual(self.seen_by(USERS), {'v1'})
        self.assertEqual({pod['metadata']['uid'] for pod in cluster.list('pods')}, before, 'the way back needs no new pod')
        cluster.wait_for_phase('Healthy', 'checkout')
        load.stop()
        self.check_requests(load.requests())

    def check_requests(self, requests):
        """None is lost, and the revisions do not mix: v1, then v2, then v1."""
        self.assertGreater(len(requests), 500)
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        sides = [line['revision'] for line in requests]
        changes = [index for index in range(1, len(sides)) if sides[index] != sides[index - 1]]
        print(f'{len(requests)} requests, none lost; the side changed within {self.mixed(requests, changes)} requests')
        self.assertEqual(sides[0], 'v1')
        self.assertEqual(sides[-1], 'v1')
        self.assertIn('v2', sides)

    @staticmethod
    def mixed(requests, changes):
        """Requests between the first and the last change of each of the two switches."""
        half = next((i for i in range(1, len(changes)) if requests[changes[i]]['t'] - requests[changes[i - 1]]['t'] > 2), 1)
        return [changes[half - 1] - changes[0], changes[-1] - changes[half] if half < len(changes) else 0]

    def test_a_bad_revision_gives_the_users_back_by_itself(self):
        cluster = self.cluster
        load = self.start_load(cluster, host=USERS)
        self.release('v3')
        cluster.sluice('promote', 'checkout')
        done = cluster.sluice('status', 'checkout', '--timeout', '3m', code=1)
        last = [line for line in done.stdout.splitlines() if not line.startswith(' ')][-1]
        self.assertRegex(last, r'^Degraded - RolloutAborted: .*Post-promotion analysis')
        self.assertIn('error-rate', last)
        eventually(lambda: self.seen_by(USERS) == {'v1'}, 'all users with the stable revision')
        load.stop()
        requests = load.requests()
        failed = [line for line in requests if line['status'] != 200]
        self.assertEqual({(line['status'], line['revision']) for line in failed}, {(500, 'v3')})
        self.assertEqual(requests[-1]['revision'], 'v1')
        hashes = {service: cluster.get('service', service)['spec']['selector']['rollouts-pod-template-hash']
                  for service in ('checkout', 'checkout-preview')}
        self.assertEqual(hashes['checkout'], cluster.status('checkout')['stableRS'])
        self.assertNotEqual(hashes['checkout'], hashes['checkout-preview'])

    def test_a_cluster_that_is_killed_at_the_pause_goes_on_from_there(self):
        cluster = self.cluster
        self.release('v2')
        cluster.kill()
        cluster.up()
        eventually(lambda: self.seen_by(USERS) == {'v1'}, 'the users with v1 after the restart')
        self.assertEqual(cluster.status('checkout')['phase'], 'Paused')
        cluster.sluice('promote', 'checkout', '--full')
        eventually(lambda: self.seen_by(USERS) == {'v2'}, 'all users with v2')
        cluster.wait_for_phase('Healthy', 'checkout')


class SharedPhase(ClusterTest):
    """Nobody, half of the users, all: both revisions have all their pods throughout."""

    def test_half_of_the_users_go_first(self):
        cluster = self.start_cluster()
        cluster.apply(quick_templates())
        cluster.kubectl('apply', '-f', os.path.join(EXAMPLES, 'blue-green-shared'))
        cluster.sluice('status', 'orders', '--timeout', '2m')
        cluster.kubectl('patch', 'rollout', 'orders', '--type=json', '-p',
                        '[{"op": "replace", "path": "/spec/strategy/canary/steps/3/pause/duration", "value": "5s"}]')
        way_up = self.start_load(cluster, host='orders.local')
        cluster.sluice('set', 'image', 'orders', 'orders=shop:v2')
        cluster.wait_for_phase('Paused', 'orders')
        eventually(lambda: {cluster.serving('preview.orders.local') for _ in range(10)} == {'v2'}, 'v2 behind the preview Service')
        self.assertEqual({cluster.serving('orders.local') for _ in range(10)}, {'v1'})
        cluster.sluice('promote', 'orders')
        cluster.sluice('status', 'orders', '--timeout', '3m')
        eventually(lambda: {cluster.serving('orders.local') for _ in range(10)} == {'v2'}, 'all users with v2')
        way_up.stop()
        self.check_none_lost(way_up.requests())
        self.check_shared_phase(way_up.requests())
        way_back = self.start_load(cluster, host='orders.local')
        before = {pod['metadata']['uid'] for pod in cluster.list('pods')}
        self.assertEqual(len(before), 4)
        done = cluster.sluice('rollback', 'orders', 'customers complain')
        self.assertIn('all traffic is confirmed to be with', done.stdout)
        self.assertEqual({cluster.serving('orders.local') for _ in range(10)}, {'v1'})
        self.assertEqual({pod['metadata']['uid'] for pod in cluster.list('pods')}, before, 'the way back needs no new pod')
        way_back.stop()
        self.check_none_lost(way_back.requests())

    def check_none_lost(self, requests):
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        print(f'{len(requests)} requests, none lost')

    def check_shared_phase(self, requests):
        """While both have users, each has half: no share that chance gives once in a million."""
        sides = [line['revision'] for line in requests]
        first = sides.index('v2')
        last = max(index for index in range(len(sides)) if sides[index] == 'v1' and 'v2' in sides[index:])
        shared = sides[first:last + 1]
        share = shared.count('v2') / len(shared)
        print(f'of {len(shared)} requests in the shared phase {share:.1%} had v2')
        self.assertGreater(len(shared), 100)
        self.assertLess(abs(share - 0.5), 5 * (0.25 / len(shared)) ** 0.5)


if __name__ == '__main__':
    main()
