"""What a data plane knows of a cluster: the objects of some kinds, as kubectl tells of them."""
import json
import os
import shutil
import subprocess
import sys
import threading

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.append(os.path.join(TESTS, 'e2e'))
from cluster import BOUND_TO_US  # noqa: E402  (a sibling folder, not a package)


class Watch(threading.Thread):
    """The objects of one kind; `changed` is called after each event."""

    def __init__(self, kubectl, kind, changed):
        super().__init__(daemon=True)
        self.objects, self.changed = {}, changed
        self.process = subprocess.Popen([*BOUND_TO_US, *kubectl, 'get', kind, '-A', '-o', 'json', '--watch', '--output-watch-events'],
                                        stdout=subprocess.PIPE, text=True)

    def run(self):
        for line in self.process.stdout:
            if line.strip():
                event = json.loads(line)
                self.take(event['type'], event['object'])

    def take(self, what, item):
        key = item['metadata']['namespace'], item['metadata']['name']
        if what == 'DELETED':
            self.objects.pop(key, None)
        else:
            self.objects[key] = item
        self.changed()

    def stop(self):
        self.process.kill()
        self.process.wait()
        self.join()
        self.process.stdout.close()


class Watches:
    """Of several kinds, in that order; `changed` gets a list of objects for each, one call at a time, and is never called after stop().

    What it cannot understand it says by a ValueError or KeyError, which stop() hands on.
    """

    def __init__(self, cluster, folder, kinds, changed):
        # From outside of the cluster's own folder: its end waits for the end of everything that names that.
        config = shutil.copy(cluster.kubeconfig, folder + '/kubeconfig')
        kubectl = [cluster.kubectl_program, '--kubeconfig', config, '--cache-dir', folder + '/cache']
        self.changed, self.lock, self.problem = changed, threading.Lock(), None
        self.all = [Watch(kubectl, kind, self.tell) for kind in kinds]

    def start(self):
        for watch in self.all:
            watch.start()

    def tell(self):
        with self.lock:
            try:
                self.changed(*(list(watch.objects.values()) for watch in self.all))
            except (ValueError, KeyError) as problem:
                self.problem = problem

    def stop(self):
        for watch in self.all:
            watch.stop()
        assert self.problem is None, f'an object was not understood: {self.problem!r}'
