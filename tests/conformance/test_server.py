"""Starts the program that serves the API for tests, and ends it."""
import subprocess
import sys


class TestServer:
    """`facts` has url, ca, token and kubeconfig."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen([program, folder], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)
        self.facts = {}
        for line in self.process.stdout:
            if line.strip() == 'ready':
                return
            key, _, value = line.strip().partition('=')
            self.facts[key] = value
        sys.exit(f'{program} ended before it was ready')

    def stop(self):
        self.process.stdin.close()
        self.process.stdout.close()
        return self.process.wait(10)
