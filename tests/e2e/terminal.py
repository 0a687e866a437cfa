"""A program in a terminal of 80×24: what it sends, and what stands on the screen at the end of it. Standard library only."""
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time

ROWS, COLUMNS = 24, 80


class Terminal:
    def __init__(self, command, term='xterm-256color', environment=None):
        self.main, other = pty.openpty()
        fcntl.ioctl(other, termios.TIOCSWINSZ, struct.pack('HHHH', ROWS, COLUMNS, 0, 0))
        self.process = subprocess.Popen(command, stdin=other, stdout=other, stderr=subprocess.PIPE, text=True,
                                        env={**os.environ, 'TERM': term, **(environment or {})})
        os.close(other)
        self.sent = b''

    def read(self, seconds=0.2):
        """Takes in what is sent within that time; all that was sent so far."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if not select.select([self.main], [], [], left)[0]:
                break
            try:
                piece = os.read(self.main, 65536)
            except OSError:  # The other end is closed.
                break
            if not piece:
                break
            self.sent += piece
        return self.sent.decode(errors='replace')

    def lines(self):
        """The screen as painted by the last whole frame: ours begin at home and end by clearing what is below."""
        frames = re.findall(r'\x1b\[H(.*?)\x1b\[J', self.read(), re.DOTALL)
        return [re.sub(r'\x1b\[[0-9;?]*[A-Za-z]', '', line) for line in frames[-1].split('\r\n')] if frames else []

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        os.close(self.main)
