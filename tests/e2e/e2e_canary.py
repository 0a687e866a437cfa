#!/usr/bin/python3
"""The main job: a good release is promoted step by step without a lost request, a bad one is reverted, and a person can go back."""
import json
import re
import subprocess

from cluster import ClusterTest, eventually, main


class Watch:
    """`kubectl get rollouts -w` in the background; lines() are what it printed."""

    def __init__(self, cluster):
        self.path = cluster.folder + '/watch.txt'
        command = [cluster.kubectl_program, '--kubeconfig', cluster.kubeconfig, 'get', 'rollouts', 'shop', '-w', '-o',
                   'custom-columns=PHASE:.status.phase,WEIGHT:.status.canary.weights.canary.weight,STEP:.status.currentStepIndex']
        with open(self.path, 'wb') as out:
            self.process = subprocess.Popen(command, stdout=out)

    def stop(self):
        self.process.terminate()
        self.process.wait()

    def lines(self):
        with open(self.path, encoding='utf-8') as file:
            return [tuple(line.split()) for line in file.readlines()[1:]]


class Canary(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.apply_shop()

    def release(self, tag):
        done = self.cluster.sluice('set', 'image', 'shop', f'shop=shop:{tag}')
        self.assertEqual(done.stdout, "rollout 'shop' image updated\n")

    def test_good_release_is_promoted_and_can_be_taken_back(self):
        cluster = self.cluster
        load = self.start_load(cluster)
        watch = Watch(cluster)
        self.addCleanup(watch.stop)
        self.release('v2')
        done = cluster.sluice('status', 'shop', '--timeout', '5m')
        self.assertEqual(done.stdout.splitlines()[-1], 'Healthy')
        eventually(lambda: cluster.weight() == 0, 'the hand-over to the stable Service')
        load.stop()
        self.check_walk(watch.lines())
        self.check_requests(load.requests())

        self.go_back_by_hand()

    def check_walk(self, lines):
        weights = [int(weight) for _, weight, _ in lines if weight.isdigit()]
        for weight in (10, 30, 50, 80):
            self.assertIn(weight, weights)
        rising = [weight for weight in weights[:weights.index(80)] if weight in (10, 30, 50)]
        self.assertEqual(rising, sorted(rising))
        phases = {phase for phase, _, _ in lines}
        self.assertLessEqual({'Progressing', 'Paused', 'Healthy'}, phases)
        self.assertNotIn('Degraded', phases)

    def check_requests(self, requests):
        self.assertGreater(len(requests), 1000)
        self.assertEqual([line for line in requests if line['status'] != 200], [])
        self.assertEqual({line['revision'] for line in requests}, {'v1', 'v2'})
        self.assertEqual(requests[-1]['revision'], 'v2')

    def go_back_by_hand(self):
        cluster = self.cluster
        done = cluster.sluice('rollback', 'shop', 'customers complain')
        self.assertRegex(done.stdout, r"rollout 'shop': returning at once to revision 1 \(shop-\w+\)\n"
                                      r"rollout 'shop': all traffic is sent to \w+ \(.*\); whoever sends it has 5s to follow\n"
                                      r"rollout 'shop': all traffic is confirmed to be with \w+ \(.*\)\n")
        self.assertEqual({cluster.serving() for _ in range(30)}, {'v1'})
        self.assertEqual(cluster.weight(), 0)
        self.assertEqual(cluster.image(), 'shop:v1')
        again = cluster.sluice('rollback', 'shop')
        self.assertIn('traffic has returned already', again.stdout)
        cluster.wait_for_phase('Healthy')
        self.assertEqual(cluster.image(), 'shop:v1')
        self.assertEqual(cluster.serving(), 'v1')

    def test_bad_release_is_reverted(self):
        cluster = self.cluster
        load = self.start_load(cluster)
        self.release('v3')
        done = cluster.sluice('status', 'shop', '--timeout', '5m', code=1)
        last = [line for line in done.stdout.splitlines() if not line.startswith(' ')][-1]
        self.assertRegex(last, r'^Degraded - ')
        self.assertIn('error-rate', last)
        eventually(lambda: cluster.weight() == 0, 'all traffic with the stable revision')
        load.stop()
        requests = load.requests()
        failed = [line for line in requests if line['status'] != 200]
        self.assertGreater(len(failed), 0)
        self.assertEqual({(line['status'], line['revision']) for line in failed}, {(500, 'v3')})
        self.assertEqual(requests[-1]['revision'], 'v1')
        self.check_events()
        for _ in range(2):
            again = cluster.sluice('rollback', 'shop')
            self.assertIn('the update is aborted already', again.stdout)
        self.assertEqual(cluster.status()['phase'], 'Degraded')

    def check_events(self):
        runs = self.cluster.list('analysisruns')
        self.assertIn('Failed', [run['status']['phase'] for run in runs])
        events = self.cluster.list('events')
        warnings = {event['reason'] for event in events if event['type'] == 'Warning'}
        self.assertIn('RolloutAborted', warnings, json.dumps(sorted(warnings)))

    def test_rollback_in_the_middle_sends_all_traffic_back(self):
        cluster = self.cluster
        self.release('v2')
        cluster.wait_for_weight(10)
        done = cluster.sluice('rollback', 'shop', 'too risky on a Friday')
        self.assertIn('aborting the update', done.stdout)
        self.assertRegex(done.stdout, re.compile(r'all traffic is confirmed to be with \w+', re.MULTILINE))
        self.assertEqual(cluster.weight(), 0)
        status = cluster.status()
        self.assertEqual(status['phase'], 'Degraded')
        self.assertIn('too risky on a Friday', status['message'])

        self.lose_the_route()

    def lose_the_route(self):
        """In mid-release the Rollout comes to name a route that does not exist: the one that it had gives everything back."""
        cluster = self.cluster
        cluster.sluice('retry', 'shop')
        cluster.wait_for_weight(10)
        self.name_route('shop-typo')
        eventually(lambda: cluster.weight() == 0, 'the former route to send everything to the stable Service')
        eventually(lambda: {cluster.serving() for _ in range(30)} == {'v1'}, 'the gateway to follow')
        done = cluster.sluice('rollback', 'shop', '--timeout', '2s', code=3)
        self.assertIn('not confirmed within 2s', done.stderr)
        self.assertEqual({cluster.serving() for _ in range(30)}, {'v1'})
        self.name_route('shop')
        done = cluster.sluice('rollback', 'shop')
        self.assertIn('all traffic is confirmed to be with', done.stdout)

    def name_route(self, name):
        routing = {'trafficRouting': {'plugins': {'argoproj-labs/gatewayAPI': {'httpRoute': name}}}}
        self.cluster.kubectl('patch', 'rollout', 'shop', '--type', 'merge', '-p', json.dumps({'spec': {'strategy': {'canary': routing}}}))


if __name__ == '__main__':
    main()
