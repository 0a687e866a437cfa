"""An nginx that does what the Ingresses of a cluster ask for, as ingress-nginx would: it watches them, and loads its configuration anew."""
import os
import shutil
import signal
import socket
import subprocess

from ingress_to_nginx import CONFIG_HOST, translate
from watch import Watches

from cluster import BOUND_TO_US, DEADLINE, eventually, request, skip

KINDS = ('ingresses', 'services', 'pods')


def find_nginx():
    return shutil.which('nginx', path=os.environ.get('PATH', '') + ':/usr/sbin') or skip('there is no nginx')


def free_port():
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        return free.getsockname()[1]


class Nginx:
    """`gateway` and `folder` are those of a cluster for the clients of a test."""

    def __init__(self, cluster):
        self.folder = os.path.join(cluster.folder, 'nginx')
        os.makedirs(self.folder)
        self.address, self.written, self.process = f'127.0.0.1:{free_port()}', None, None
        self.gateway = f'http://{self.address}'
        self.watches = Watches(cluster, self.folder, KINDS, self.write)
        self.write(*([] for _ in KINDS))
        self.process = self.start()
        eventually(lambda: os.path.exists(f'{self.folder}/nginx.pid'), 'nginx')
        self.watches.start()

    def start(self):
        with open(os.path.join(self.folder, 'nginx.log'), 'ab') as log:
            return subprocess.Popen([*BOUND_TO_US, find_nginx(), '-p', '.', '-c', 'nginx.conf', '-e', 'error.log'],
                                    cwd=self.folder, stdout=log, stderr=log)

    def workers(self):
        with open(f'/proc/{self.process.pid}/task/{self.process.pid}/children', encoding='utf-8') as file:
            return len(file.read().split())

    def weights(self):
        """Of the first path, once no worker has others; None before."""
        status, text = request(self.gateway, headers={'Host': CONFIG_HOST})
        assert status == 200
        return [int(weight) for weight in text.split()[0].split(',')] if text and self.workers() == 1 else None

    def times_configured(self):
        """How often it has loaded its configuration anew."""
        with open(os.path.join(self.folder, 'error.log'), encoding='utf-8') as log:
            return log.read().count('reconfiguring')

    def write(self, *objects):
        text = translate(*objects, self.address)
        if text == self.written:
            return
        path = os.path.join(self.folder, 'nginx.conf')
        with open(path + '.new', 'w', encoding='utf-8') as file:
            file.write(text)
        os.replace(path + '.new', path)
        self.written = text
        if self.process:
            self.process.send_signal(signal.SIGHUP)

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        self.watches.stop()
