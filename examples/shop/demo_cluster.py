"""The demonstration's hands: the cluster's process, the clients' process, and what a person sees meanwhile."""
import contextlib
import hashlib
import hmac
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import textwrap
import threading
import time
import urllib.request

START_SECONDS = 60
RELEASE_SECONDS = 120
BAR = 16
REDRAW_SECONDS = 0.5


class DemoFailed(Exception):
    pass


class Screen:
    """Lines that stay, and one live line that changes in place on a terminal."""

    def __init__(self):
        self.live = sys.stdout.isatty()
        self.shown = ''

    @contextlib.contextmanager
    def redrawing(self, draw):
        """Calls draw() again and again meanwhile, where there is a live line to change."""
        if not self.live:
            yield
            return
        ended = threading.Event()

        def redraw():
            while not ended.wait(REDRAW_SECONDS):
                draw()
        thread = threading.Thread(target=redraw, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def say(self, text):
        self._clear()
        print(text, flush=True)

    def progress(self, text):
        if text == self.shown:
            return
        if self.live:
            self._clear()
            print(text[: shutil.get_terminal_size().columns - 1], end='', flush=True)
        else:
            print(text, flush=True)
        self.shown = text

    def settle(self):
        """The live line becomes one that stays."""
        if self.live and self.shown:
            print(flush=True)
        self.shown = ''

    def _clear(self):
        if self.live and self.shown:
            print('\r\033[K', end='')
        self.shown = ''


class Traffic:
    """What the clients got in the last seconds, from their record as it grows."""

    SECONDS = 2

    def __init__(self, path):
        self.path, self.position, self.recent, self.failed = path, 0, [], 0

    def look(self):
        with open(self.path, encoding='utf-8') as record:
            record.seek(self.position)
            while (line := record.readline()).endswith('\n'):
                self.position = record.tell()
                request = json.loads(line)
                self.recent.append(request)
                self.failed += request['status'] != 200
        self.recent = [request for request in self.recent if request['t'] > time.time() - self.SECONDS]

    def __str__(self):
        """"v1 270/s v2 30/s ✖4"."""
        counts = {}
        for request in self.recent:
            counts[request['revision']] = counts.get(request['revision'], 0) + 1
        shares = ' '.join(f'{name} {count // self.SECONDS}/s' for name, count in sorted(counts.items()))
        return shares + (f' ✖{self.failed}' if self.failed else '')


class Cluster:
    def __init__(self, build, folder):
        self.build, self.folder = build, folder
        self.secret = secrets.token_hex(16)
        (folder / 'webhook-secret').write_text(self.secret + '\n')
        self.addresses = {}
        self.process = None

    def __enter__(self):
        self.log = open(self.folder / 'sluice.log', 'w')
        self.process = subprocess.Popen(
            [self.build / 'sluice', 'local', 'up', '--dir', self.folder / 'cluster', '--images', self.build / 'images', '--log-format', 'json',
             '--webhook-hmac-file', self.folder / 'webhook-secret'],
            stdout=subprocess.PIPE, stderr=self.log, text=True)
        watchdog = threading.Timer(START_SECONDS, self.process.kill)
        watchdog.start()
        for line in self.process.stdout:
            if line.strip() == 'ready':
                break
            key, _, value = line.partition(':')
            self.addresses[key.strip()] = value.strip()
        watchdog.cancel()
        if self.process.poll() is not None or 'kubeconfig' not in self.addresses:
            self.__exit__()
            raise DemoFailed('the cluster did not start: ' + (self.folder / 'sluice.log').read_text()[-2000:])
        self.environment = {**os.environ, 'KUBECONFIG': self.addresses['kubeconfig']}
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()

    def run(self, *command):
        done = subprocess.run([str(word) for word in command], env=self.environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise DemoFailed(f'{" ".join(str(word) for word in command)}: {done.stderr or done.stdout}')
        return done.stdout

    def sluice(self, *words):
        return self.run(self.build / 'sluice', *words)

    def apply(self, *folders):
        self.run('kubectl', 'apply', *[word for folder in folders for word in ('-f', folder)])

    def wait_healthy(self):
        self.sluice('status', 'shop', '--timeout', f'{START_SECONDS}s')

    @contextlib.contextmanager
    def load(self, rate, output):
        process = subprocess.Popen([self.build / 'demo_load', '--url', self.addresses['gateway'], '--rate', str(rate), '--output', output])
        time.sleep(2)
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(90)

    # ---- releases ----

    def release(self, release):
        release.started = time.time()
        if release.rollback_at is None:
            self.sluice('set', 'image', 'shop', f'shop=shop:{release.name}')
            return
        issued = time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())
        body = json.dumps({'id': f'demo-{release.name}', 'rollout': 'default/shop', 'issuedAt': issued,
                           'images': {'shop': f'shop:{release.name}'}}).encode()
        signature = hmac.new(self.secret.encode(), body, hashlib.sha256).hexdigest()
        request = urllib.request.Request(self.addresses['controller'] + '/v1/rollouts/default/shop/release', body, {
            'X-Hub-Signature-256': 'sha256=' + signature, 'Content-Type': 'application/json'})
        with urllib.request.urlopen(request, timeout=10) as answer:
            if answer.status != 201:
                raise DemoFailed(f'the webhook answered {answer.status}')

    def watch_release(self, release, screen):
        """Starts the release and shows how it goes until it has come to its end."""
        screen.say(f'── {release.name}, {release.about} '.ljust(78, '─'))
        watch = subprocess.Popen([self.build / 'sluice', 'get', 'rollout', 'shop', '-w', '-o', 'json'], env=self.environment,
                                 stdout=subprocess.PIPE, text=True)
        watchdog = threading.Timer(RELEASE_SECONDS, watch.kill)
        watchdog.start()
        try:
            self.follow(release, watch, screen)
        finally:
            watchdog.cancel()
            watch.kill()
            watch.wait()
        screen.settle()
        said = f'{release.outcome}: {release.message or "all steps passed"}'
        screen.say(textwrap.fill(said, 78, initial_indent='  ', subsequent_indent='    '))

    def follow(self, release, watch, screen):
        traffic = Traffic(self.folder / 'load.jsonl')
        traffic.look()
        traffic.failed = 0
        state = {}
        lock = threading.Lock()

        def draw():
            with lock:
                if state and screen.live:
                    traffic.look()
                    screen.progress(f'{progress_line(release, state)}  {traffic}')
        first = json.loads(watch.stdout.readline())
        self.release(release)
        with screen.redrawing(draw):
            for line in watch.stdout:
                info = json.loads(line)
                if info['currentHash'] == first['currentHash'] or not runs(info, release.name):
                    continue
                release.seen(info)
                with lock:
                    state = info
                    screen.progress(progress_line(release, info) + (f'  {traffic}' if screen.live else ''))
                    if release.rollback_at and not release.asked and (info['actualWeight'] or 0) >= release.rollback_at:
                        self.roll_back(release, screen)
                if release.finished(info):
                    return
        raise DemoFailed(f'{release.name} did not come to an end within {RELEASE_SECONDS} s')

    def roll_back(self, release, screen):
        release.asked = time.time()
        said = self.sluice('rollback', 'shop', 'the demonstration wants it back')
        screen.settle()
        screen.say('   $ sluice rollback shop "the demonstration wants it back"\n   ' + said.strip().replace('\n', '\n   '))

    # ---- what was written meanwhile ----

    def gateway_log(self):
        return read_json_lines(self.folder / 'cluster/logs/gateway.log')

    def controller_log(self):
        return read_json_lines(self.folder / 'sluice.log')


def read_json_lines(path):
    lines = []
    for name in (path.with_name(path.name + '.1'), path):
        if not name.exists():
            continue
        for line in name.read_text(errors='replace').splitlines():
            if line.startswith('{'):
                with contextlib.suppress(ValueError):
                    lines.append(json.loads(line))
    return lines


def runs(info, revision):
    return any(f'shop:{revision}' in replica_set['images'] and replica_set['podTemplateHash'] == info['currentHash']
               for entry in info['revisions'] for replica_set in entry['replicaSets'])


def progress_line(release, info):
    # Unknown while the gateway takes another one up.
    weight = info['setWeight'] if info['actualWeight'] is None else info['actualWeight']
    filled = round(weight * BAR / 100)
    newest = [run for entry in info['revisions'][:1] for run in entry['analysisRuns']]
    marks = ''.join({'Successful': '✔', 'Failed': '✖', 'Error': '⚠', 'Inconclusive': '?'}.get(run['phase'], '…') for run in newest)
    return (f'  {time.time() - release.started:5.1f} s  {"█" * filled}{"░" * (BAR - filled)} {weight:3d}% step {info["step"]:2d}/{info["steps"]} '
            f'{info["status"]:<11} {marks or "–":<4}')
