#!/usr/bin/python3
"""Every verb of the command line, its words and its exit codes, against a rollout without traffic routing."""
import json
import os
import subprocess
import time

from cluster import BUILD, DEADLINE, SLUICE, Service, eventually, main, request
from web import ROLLOUT, WebTest

# An analysis in place of the second weight, of a source that is never there.
JUDGED = ROLLOUT.replace('- setWeight: 80', '- analysis: {templates: [{templateName: undecided}]}') + """\
---
apiVersion: argoproj.io/v1alpha1
kind: AnalysisTemplate
metadata:
  name: undecided
spec:
  metrics:
    - name: nothing
      successCondition: result == 1
      provider:
        web:
          url: http://127.0.0.1:1/
"""


class Verbs(WebTest):
    def test_a_freeze_holds_a_release_until_its_end(self):
        self.assertRegex(self.say('freeze', '--reason', 'the sale'),
                         r"^namespace 'default': frozen by \S.* since 20\S+Z \(namespace default\): the sale\n$")
        self.assertRegex(self.say('freeze', '--reason', 'the audit'), r': the sale; also by \S.*: the audit\n$')
        self.assertEqual(self.say('freeze', '--reason', 'the audit').count('the audit'), 1)
        self.assertIn('frozen by', self.say('list'))
        self.assertRegex(self.say('status', 'web', '--no-watch'), r'^Healthy\n  frozen by .*: the sale; also by .*: the audit\n$')
        self.assertIn('is frozen by', self.say('set', 'image', 'web', 'web=shop:v2'))
        self.cluster.wait_for_phase('Paused', 'web')
        for command in (['explain', 'web'], ['get', 'rollout', 'web'], ['status', 'web', '--no-watch']):
            self.assertEqual(self.say(*command).count(': the sale'), 1, command)
        explained = json.loads(self.say('explain', 'web', '-o', 'json'))
        self.assertEqual(explained['waitingFor'][0]['reason'], 'Frozen')
        self.assertEqual(explained['canDo'][0]['command'], 'sluice unfreeze -n default')
        self.assertIn('nothing is promoted before `sluice unfreeze`', self.say('promote', 'web', '--full', code=4))
        self.assertIn(' the sale', json.loads(self.say('list', '-o', 'json'))[0]['frozen'])
        self.say('freeze', '--all', '--reason', 'incident')
        said = self.say('unfreeze')
        self.assertIn('no longer frozen', said)
        self.assertIn('`sluice unfreeze --all` ends that', said)
        self.assertIn('incident', self.say('explain', 'web'))
        lifted = [each for each in self.cluster.list('events') if each['reason'] == 'Unfrozen']
        self.assertRegex(lifted[0]['message'], r'^lifted by \S.*: frozen by .*: the sale; also by .*: the audit$')
        self.assertIn('all namespaces: no longer frozen', self.say('unfreeze', '--all'))
        self.assertIn('all namespaces: not frozen\n', self.say('unfreeze', '--all'))
        self.say('promote', 'web', '--full')
        self.say('status', 'web', '--timeout', '1m')
        for args in (['freeze'], ['freeze', '--reason', ''], ['freeze', '--all', '-n', 'x', '--reason', 'y']):
            self.say(*args, code=2)

    def test_an_observer_beside_the_controller(self):
        log = os.path.join(self.cluster.folder, 'observer.log')
        observer = Service(['--kubeconfig', self.cluster.kubeconfig, 'controller', '--observe-only'], log)
        self.addCleanup(observer.end)
        debug = observer.facts['controller'] + '/debug/rollouts/default/web'
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        eventually(lambda: json.loads(request(debug)[1])['waitingFor'][0]['reason'] == 'WaitingForPromotion', 'the same wait')
        self.say('promote', 'web', '--full')
        self.say('status', 'web', '--timeout', '1m')
        eventually(lambda: 'aspect="stable",verdict="agrees"' in request(observer.facts['controller'] + '/metrics')[1], 'agreement')
        self.assertEqual(json.loads(request(debug)[1])['differences'], [])
        url = observer.facts['controller']
        self.assertRegex(self.say('explain', 'web', '--observer', url),
                         r'\nSluice would: +phase Healthy, as the other engine\n(?s:.*)\nDiffered: +in nothing')
        observed = json.loads(self.say('explain', '-o', 'json', '--observer', url))[0]['observer']
        self.assertEqual(observed['decisions'][0], {'aspect': 'phase', 'otherEngine': 'Healthy', 'sluice': 'Healthy'})
        self.assertIn('is no controller of Sluice', self.say('explain', 'web', '--observer', self.cluster.prometheus, code=1))
        self.assertNotIn('SecondController', json.dumps(self.cluster.get('rollout', 'web')))
        self.assertEqual(observer.end(), 0)
        with open(log, encoding='utf-8') as said:
            self.assertNotRegex(said.read(), 'differs|a write where nothing may be written')

    def test_a_release_by_hand(self):
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('status', 'web', '--no-watch').splitlines()[0], 'Paused - CanaryPauseStep: until somebody promotes')
        self.assertIn('still Paused', self.say('status', 'web', '--timeout', '1s', code=3))
        self.check_views()
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' promoted\n")
        self.wait_for_step(3)
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('promote', 'web', '--full'), "rollout 'web' fully promoted\n")
        self.assertEqual(self.say('status', 'web', '--timeout', '1m').splitlines()[-1], 'Healthy')
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' has nothing to promote\n")
        record = json.loads(self.cluster.get('rollout', 'web')['metadata']['annotations']['sluice.dev/actions'])
        self.assertEqual([(each['verb'], each['step']) for each in record][:2], [('promote', 3), ('promote', 1)])
        self.assertEqual(record[2]['verb'], 'set image')
        self.assertTrue(all(each['user'] for each in record))

    def test_a_promotion_may_name_its_step_and_pass_over_an_analysis_by_name(self):
        self.cluster.apply(JUDGED)
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('promote', 'web', '--step', '0'), "rollout 'web' is past step 0 already, at step 1/4: by itself\n")
        self.assertEqual(self.say('promote', 'web', '--step', '3', code=4), 'error: rollout "web" is at step 1/4, not at step 3\n')
        self.assertEqual(self.step(), 1)
        self.assertEqual(self.say('promote', 'web', '--step', '1'), "rollout 'web' promoted\n")
        self.wait_for_step(2)
        eventually(lambda: self.cluster.status('web').get('canary', {}).get('currentStepAnalysisRunStatus'), 'the analysis runs')
        self.assertIn('--skip-analysis', self.say('promote', 'web', '--step', '2', code=4))
        self.assertEqual(self.step(), 2)
        self.assertRegex(self.say('promote', 'web', '--step', '2', '--skip-analysis', '--reason', 'the source is gone'),
                         r"^rollout 'web' promoted, past analysis run web-\S+-2-2 \(Running\)\n$")
        self.wait_for_step(3)
        self.assertRegex(self.say('promote', 'web', '--step', '2'), r"^rollout 'web' is past step 2 already, at step 3/4: promoted by \S.*, 20\S+Z\n$")
        newest = json.loads(self.cluster.get('rollout', 'web')['metadata']['annotations']['sluice.dev/actions'])[0]
        self.assertEqual((newest['verb'], newest['step'], newest['reason']), ('promote', 2, 'the source is gone'))

    def check_views(self):
        text = self.say('get', 'rollout', 'web')
        for words in ('Name:', 'Paused', 'CanaryPauseStep', 'SetWeight:     50', 'shop:v1 (stable)', 'shop:v2 (canary)',
                      '# revision:2', 'ready:1/1'):
            self.assertIn(words, text)
        shown = json.loads(self.say('get', 'ro', 'web', '-o', 'json'))
        self.assertEqual((shown['name'], shown['status'], shown['message']),
                         ('web', 'Paused', 'CanaryPauseStep: until somebody promotes'))
        self.assertEqual([wait['reason'] for wait in shown['waitingFor']], ['WaitingForPromotion'])
        self.assertEqual(shown['actions'][0]['verb'], 'set image')
        head, row = self.say('list').splitlines()
        self.assertEqual(head.split()[:4], ['NAME', 'STRATEGY', 'STATUS', 'STEP'])
        self.assertEqual(row.split()[:5], ['web', 'Canary', 'Paused', '1/4', '50'])
        self.assertLessEqual(max(len(head), len(row)), 80)
        self.assertIn('MESSAGE', self.say('list', '-o', 'wide'))
        with open('/dev/full', 'w', encoding='utf-8') as full:
            done = subprocess.run([SLUICE, '--kubeconfig', self.cluster.kubeconfig, 'list'], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stderr), (1, 'error: standard output cannot be written\n'))
        for args in (['list', '-o', 'name'], ['get', 'rollout/web', '-o', 'name']):
            self.assertEqual(self.say(*args), 'rollout.argoproj.io/web\n')
        self.assertIn('name: web', self.say('get', 'rollouts', 'web', '-o', 'yaml'))
        eventually(lambda: self.say('get', 'rollouts') == self.say('list'), 'the same from both, within the same second')
        self.assertEqual(self.say('list', 'experiments'), 'no experiments in namespace "default"\n')
        self.assertRegex(self.say('version'), r'^sluice \S+\nserver v\S+\n$')
        self.assertIn('default', self.say('list', 'rollouts', '-A').splitlines()[1])
        self.assertEqual([item['name'] for item in json.loads(self.say('list', '-o', 'json'))], ['web'])

    def test_abort_retry_and_undo(self):
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('abort', 'web', '--reason', 'wrong colour'), "rollout 'web' aborted\n")
        self.assertIn('wrong colour', self.say('status', 'web', code=1).splitlines()[-2])
        self.assertEqual(self.say('abort', 'web'), "rollout 'web' is aborted already\n")
        self.assertIn('sluice retry web', self.say('promote', 'web', code=4))
        self.assertEqual(self.say('retry', 'web'), "rollout 'web' retried\n")
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('retry', 'web'), "rollout 'web' is not aborted\n")
        self.say('promote', 'web', '--full')
        self.say('status', 'web', '--timeout', '1m')
        self.assertEqual(self.cluster.image('web'), 'shop:v2')

        first = self.cluster.kubectl('get', 'replicasets', '-o', 'name', '--sort-by', '.metadata.creationTimestamp').stdout
        first = first.splitlines()[0].removeprefix('replicaset.apps/')
        self.assertIn('revisions: 2, 1', self.say('undo', 'web', '--to-revision', '9', code=4))
        self.assertEqual(self.say('undo', 'web', '--to-revision', '1'), f"rollout 'web' goes back to revision 1 ({first})\n")
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.cluster.image('web'), 'shop:v1')

    def tell(self, *args, code=0):
        """What a verb tells programs."""
        done = self.cluster.sluice(*args, '-o', 'json', code=code)
        answer = json.loads(done.stdout)
        self.assertEqual((answer['namespace'], answer['exitCode']), ('default', code))
        return answer

    def test_a_script_can_tell_what_came_of_a_verb(self):
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        done = self.tell('promote', 'web')
        self.assertEqual((done['verb'], done['name'], done['outcome'], done['seen']['step']), ('promote', 'web', 'done', 1))
        self.assertEqual(done['seen']['generation'], self.cluster.get('rollout', 'web')['metadata']['generation'])
        self.assertEqual(self.tell('promote', 'web', '--step', '1')['outcome'], 'already')
        self.assertEqual(self.tell('promote', 'web', '--step', '9', code=4)['outcome'], 'refused')
        self.assertEqual(self.tell('promote', 'wbe', code=1)['outcome'], 'failed')
        self.assertEqual(self.tell('freeze', '--reason', 'the sale')['outcome'], 'done')
        self.assertEqual(self.tell('freeze', '--reason', 'the sale')['outcome'], 'already')
        self.assertEqual(self.tell('unfreeze')['outcome'], 'done')
        self.assertEqual(self.tell('unfreeze')['outcome'], 'already')
        self.wait_for_step(3)
        back = self.tell('rollback', 'web', '--reason', 'customers complain')
        self.assertEqual((back['outcome'], back['seen']['step']), ('done', 3))
        self.assertIn('all traffic is confirmed to be with', back['message'])
        self.assertEqual(self.tell('rollback', 'web')['outcome'], 'already')

    def test_other_spellings_and_several_names(self):
        self.cluster.apply(ROLLOUT.replace('web', 'shop'))
        self.say('rollout', 'status', 'ro/shop', '--timeout', '1m')
        self.assertEqual(self.say('pause', 'rollout/web', 'shop'), "rollout 'web' paused\nrollout 'shop' paused\n")
        self.assertEqual(self.say('resume', 'rollout', 'web'), "rollout 'web' resumed\n")
        self.assertIn("rollout 'shop' resumed", self.say('resume', 'wbe', 'shop', code=1))
        self.assertEqual(self.say('get', 'rollout', 'web', 'shop').count('Strategy:'), 2)
        self.assertIn('error: --watch', self.say('get', 'rollout', 'web', 'shop', '-w', code=2))

    def test_a_restart_replaces_the_pods_and_nothing_else(self):
        revision = self.cluster.list('rs')[0]['metadata']['name']
        self.assertEqual(self.say('restart', 'web'), "rollout 'web' has restartAt set\n")
        at = self.cluster.get('rollout', 'web')['spec']['restartAt']
        eventually(lambda: self.cluster.status('web').get('restartedAt') == at, 'the restart')
        self.say('status', 'web', '--timeout', '1m')
        self.assertEqual([rs['metadata']['name'] for rs in self.cluster.list('rs')], [revision])
        pods = [pod for pod in self.cluster.list('pods') if 'deletionTimestamp' not in pod['metadata']]
        self.assertEqual([pod['metadata']['name'] for pod in pods if pod['metadata']['creationTimestamp'] < at], [])

    def test_a_restart_waits_for_a_disruption_budget_and_no_longer(self):
        self.cluster.kubectl('create', 'pdb', 'keep', '--selector=app=web', '--min-available=2')
        head, row = eventually(lambda: self.budget_with_pods(), 'the budget is counted')
        self.assertEqual(head, 'NAME   MIN AVAILABLE   MAX UNAVAILABLE   ALLOWED DISRUPTIONS   AGE')
        self.assertEqual(row.split()[:4], ['keep', '2', 'N/A', '0'])
        newest = max(pod['metadata']['creationTimestamp'] for pod in self.cluster.list('pods'))
        eventually(lambda: time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime()) > newest, 'the pods are older than this second')
        self.say('restart', 'web')
        at = self.cluster.get('rollout', 'web')['spec']['restartAt']
        status = self.start_watch('status', 'web')
        eventually(lambda: 'disruption budget keep needs 2' in self.say('explain', 'web'), 'the refusal is told')
        self.cluster.kubectl('delete', 'pdb', 'keep')
        eventually(lambda: self.cluster.status('web').get('restartedAt') == at, 'the restart', deadline=30)
        said = status.communicate(timeout=DEADLINE)[0].splitlines()
        self.assertEqual(said[-1], 'Healthy')
        refused = [line for line in said if line.startswith('Progressing') and 'is not evicted' in line]
        self.assertEqual(len(refused), 1, said)

    def budget_with_pods(self):
        lines = self.cluster.kubectl('get', 'pdb').stdout.splitlines()
        return lines if self.cluster.get('pdb', 'keep')['status']['expectedPods'] == 2 else None

    def test_explain_takes_several_names_or_none_and_writes_yaml(self):
        self.cluster.apply(ROLLOUT.replace('web', 'shop'))
        self.say('status', 'shop', '--timeout', '1m')
        self.assertEqual([item['name'] for item in json.loads(self.say('explain', '-o', 'json'))], ['shop', 'web'])
        self.assertEqual(self.say('explain').count('Rollout: '), 2)
        self.assertIn('Healthy', self.say('explain', 'web', 'wbe', code=1))
        self.assertRegex(self.say('explain', 'web', 'shop', '-o', 'yaml'), r'(?ms)^name: web$.*^---$.*^name: shop$')
        self.assertEqual(self.say('-n', 'nowhere', 'explain'), 'no rollouts\n')

    def test_kubectl_has_us_as_a_plugin(self):
        done = subprocess.run([self.cluster.kubectl_program, 'sluice', 'list', '-o', 'name'], capture_output=True, text=True, check=True,
                              env={**os.environ, 'PATH': BUILD + ':' + os.environ['PATH'], 'KUBECONFIG': self.cluster.kubeconfig})
        self.assertEqual(done.stdout, 'rollout.argoproj.io/web\n')

    def test_pause_holds_a_release_before_it_starts(self):
        self.assertEqual(self.say('pause', 'web'), "rollout 'web' paused\n")
        self.assertEqual(self.say('pause', 'web'), "rollout 'web' is paused already\n")
        self.release('v2')
        self.cluster.wait_for_phase('Paused', 'web')
        self.assertEqual(self.say('promote', 'web'), "rollout 'web' promoted\n")
        self.wait_for_step(1)

    def test_mistakes_are_said(self):
        not_found = 'error: rollouts.argoproj.io "wbe" not found in namespace "default": did you mean "web"?\n'
        for args in (['get', 'rollout', 'wbe'], ['status', 'wbe'], ['promote', 'wbe'], ['abort', 'wbe'], ['retry', 'wbe'],
                     ['pause', 'wbe'], ['undo', 'wbe'], ['rollback', 'wbe'], ['set', 'image', 'wbe', 'web=shop:v2']):
            with self.subTest(args):
                self.assertEqual(self.say(*args, code=1), not_found)
        self.assertIn('no container "cart"', self.say('set', 'image', 'web', 'cart=shop:v2', code=4))
        self.assertIn('no earlier promoted revision', self.say('rollback', 'web', code=4))
        self.assertEqual(self.say('-n', 'nowhere', 'list'), 'no rollouts in namespace "nowhere"\n')
        self.assertEqual(self.say('-n', 'nowhere', 'list', '-o', 'json'), '[]\n')

    def test_what_is_done_already_is_said(self):
        self.assertEqual(self.say('set', 'image', 'web', '*=shop:v1'), "rollout 'web' has that image already\n")
        self.assertEqual(self.say('abort', 'web'), "rollout 'web' has no update to abort\n")
        self.assertEqual(self.say('undo', 'web', '--to-revision', '1'), "rollout 'web' is at revision 1 already\n")
        # An action right after a release is about that release.
        self.release('v2')
        self.assertEqual(self.say('abort', 'web'), "rollout 'web' aborted\n")
        self.assertIn('aborted update to revision 2', self.say('status', 'web', code=1))

    def test_where_no_controller_runs_nothing_is_claimed(self):
        self.release('v2')
        self.say('status', 'web', '--no-watch')
        self.cluster.wait_for_phase('Paused', 'web')
        self.cluster.down()
        self.cluster.up('--no-controller')
        self.release('v3')
        self.assertRegex(self.say('promote', 'web', code=4), r'no controller has seen generation \d+ of rollout "web" \(seen \d+\)')
        # A revert is worth its record all the same: the next controller finds it.
        self.assertIn('no controller has acted upon it', self.say('abort', 'web', '--reason', 'v2 is bad', code=3))
        self.assertTrue(self.cluster.status('web')['abort'])

    def test_a_cluster_without_our_kinds(self):
        self.cluster.kubectl('delete', 'crd', 'rollouts.argoproj.io')
        for args in (['list'], ['get', 'rollout', 'web'], ['rollback', 'web']):
            with self.subTest(args):
                self.assertIn('install the CRDs', eventually(lambda args=args: self.refusal(*args), 'refused'))

    def refusal(self, *args):
        done = self.cluster.sluice(*args, code=None)
        return 'CRDs' in done.stderr and done.returncode == 1 and done.stderr


if __name__ == '__main__':
    main()
