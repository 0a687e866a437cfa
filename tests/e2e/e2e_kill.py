#!/usr/bin/python3
"""kill -9 at the worst moments: nothing that was acknowledged is lost, nothing is left running, and the rollout finishes."""
import http.server
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

# A Job that ends once the file is there, beside a source that is asked again and again.
RUN = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata:
  name: long
spec:
  metrics:
    - name: smoke
      provider:
        job:
          spec:
            backoffLimit: 0
            template:
              spec:
                restartPolicy: Never
                containers:
                  - name: smoke
                    image: shop:v1
                    command: [sh, -c, 'echo begun >> {folder}/begun; until test -e {folder}/go; do sleep 0.1; done']
    - name: rate
      interval: 1s
      count: {count}
      successCondition: result >= 0.9
      provider:
        web:
          url: {url}
          jsonPath: "{{$.rate}}"
"""
RATES = 8

# The controller's own Prometheus may be asked always; the source beside it is another port.
ALLOWED_AND_REFUSED = """\
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata:
  name: allowed
spec:
  metrics:
    - name: own
      successCondition: result[0] == 1
      provider:
        prometheus:
          query: vector(1)
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisRun
metadata:
  name: refused
spec:
  metrics:
    - name: elsewhere
      consecutiveErrorLimit: 0
      provider:
        web:
          url: {url}
"""


class Rate(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked += 1
        body = b'{"rate": 0.97}'
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


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

    def test_the_controller_dies_in_the_middle_of_an_analysis(self):
        cluster = self.start_cluster('--no-controller')
        source = self.start_source()
        allowed = ('--metric-addresses', f'10.0.0.0/8,127.0.0.1:{source.server_port}')
        controller = self.start_controller(cluster, *allowed)
        cluster.apply(RUN.format(folder=cluster.folder, count=RATES, url=f'http://127.0.0.1:{source.server_port}/stats'))

        def measured():
            results = cluster.get('analysisrun', 'long').get('status', {}).get('metricResults', [])
            return {each['name']: each.get('measurements', []) for each in results}
        begun = os.path.join(cluster.folder, 'begun')
        eventually(lambda: os.path.exists(begun) and len(measured().get('rate', [])) >= 2, 'a Job under way, and two rates')
        controller.end(signal.SIGKILL)
        before = measured()
        jobs = [job['metadata']['uid'] for job in cluster.list('jobs')]
        self.assertEqual(len(jobs), 1)
        self.assertLess(len(before['rate']), RATES)

        self.start_controller(cluster, *allowed)
        eventually(lambda: len(measured()['rate']) > len(before['rate']), 'rates of the next controller')
        with open(os.path.join(cluster.folder, 'go'), 'w', encoding='utf-8'):
            pass
        run = self.end_of_run(cluster, 'long')
        self.assertEqual(run['phase'], 'Successful', run)
        self.assertEqual([job['metadata']['uid'] for job in cluster.list('jobs')], jobs)
        with open(begun, encoding='utf-8') as file:
            self.assertEqual(file.read(), 'begun\n')
        after = measured()
        self.assertEqual([each['phase'] for each in after['smoke']], ['Successful'])
        self.assertEqual([each['phase'] for each in after['rate']], ['Successful'] * RATES)
        self.assertEqual(after['smoke'][0]['startedAt'], before['smoke'][0]['startedAt'])
        self.assertEqual(after['rate'][:len(before['rate'])], before['rate'])
        # The one that was in flight is asked again.
        self.assertIn(source.asked, (RATES, RATES + 1))

        cluster.apply(ALLOWED_AND_REFUSED.format(url=cluster.api))
        self.assertEqual(self.end_of_run(cluster, 'allowed')['phase'], 'Successful')
        run = self.end_of_run(cluster, 'refused')
        self.assertEqual(run['phase'], 'Error', run)
        self.assertRegex(run['message'], r'"elsewhere".*--metric-addresses: GET .*the address 127\.0\.0\.1:\d+ is not allowed')

    def end_of_run(self, cluster, name):
        """Its status once it is over."""
        def status():
            return cluster.get('analysisrun', name).get('status', {})
        return eventually(lambda: status() if status().get('phase', 'Running') not in ('Pending', 'Running') else None,
                          f'the end of the run {name}')

    def start_source(self):
        server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Rate)
        server.asked = 0
        threading.Thread(target=server.serve_forever).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server

    def start_controller(self, cluster, *flags):
        service = Service(['controller', '--kubeconfig', cluster.kubeconfig, '--listen', '127.0.0.1:0', '--prometheus',
                           cluster.prometheus, *flags], os.path.join(cluster.folder, 'controller.log'))
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
