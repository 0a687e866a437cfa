"""A rollout without traffic routing, `web`: 50 and 80 percent with a pause after each, and a test class that begins with it healthy."""
import json

from cluster import ClusterTest, eventually

ROLLOUT = """\
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata:
  name: web
spec:
  replicas: 2
  selector:
    matchLabels:
      app: web
  template:
    metadata:
      labels:
        app: web
    spec:
      terminationGracePeriodSeconds: 2
      containers:
        - name: web
          image: shop:v1
          readinessProbe:
            httpGet:
              path: /healthz
              port: 8080
            periodSeconds: 1
  strategy:
    canary:
      steps:
        - setWeight: 50
        - pause: {}
        - setWeight: 80
        - pause: {}
"""


class WebTest(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster()
        self.cluster.apply(ROLLOUT)
        self.say('status', 'web', '--timeout', '1m')

    def say(self, *args, code=0):
        done = self.cluster.sluice(*args, code=code)
        return done.stdout + done.stderr

    def release(self, tag):
        self.assertEqual(self.say('set', 'image', 'web', f'web=shop:{tag}'), "rollout 'web' image updated\n")

    def wait_for_step(self, number):
        def step():
            return json.loads(self.say('get', 'rollout', 'web', '-o', 'json'))['step'] == number
        eventually(step, f'step {number}')

    def step(self):
        return self.cluster.status('web').get('currentStepIndex', 0)
