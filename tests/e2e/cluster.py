"""What the end-to-end tests share: a whole local cluster in a temporary folder, its tools, and the check that nothing outlives it.

The tree and the program come from the environment: SLUICE (the program), SLUICE_BUILD (images, demo_load), SLUICE_SOURCE. A test
script that cannot run here says why and exits with 77.
"""
import glob
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

SOURCE = os.environ.get('SLUICE_SOURCE') or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get('SLUICE_BUILD') or os.path.join(SOURCE, 'build', 'debug')
SLUICE = os.environ.get('SLUICE') or os.path.join(BUILD, 'sluice')
EXAMPLES = os.path.join(SOURCE, 'examples')

# Generous: a deadline is there to end a test that hangs, not to measure.
DEADLINE = 120  # seconds
POLL = 0.1  # seconds
SKIPPED = 77

# Strict validation in the server and `wait --for=jsonpath` came with this one.
KUBECTL_OLDEST = (1, 27)

# The kernel ends what a test has started when the test ends, however that comes about.
BOUND_TO_US = ['setpriv', '--pdeathsig', 'KILL']

# No turn of the event loop is to be longer, on however busy a machine.
LONGEST_TURN = 0.15  # seconds of processor time, so that a busy machine is no failure; 0.05 is the aim

# The examples' analyses look at a minute; a test has no minute to spare at each step.
QUICK_ARGS = {'window': '15s', 'min-requests': '30', 'interval': '2s', 'count': '3'}


def skip(reason):
    print(f'skipped: {reason}')
    sys.exit(SKIPPED)


def kubectl_version(program):
    """(1, 32), or None for what is no kubectl of its own (such as a dispatcher to others)."""
    try:
        text = subprocess.run([program, 'version', '--client', '-o', 'json'], capture_output=True, text=True, timeout=DEADLINE,
                              check=True).stdout
        git_version = json.loads(text)['clientVersion']['gitVersion']
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return None
    found = re.match(r'v(\d+)\.(\d+)', git_version)
    return (int(found[1]), int(found[2])) if found and 'dispatcher' not in git_version else None


def kubectls():
    """(version, path) of each kubectl of this machine, the oldest first; $KUBECTL counts alone."""
    named = os.environ.get('KUBECTL')
    places = [named] if named else [shutil.which('kubectl'), *glob.glob(os.path.join(SOURCE, 'build/tools/kubectl*')),
                                    *glob.glob('/usr/lib/google-cloud-sdk/bin/kubectl.*')]
    return sorted((version, place) for place in places if place and (version := kubectl_version(place)))


def find_kubectl():
    """The newest kubectl of this machine."""
    found = kubectls()
    if not found:
        skip('there is no kubectl')
    version, place = found[-1]
    if version < KUBECTL_OLDEST:
        skip(f'the newest kubectl here is {version[0]}.{version[1]}; these tests want {KUBECTL_OLDEST[0]}.{KUBECTL_OLDEST[1]}')
    return place


def eventually(condition, what, deadline=DEADLINE):
    """The first true value of condition(); fails with `what` and the last value after the deadline."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f'not within {deadline} s: {what} (last: {value!r})')
        time.sleep(POLL)


def read_proc(pid, name):
    try:
        with open(f'/proc/{pid}/{name}', 'rb') as file:
            return file.read().replace(b'\0', b' ').decode(errors='replace')
    except OSError:
        return ''


def working_folder(pid):
    try:
        return os.readlink(f'/proc/{pid}/cwd')
    except OSError:
        return ''


def parent_of(pid):
    found = re.search(r'^PPid:\s+(\d+)', read_proc(pid, 'status'), re.MULTILINE)
    return int(found[1]) if found else 0


def all_pids():
    return [int(name) for name in os.listdir('/proc') if name.isdigit()]


def request(url, method='GET', body=None, headers=None):
    """(status, text), also for refusals."""
    asked = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(asked, timeout=DEADLINE) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def read_examples(folder):
    """All manifests of a folder of examples/, as one text."""
    texts = []
    for path in sorted(glob.glob(os.path.join(EXAMPLES, folder, '*.yaml'))):
        with open(path, encoding='utf-8') as file:
            texts.append(file.read())
    return '\n---\n'.join(texts)


def quick_templates():
    text = read_examples('analysis')
    for name, value in QUICK_ARGS.items():
        text = re.sub(rf'(- name: {name}\n +value: ).*', rf'\g<1>"{value}"', text)
    return text


class Service:
    """`sluice ARGS` in the background until it says `ready`; `facts` are the lines it says before ("gateway: http://…")."""

    def __init__(self, args, log, wrapper=(), env=None):
        """`wrapper`: a command that runs the one behind it, in its own place."""
        self.log = log
        self.facts = {}
        with open(log, 'ab') as errors:
            self.process = subprocess.Popen([*BOUND_TO_US, *wrapper, SLUICE, *args], stdout=subprocess.PIPE, stderr=errors, text=True, env=env)
        for line in self.process.stdout:
            if line.strip() == 'ready':
                return
            key, _, value = line.strip().partition(':')
            self.facts[key] = value.strip()
        self.process.stdout.close()
        with open(log, encoding='utf-8') as errors:
            raise AssertionError(f'sluice {args[0]} ended with {self.process.wait()} before it was ready:\n{errors.read()[-3000:]}')

    def running(self):
        return self.process.poll() is None

    def end(self, how=signal.SIGTERM):
        """Returns the exit code; negative after a signal that it did not handle."""
        if self.running():
            self.process.send_signal(how)
        code = self.process.wait(DEADLINE)
        self.process.stdout.close()
        return code


class Cluster:
    """`sluice local up` in a folder of its own. After a kill, up() starts it again on the same folder."""

    def __init__(self, *flags):
        self.folder = tempfile.mkdtemp(prefix='sluice-e2e-')
        self.data = os.path.join(self.folder, 'cluster')
        self.kubeconfig = os.path.join(self.data, 'kubeconfig')
        self.log = os.path.join(self.folder, 'up.log')
        self.kubectl_program = find_kubectl()
        self.flags = flags
        self.service = None
        self.keepers = set()

    def up(self, *more_flags):
        args = ['local', 'up', '--dir', self.data, *self.flags, *more_flags]
        if '--images' not in args:
            args += ['--images', os.path.join(BUILD, 'images')]
        self.service = Service(args, self.log)
        self.keepers |= {pid for pid in all_pids() if parent_of(pid) == self.service.process.pid}
        return self

    def __getattr__(self, fact):
        """api, gateway, prometheus, controller: the addresses that `up` announced."""
        if fact in ('api', 'gateway', 'prometheus', 'controller'):
            return self.service.facts[fact]
        raise AttributeError(fact)

    def kill(self):
        """kill -9 of the main process; whatever it ran has to end by itself."""
        self.service.end(signal.SIGKILL)
        self.expect_no_process()

    def down(self):
        if self.service and self.service.running():
            code = self.service.end()
            assert code == 0, f'sluice local up ended with {code}'
        self.expect_no_process()

    def processes(self):
        """What runs on behalf of this cluster, however it was started: marked by its keeper, or bound to its folder."""
        found = {}
        own = {os.getpid()} | ({self.service.process.pid} if self.service and self.service.running() else set())
        for pid in set(all_pids()) - own:
            command = read_proc(pid, 'cmdline')
            marked = any(f'SLUICE_PROCESS={keeper}-' in read_proc(pid, 'environ') for keeper in self.keepers)
            keeper = pid in self.keepers and 'sluice-keeper' in command
            if marked or keeper or self.data in command or working_folder(pid).startswith(self.data):
                found[pid] = command
        return found

    def expect_no_process(self):
        eventually(lambda: not self.processes(), f'no process left: {self.processes()}', deadline=60)

    def kubectl(self, *args, **options):
        command = [self.kubectl_program, '--kubeconfig', self.kubeconfig, '--cache-dir', os.path.join(self.folder, 'cache'), *args]
        return self.run(command, **options)

    def sluice(self, *args, **options):
        return self.run([SLUICE, '--kubeconfig', self.kubeconfig, *args], **options)

    @staticmethod
    def run(command, code=0, stdin=None):
        """The finished process; fails unless it ended with `code` (None: any)."""
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=DEADLINE, check=False)
        if code is not None and done.returncode != code:
            raise AssertionError(f'{" ".join(command)}: exit code {done.returncode}, not {code}\n{done.stdout}{done.stderr}')
        return done

    def get(self, kind, name, namespace='default'):
        return json.loads(self.kubectl('get', kind, name, '-n', namespace, '-o', 'json').stdout)

    def list(self, kind, *args):
        return json.loads(self.kubectl('get', kind, '-o', 'json', *args).stdout)['items']

    def apply(self, text, **options):
        return self.kubectl('apply', '-f', '-', stdin=text, **options)

    def apply_shop(self):
        """The shop of examples/, judged more often than people would."""
        self.apply(quick_templates())
        self.kubectl('apply', '-f', os.path.join(EXAMPLES, 'shop'))
        self.sluice('status', 'shop', '--timeout', '2m')

    def status(self, name='shop'):
        return self.get('rollout', name)['status']

    def image(self, name='shop'):
        return self.get('rollout', name)['spec']['template']['spec']['containers'][0]['image']

    def weight(self, name='shop'):
        """The share of the canary Service in the HTTPRoute: what traffic really does."""
        backends = self.get('httproute', name)['spec']['rules'][0]['backendRefs']
        return next(backend['weight'] for backend in backends if backend['name'] == f'{name}-canary')

    def wait_for_weight(self, at_least, name='shop'):
        eventually(lambda: self.weight(name) >= at_least, f'{at_least}% of the traffic for the canary')

    def wait_for_phase(self, phase, name='shop'):
        def reached():
            rollout = self.get('rollout', name)
            seen = rollout['status'].get('observedGeneration') == str(rollout['metadata']['generation'])
            return rollout if seen and rollout['status'].get('phase') == phase else None
        return eventually(reached, f'rollout {name} {phase}')

    def serving(self, host='shop.local'):
        """The revision that answers a request through the gateway."""
        return request(self.gateway + '/', headers={'Host': host})[1].split()[-1]

    def expect_short_turns(self):
        """Nobody had to wait long for the event loop; where there is a controller to ask."""
        if not self.service or not self.service.running() or 'controller' not in self.service.facts:
            return
        metrics = request(self.controller + '/metrics')[1]
        longest = float(re.search(r'^sluice_loop_longest_turn_cpu_seconds (\S+)$', metrics, re.MULTILINE)[1])
        assert longest < LONGEST_TURN, f'a turn of the event loop took {longest} s of processor time'

    def show(self):
        """All that helps to understand a failure."""
        print(f'--- what the cluster in {self.folder} knows')
        if self.service and self.service.running():
            for args in (['get', 'rollouts,rs,pods,analysisruns,httproutes', '-A', '-o', 'wide'], ['get', 'events'],
                         ['get', 'rollouts,analysisruns', '-A', '-o', 'yaml']):
                print(self.kubectl(*args, code=None).stdout[-8000:])
        for name in sorted(glob.glob(os.path.join(self.folder, '*.log'))):
            with open(name, encoding='utf-8', errors='replace') as file:
                print(f'--- {name}\n{file.read()[-6000:]}')

    def remove(self):
        shutil.rmtree(self.folder)


class Load:
    """The demonstration's clients; requests() are what they saw, after stop(), in the order in which they were sent."""

    def __init__(self, cluster, rate=100, slow_seconds=5, host='shop.local'):
        self.path = os.path.join(cluster.folder, 'load.jsonl')
        self.process = subprocess.Popen([os.path.join(BUILD, 'demo_load'), '--url', cluster.gateway, '--rate', str(rate),
                                         '--host', host, '--slow-seconds', str(slow_seconds), '--output', self.path])

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        assert self.process.wait(DEADLINE) == 0

    def requests(self):
        with open(self.path, encoding='utf-8') as file:
            lines = [json.loads(line) for line in file]
        # What was under way at the end was broken off by the clients themselves.
        return sorted((line for line in lines if line.get('error') != 'Cancelled'), key=lambda line: line['t'])


class ClusterTest(unittest.TestCase):
    """Ends what a test started, shows what is known when it failed, and fails when a process is left."""

    def run(self, result=None):
        self.result = result
        self.failed_before = len(result.failures) + len(result.errors)
        return super().run(result)

    def failure(self):
        """Why this test has failed so far; None when it has not."""
        found = self.result.failures + self.result.errors
        return found[-1][1] if len(found) > self.failed_before else None

    def start_cluster(self, *flags):
        return self.make_cluster(*flags).up()

    def make_cluster(self, *flags):
        """One that is not up yet."""
        cluster = Cluster(*flags)
        self.addCleanup(cluster.remove)
        self.addCleanup(self.end_cluster, cluster)
        return cluster

    def end_cluster(self, cluster):
        try:
            if failure := self.failure():
                print(failure)
                cluster.show()
            else:
                cluster.expect_short_turns()
        finally:
            cluster.down()

    def start_watch(self, *command):
        """`sluice COMMAND` on the cluster, into pipes, ended with the test."""
        # From outside of the cluster's folder: kill() waits for the end of everything that names it.
        config = shutil.copy(self.cluster.kubeconfig, self.cluster.folder + '/config')
        watch = subprocess.Popen([SLUICE, '--kubeconfig', config, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(watch.stderr.close)
        self.addCleanup(watch.stdout.close)
        self.addCleanup(watch.wait)
        self.addCleanup(watch.kill)
        return watch

    def start_load(self, cluster, **options):
        load = Load(cluster, **options)
        self.addCleanup(load.stop)
        return load


def main():
    for program in ('haproxy', 'prometheus'):
        if not shutil.which(program, path=os.environ.get('PATH', '') + ':/usr/sbin'):
            skip(f'there is no {program}')
    find_kubectl()
    unittest.main(verbosity=2)
