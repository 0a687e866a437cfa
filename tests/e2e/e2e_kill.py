#!/usr/bin/python3
"""kill -9 at the worst moments: nothing that was acknowledged is lost, nothing is left running, and the rollout finishes."""
import json
import os
import random
import signal
import threading
import time

from cluster import ClusterTest, Service, eventually, main

SEED = int(os.environ.get('SLUICE_SEED') or time.time())
CONTROLLER_DEATHS = 6
LONGEST_LIFE = 6.0  # seconds

CONFIG_MAP = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: number-{number}
data:
  number: "{number}"
"""


class Kill(ClusterTest):
    def restarts(self, cluster):
        pods = [pod for pod in cluster.list('pods') if 'deletionTimestamp' not in pod['metadata']]
        return {pod['metadata']['name']: sum(each['restartCount'] for each in pod['status'].get('containerStatuses', []))
                for pod in pods}

    def test_the_whole_cluster_dies_in_the_middle_of_a_rollout(self):
        cluster = self.start_cluster()
        cluster.apply_shop()
        cluster.sluice('set', 'image', 'shop', 'shop=shop:v2')
        cluster.wait_for_weight(10)
        before = self.restarts(cluster)
        addresses = (cluster.api, cluster.gateway)
        cluster.kill()

        cluster.up()
        self.assertEqual((cluster.api, cluster.gateway), addresses)
        eventually(lambda: all(self.restarts(cluster).get(name, count + 1) > count for name, count in before.items()),
                   f'pods restarted: {before}')
        load = self.start_load(cluster, rate=50)
        self.assertIn('Healthy', cluster.sluice('status', 'shop', '--timeout', '100s').stdout)
        load.stop()
        self.assertEqual(cluster.image(), 'shop:v2')
        self.assertEqual(cluster.serving(), 'v2')

    def test_the_controller_dies_at_random_moments(self):
        print(f'SLUICE_SEED={SEED}')
        chance = random.Random(SEED)
        cluster = self.start_cluster('--no-controller')
        controller = self.start_controller(cluster)
        cluster.apply_shop()
        load = self.start_load(cluster)
        cluster.sluice('set', 'image', 'shop', 'shop=shop:v2')
        for _ in range(CONTROLLER_DEATHS):
            time.sleep(chance.uniform(0, LONGEST_LIFE))  # what is tested is any moment, not this one
            controller.end(signal.SIGKILL)
            controller = self.start_controller(cluster)
        self.assertIn('Healthy', cluster.sluice('status', 'shop', '--timeout', '100s').stdout)
        load.stop()
        self.assertEqual([line for line in load.requests() if line['status'] != 200], [])
        self.assertEqual(cluster.serving(), 'v2')
        self.check_no_duplicates(cluster)

    def start_controller(self, cluster):
        service = Service(['controller', '--kubeconfig', cluster.kubeconfig, '--listen', '127.0.0.1:0', '--prometheus',
                           cluster.prometheus], os.path.join(cluster.folder, 'controller.log'))
        self.addCleanup(service.end)
        return service

    def check_no_duplicates(self, cluster):
        """A death between two writes makes no second ReplicaSet of a revision, and no second run of a step."""
        revisions = [each['metadata']['annotations']['rollout.argoproj.io/revision'] for each in cluster.list('rs')]
        self.assertEqual(sorted(revisions), ['1', '2'])
        runs = [run['metadata']['labels'].get('step-index') for run in cluster.list('analysisruns')]
        self.assertEqual(sorted(runs), sorted(set(runs)))

    def test_acknowledged_writes_survive(self):
        cluster = self.start_cluster('--no-controller')
        acknowledged = []

        def write():
            for number in range(10000):
                done = cluster.apply(CONFIG_MAP.format(number=number), code=None)
                if done.returncode != 0:
                    return
                acknowledged.append(f'number-{number}')

        writer = threading.Thread(target=write)
        writer.start()
        eventually(lambda: len(acknowledged) >= 10, 'some writes')
        cluster.kill()
        writer.join()
        cluster.up()
        kept = {each['metadata']['name']: each['data']['number'] for each in cluster.list('configmaps')}
        for name in acknowledged:
            self.assertEqual(kept.get(name), name.split('-')[1], json.dumps(sorted(kept)))


if __name__ == '__main__':
    main()
