#!/usr/bin/python3
"""Sluice goes on where Argo Rollouts has worked until now, on a bare API server: take_over_test.py SERVE_PROGRAM

One controller finds five namespaces, each as Argo left it at another moment of a release (tests/controller/argo).
"""
import json

from on_bare_server import OnBareServer, say
from recorded_objects import MOMENTS, Recorded
from cluster import eventually, request  # found through on_bare_server

# What Argo reads back from a status that somebody wrote.
READ = ['abort', 'abortedAt', 'pauseConditions', 'controllerPause', 'currentPodHash', 'currentStepHash', 'currentStepIndex', 'replicas',
        'updatedReplicas', 'readyReplicas', 'availableReplicas', 'collisionCount', 'HPAReplicas', 'selector', 'stableRS', 'promoteFull',
        'blueGreen', 'canary', 'phase', 'duration']
# `ref` is of another kind of Rollout (workloadRef), which Sluice refuses and leaves alone.
TAKEN = ['bg', 'canary']
STABLE, PAUSED, MIDWAY, ABORTED, RETRIED = MOMENTS
ANSWERED = {'pauseConditions': None}


class TakeOver(OnBareServer):
    def setUp(self):
        super().setUp()
        self.states = {moment: Recorded(self.cluster.server, moment) for moment in MOMENTS}
        self.addCleanup(self.remove_states)
        self.cluster.start_stand_in()
        self.take_over()

    def remove_states(self):
        self.cluster.kubectl('delete', 'namespace', *(state.namespace for state in self.states.values()), '--wait=false')

    def take_over(self):
        self.controller = self.cluster.start_controller()
        for moment, state in self.states.items():
            for name in [*TAKEN, 'ref']:
                eventually(lambda: self.was_looked_at(state.namespace, name), f'a look at {moment} {name}')
        say('all are looked at')

    def was_looked_at(self, namespace, name):
        code, answer = request(f'{self.controller.facts["controller"]}/debug/rollouts/{namespace}/{name}')
        return code == 200 and json.loads(answer)

    def check_untouched(self):
        for moment, state in self.states.items():
            for before in state.objects:
                kind, name = before['kind'], before['metadata']['name']
                with self.subTest(moment=moment, kind=kind, name=name):
                    after = state.now(kind, name)
                    self.assertEqual(after['spec'], before['spec'])
                    self.assertEqual(after['metadata'].get('generation'), before['metadata'].get('generation'))
                    if kind == 'Rollout' and name in TAKEN:
                        self.check_status(before['status'], after['status'])
            for kind in ('ReplicaSet', 'AnalysisRun', 'Job'):
                self.assertEqual(len(state.all_of(kind)), sum(each['kind'] == kind for each in state.objects), f'{moment} {kind}')

    def check_status(self, before, after):
        for field in READ:
            self.assertEqual(after.get(field) or None, before.get(field) or None, field)
        self.assertTrue(after.get('message', '').startswith(before.get('message', '')))

    def expect(self, moment, name, phase, step=None):
        def reached():
            status = self.states[moment].rollout(name)['status']
            return status['phase'] == phase and step in (None, status.get('currentStepIndex'))
        eventually(reached, f'{moment}: {name} is {phase} at {step}')

    def promote(self, moment, name):
        self.states[moment].answer(name, ANSWERED)

    def test_nothing_changes_hands_but_the_work_and_each_goes_to_its_end(self):
        self.check_untouched()
        self.controller.end()
        self.take_over()
        self.check_untouched()
        say('nothing was touched')
        self.walk_canaries()
        self.walk_blue_greens()
        self.check_rights()

    def walk_canaries(self):
        self.states[ABORTED].answer('canary', {'abort': False})
        self.expect(ABORTED, 'canary', 'Paused', 1)
        sets = {moment: len(state.all_of('ReplicaSet')) for moment, state in self.states.items()}
        early = [PAUSED, ABORTED, RETRIED]
        for moment in early:
            self.promote(moment, 'canary')
        for moment in early:
            self.expect(moment, 'canary', 'Paused', 4)
        say('the canaries have had their analyses')
        for moment in [*early, MIDWAY]:
            self.promote(moment, 'canary')
        for moment in MOMENTS:
            self.expect(moment, 'canary', 'Healthy')
            self.check_promoted(moment, 'canary')
            self.assertEqual(len(self.states[moment].all_of('ReplicaSet')), sets[moment])

    def walk_blue_greens(self):
        self.states[RETRIED].answer('bg', {'abort': False})
        early = [PAUSED, ABORTED, RETRIED]
        for moment in early:
            self.expect(moment, 'bg', 'Paused')
            self.promote(moment, 'bg')
        for moment in MOMENTS:
            self.expect(moment, 'bg', 'Healthy')
            status = self.check_promoted(moment, 'bg')
            selector = self.states[moment].now('Service', 'bg-active')['spec']['selector']
            self.assertEqual(selector['rollouts-pod-template-hash'], status['stableRS'])

    def check_promoted(self, moment, name):
        status = self.states[moment].rollout(name)['status']
        self.assertEqual(status['stableRS'], status['currentPodHash'])
        return status


if __name__ == '__main__':
    TakeOver.main()
