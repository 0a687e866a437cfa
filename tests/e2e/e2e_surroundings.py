#!/usr/bin/python3
"""What a careless surrounding does to `sluice local up`: a folder that all may read, a reader that leaves, a secret file that is none."""
import contextlib
import json
import os
import re
import stat
import subprocess
import sys
import tempfile

from cluster import DEADLINE, SLUICE, ClusterTest, eventually, main, request

# Who is not root is so in a user namespace of his own, as far as mounting goes.
AS_ROOT = ['unshare', '--user', '--map-root-user', '--mount']


class Surroundings(ClusterTest):
    def test_what_the_cluster_writes_is_its_owners_alone(self):
        before = os.umask(0o022)
        self.addCleanup(os.umask, before)
        cluster = self.make_cluster()
        os.mkdir(cluster.data, 0o755)
        cluster.up()
        self.expect_private(cluster.data)
        cluster.down()
        for folder, folders, files in os.walk(cluster.data):
            for name in files:
                os.chmod(os.path.join(folder, name), 0o644)
            for name in folders:
                os.chmod(os.path.join(folder, name), 0o755)
        cluster.up()
        self.expect_private(cluster.data, only_entries={'objects.db', 'objects.db-wal', 'kubeconfig', 'pki', 'logs', 'gateway', 'prometheus'})

    def expect_private(self, folder, only_entries=None):
        """A file that is private, or is in a private folder, is; the cluster's own folder may be a person's."""
        entries = sorted(os.listdir(folder))
        self.assertIn('objects.db', entries)
        for name in entries:
            mode = os.lstat(os.path.join(folder, name)).st_mode
            if only_entries is None or name in only_entries:
                self.assertEqual(stat.S_IMODE(mode) & 0o077, 0, f'{name}: {stat.filemode(mode)}')

    def test_a_reader_that_leaves_ends_nothing(self):
        cluster = self.make_cluster()
        with open(cluster.log, 'ab') as errors:
            process = subprocess.Popen([SLUICE, 'local', 'up', '--dir', cluster.data, '--images', cluster.folder],
                                       stdout=subprocess.PIPE, stderr=errors, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.terminate)
        api = process.stdout.readline()
        self.assertRegex(api, r'^api: ')
        process.stdout.close()
        # It goes on to print more while nobody listens, and again when it ends.
        self.assertIn('default', cluster.kubectl('get', 'namespaces').stdout)
        process.terminate()
        process.wait()
        self.assertGreaterEqual(process.returncode, 0, 'ended by a signal')

    def test_on_a_full_disk_a_bad_revision_is_still_taken_back(self):
        cluster = self.make_cluster()
        disk = os.path.join(cluster.folder, 'disk')
        os.mkdir(disk)
        mounted = subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=128m', 'tmpfs', disk], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest('a small disk cannot be mounted here')
        self.addCleanup(subprocess.run, ['umount', '-l', disk], check=True)
        self.addCleanup(cluster.down)
        cluster.data = os.path.join(disk, 'cluster')
        cluster.kubeconfig = os.path.join(cluster.data, 'kubeconfig')
        cluster.up()
        cluster.apply_shop()
        cluster.sluice('set', 'image', 'shop', 'shop=shop:v2')
        cluster.wait_for_weight(1)
        with open(os.path.join(disk, 'filler'), 'wb', buffering=0) as filler:
            with contextlib.suppress(OSError):
                while True:
                    filler.write(b'x' * 4096)
        # Whatever else wants to be stored meanwhile.
        for number in range(20):
            config_map = {'apiVersion': 'v1', 'kind': 'ConfigMap', 'metadata': {'name': f'big-{number}'}, 'data': {'k': 'x' * 900_000}}
            cluster.kubectl('create', '-f', '-', stdin=json.dumps(config_map), code=None)
        refused = cluster.kubectl('create', '-f', '-', stdin=json.dumps(config_map).replace('big-19', 'big-20'), code=1).stderr
        self.assertIn('the disk is full', refused)
        cluster.sluice('rollback', 'shop', 'the disk is full')
        eventually(lambda: cluster.weight() == 0, 'no traffic at the bad revision')

    def test_logs_of_pods_that_go_away_end_nothing(self):
        cluster = self.start_cluster()
        cluster.apply_shop()
        logs = [cluster.kubectl_program, '--kubeconfig', cluster.kubeconfig, 'logs', '-l', 'app=shop']
        for _ in range(4):
            readers = [subprocess.Popen(logs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(4)]
            follower = subprocess.Popen([*logs, '-f'], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            cluster.kubectl('delete', 'pods', '-l', 'app=shop', '--wait=false')
            for reader in readers:
                reader.wait(DEADLINE)
            follower.kill()
            follower.wait()
        cluster.sluice('status', 'shop', '--timeout', '2m')
        self.assertTrue(cluster.service.running())
        # While pods still go kubectl may list one that is gone when it asks for its log, and fails.
        eventually(lambda: len(cluster.list('pods')) == 3, 'only the pods that stay')
        self.assertIn('serving on', cluster.kubectl('logs', '-l', 'app=shop').stdout)

    def test_a_secret_file_that_is_none_is_refused_at_the_start(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        fifo = os.path.join(folder, 'fifo')
        os.mkfifo(fifo)
        empty = os.path.join(folder, 'empty')
        with open(empty, 'w', encoding='utf-8'):
            pass
        for flag in ('--webhook-hmac-file', '--webhook-token-file'):
            for path in (fifo, folder, os.path.join(folder, 'absent'), empty):
                done = subprocess.run([SLUICE, 'local', 'up', '--dir', os.path.join(folder, 'cluster'), flag, path],
                                      capture_output=True, text=True, timeout=60, check=False)
                self.assertNotEqual(done.returncode, 0)
                self.assertRegex(done.stderr, f'(?m)^error: {flag}: .*{re.escape(path)}')
                self.assertNotIn('ready', done.stdout)

    def test_a_secret_file_that_turns_into_a_pipe_holds_up_nothing(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        path = os.path.join(folder, 'hmac')
        with open(path, 'w', encoding='utf-8') as file:
            file.write('a secret\n')
        cluster = self.start_cluster('--webhook-hmac-file', path)
        release = cluster.controller + '/v1/rollouts/default/shop/release'
        self.assertEqual(request(release, 'POST', b'{}')[0], 401)
        os.remove(path)
        os.mkfifo(path)
        eventually(lambda: request(release, 'POST', b'{}')[0] == 503, 'a pipe holds no secrets')
        self.assertEqual(request(cluster.controller + '/healthz')[0], 200)
        with open(cluster.log, encoding='utf-8') as log:
            self.assertIn('webhook request refused', log.read())


def succeeds(*command):
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


if __name__ == '__main__':
    if not succeeds('unshare', '--mount', 'true') and succeeds(*AS_ROOT, 'true'):
        os.execvp(AS_ROOT[0], [*AS_ROOT, sys.executable, *sys.argv])
    main()
