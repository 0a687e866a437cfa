#!/usr/bin/python3
"""The command line at work: what it paints on a terminal, writes into a pipe and completes, and what it bears of a server."""
import json
import os
import signal
import subprocess

from cluster import BUILD, DEADLINE, SLUICE, eventually, main
from terminal import COLUMNS, ROWS, Terminal
from web import WebTest


class Watch(WebTest):
    def terminal(self, *args, term='xterm-256color', **environment):
        terminal = Terminal([SLUICE, '--kubeconfig', self.cluster.kubeconfig, *args], term, environment)
        self.addCleanup(terminal.close)
        return terminal

    def test_watching_in_a_terminal(self):
        watch = self.terminal('get', 'rollout', 'web', '-w')
        eventually(lambda: any('Healthy' in line for line in watch.lines()), 'the first frame')
        self.release('v2')
        eventually(lambda: any('CanaryPauseStep' in line for line in watch.lines()), 'the pause on the screen')
        lines = watch.lines()
        self.assertLessEqual(len(lines), ROWS)
        self.assertLessEqual(max(map(len, lines)), COLUMNS)
        self.assertTrue(lines[0].startswith('Status:') or lines[0].startswith('Name:'), lines[0])
        revisions = [line for line in lines if 'revision:' in line]
        self.assertIn('revision:2', revisions[0])
        watch.process.send_signal(signal.SIGINT)
        self.assertEqual(watch.process.wait(DEADLINE), 130)
        sent = watch.read()
        self.assertTrue(sent.startswith('\x1b[?1049h\x1b[?25l'), sent[:40])
        self.assertTrue(sent.endswith('\x1b[?25h\x1b[?1049l'), sent[-40:])
        # Nothing scrolls: no frame has as many line breaks as the window has rows, and none clears the whole screen.
        self.assertLess(max(frame.count('\n') for frame in sent.split('\x1b[H')), ROWS)
        self.assertNotIn('\x1b[2J', sent)

    def test_terminals_that_are_not_painted(self):
        for term, environment in (('dumb', {}), ('', {})):
            with self.subTest(term):
                watch = self.terminal('get', 'rollout', 'web', '-w', '--timeout-seconds', '1', term=term, **environment)
                self.assertEqual(watch.process.wait(DEADLINE), 0)
                sent = watch.read()
                self.assertNotIn('\x1b', sent)
                self.assertIn('Healthy', sent)
        plain = self.terminal('get', 'rollout', 'web', NO_COLOR='1')
        self.assertEqual(plain.process.wait(DEADLINE), 0)
        self.assertNotIn('\x1b', plain.read())
        colored = self.terminal('list', '-w')
        eventually(lambda: any('web' in line for line in colored.lines()), 'the list')

    def press_tab(self, line):
        """What bash offers where the line ends."""
        words = line.split(' ')
        ask = 'source <(sluice completion bash)\n' \
              f'COMP_WORDS=({" ".join(repr(word) for word in words)}); COMP_CWORD={len(words) - 1}; _sluice; echo "${{COMPREPLY[@]}}"\n'
        done = subprocess.run(['bash', '-c', ask], capture_output=True, text=True, check=True, cwd=self.cluster.folder,
                              env={**os.environ, 'PATH': BUILD + ':' + os.environ['PATH'], 'KUBECONFIG': self.cluster.kubeconfig})
        return done.stdout.split()

    def test_names_are_completed(self):
        self.assertEqual(self.press_tab('sluice promote w'), ['web'])
        self.assertEqual(self.press_tab('sluice get rollout '), ['web'])
        self.assertEqual(self.press_tab('sluice -n nowhere get rollout '), [])
        self.assertIn('default', self.press_tab('sluice list -n '))
        self.assertEqual(self.press_tab('sluice set image web '), ['web='])
        self.assertEqual(self.press_tab('sluice promote web --step '), ['0' if self.step() == 0 else '4'])
        self.assertIn('up.log', self.press_tab('sluice lint -f u'))
        self.assertEqual(self.press_tab('sluice get rollout web -o '), ['json', 'yaml', 'name', 'wide'])

    def test_watching_into_a_pipe(self):
        states, text = self.start_watch('get', 'rollout', 'web', '-w', '-o', 'json'), self.start_watch('get', 'rollout', 'web', '-w')
        self.assertEqual(json.loads(states.stdout.readline())['status'], 'Healthy')
        self.assertRegex(text.stdout.readline(), r'^Name: +web$')
        self.release('v2')
        eventually(lambda: json.loads(states.stdout.readline())['status'] == 'Paused', 'the pause in the pipe')
        while 'CanaryPauseStep' not in text.stdout.readline():
            pass
        states.send_signal(signal.SIGINT)
        self.assertEqual(states.wait(DEADLINE), 130)
        # Whoever closes the pipe has seen enough.
        text.stdout.close()
        self.say('promote', 'web', '--full')
        self.assertNotEqual(text.wait(DEADLINE), 0)

    def test_a_server_that_is_away_for_a_moment(self):
        self.release('v2')
        one, all_of_them = self.start_watch('get', 'rollout', 'web', '-w', '-o', 'json'), self.start_watch('list', '-w', '-o', 'json')
        one.stdout.readline()
        self.assertEqual(json.loads(all_of_them.stdout.readline())[0]['name'], 'web')
        self.cluster.kill()
        for watch in (one, all_of_them):
            self.assertRegex(watch.stderr.readline(), 'warning: .*; asking again')
        self.assertRegex(self.say('list', code=1), 'error: .*127.0.0.1')
        self.cluster.up()
        self.say('promote', 'web', '--full')
        eventually(lambda: json.loads(one.stdout.readline())['status'] == 'Healthy', 'the watch goes on')
        eventually(lambda: json.loads(all_of_them.stdout.readline())[0]['status'] == 'Healthy', 'the watched list goes on')
        all_of_them.send_signal(signal.SIGINT)
        self.assertEqual(all_of_them.wait(DEADLINE), 130)


if __name__ == '__main__':
    main()
