#!/usr/bin/python3
"""What the documentation tells people to type works, and names what is there.

Runs the `$ ` lines of the console blocks, page by page, lints the manifests, runs what CI would, and holds the pages against --help.
Every block is one of a kind that is checked, or says why it is not run.
"""
import functools
import glob
import json
import os
import re
import shlex
import subprocess
import tempfile
import textwrap
import unittest
import urllib.parse

from cluster import BUILD, DEADLINE, SLUICE, SOURCE, Cluster, ClusterTest, eventually, main, request

DOCS = os.path.join(SOURCE, 'docs')
README = '../README.md'

TOP_LEVEL = {name for name in os.listdir(SOURCE) if os.path.isdir(os.path.join(SOURCE, name))} - {'build'}

# The address of the gateway on the pages.
GATEWAY = 'http://127.0.0.1:8000'

# Whose console blocks a day with the documentation runs.
RUN_PAGES = {README, 'getting-started.md', 'local.md', 'rollback.md', 'webhook.md', 'analysis.md'}

# What sentences leave open, and what stands for it where they are tried.
OPEN = {'CONTAINER=IMAGE': 'shop=shop:v2', 'NAME': 'shop', 'COMMAND': 'list', 'KIND': 'rollouts', 'REASON': 'because', 'TEXT': 'because',
        'FILE': 'examples/shop/shop.yaml', 'PATH': 'examples/shop', 'FOLDER': 'examples/shop', 'N': '1', 'DIR/kubeconfig': '/nowhere',
        'http://HOST:PORT': 'http://127.0.0.1:1', 'URL': 'http://127.0.0.1:1', 'NAMESPACE': 'default'}

USAGE_ERROR = 2

# What sentences say of kubectl without being a line to type here: another plugin, part of a line, what other tests do.
NOT_TYPED = (['argo', 'rollouts'], ['auth', 'can-i'], ['delete', 'rs'], ['apply', '-n'], ['logs', 'POD'])

# What is in the answers to the others.
ASKED = {'kubectl get events --field-selector involvedObject.name=sluice-freeze': 'Unfrozen', 'kubectl sluice list': 'Healthy'}

# A line that people type.
TYPED = re.compile(r'^(\$ )?(sluice|kubectl|make|curl|export|demo_load)\b', re.MULTILINE)


def read(page):
    with open(os.path.join(DOCS, page), encoding='utf-8') as file:
        return file.read()


def pages():
    """All pages, as seen from docs/."""
    own = glob.glob('**/*.md', root_dir=DOCS, recursive=True)
    return [README, '../CONTRIBUTING.md', *sorted(own)]


def all_blocks(page):
    """(line before, language, text) of each fenced block."""
    return re.findall(r'^([^\n]*)\n```(\w*)\n(.*?)^```$', read(page), re.MULTILINE | re.DOTALL)


def blocks(page, language):
    return [text for _, of, text in all_blocks(page) if of == language]


def sentences(page, program):
    """The commands of that program that stand within sentences and tables of a page, each once."""
    text = re.sub(r'^```.*?^```$', '', read(page), flags=re.MULTILINE | re.DOTALL)
    return sorted({re.sub(r'\s+', ' ', command) for command in re.findall(rf'`({program} [^`]*)`', text)})


def filled_in(command):
    """The words of a command, with something in place of what the pages leave open: NAME, [REASON], CONTAINER=IMAGE…"""
    text = re.sub(r'[\[\]…]', '', command)
    for pattern, value in OPEN.items():
        text = re.sub(rf'(?<![\w/-]){pattern}(?![\w/-])', value, text)
    return shlex.split(text)


def console_lines(page):
    return [line[2:] for block in blocks(page, 'console') for line in block.splitlines() if line.startswith('$ ')]


class Console(ClusterTest):
    SECRET = 'docs'

    def setUp(self):
        self.cluster = self.start_cluster('--webhook-hmac-file', self.secret_file())
        tools = os.path.join(self.cluster.folder, 'bin')
        os.mkdir(tools)
        os.symlink(SLUICE, os.path.join(tools, 'sluice'))
        for name in ('demo_load', 'kubectl-sluice'):
            os.symlink(os.path.join(BUILD, name), os.path.join(tools, name))
        os.symlink(self.cluster.kubectl_program, os.path.join(tools, 'kubectl'))
        os.symlink(self.cluster.data, os.path.join(self.cluster.folder, '.sluice'))
        os.symlink(os.path.join(SOURCE, 'examples'), os.path.join(self.cluster.folder, 'examples'))
        self.environment = {**os.environ, 'PATH': tools + ':' + os.environ['PATH'], 'KUBECONFIG': self.cluster.kubeconfig,
                            'HOME': self.cluster.folder, 'SECRET': self.SECRET}

    def secret_file(self):
        path = os.path.join(self.enterContext(tempfile.TemporaryDirectory()), 'secrets')
        with open(path, 'w', encoding='utf-8') as file:
            file.write(self.SECRET + '\n')
        return path

    def run_page(self, page, **variables):
        """One shell runs the page from top to bottom, as its reader would; what goes on for ever is ended after a while."""
        lines = [re.sub(r'^sluice (.* -w)\b.*', r'timeout 5 sluice \1 || test $? = 124', line.replace(GATEWAY, self.cluster.gateway))
                 for line in console_lines(page)]
        self.assertTrue(lines, page)
        end = "trap 'test -z \"$(jobs -p)\" || kill $(jobs -p)' EXIT"
        done = subprocess.run(['bash', '-eux', '-c', '\n'.join([end, *lines])], cwd=self.cluster.folder, timeout=4 * DEADLINE, check=False,
                              env={**self.environment, **variables}, capture_output=True, text=True)
        self.assertEqual(done.returncode, 0, f'{page}\n{done.stdout[-3000:]}{done.stderr[-3000:]}')
        return done.stdout

    def test_the_example_is_whole_before_its_rollout_comes(self):
        self.cluster.kubectl('apply', '-f', os.path.join(SOURCE, 'examples/analysis'), '-f', os.path.join(SOURCE, 'examples/shop'))
        self.cluster.sluice('status', 'shop', '--timeout', '2m')
        self.assertEqual([(event['reason'], event['message']) for event in self.cluster.list('events')
                          if event['type'] == 'Warning' and event['involvedObject']['kind'] == 'Rollout'], [])

    def test_a_day_with_the_documentation(self):
        cluster = self.cluster
        first = self.run_page(README)
        self.assertIn('Healthy', first)
        self.assertIn('shop:v2 (canary)', first)
        self.assertIn('all traffic is confirmed', first)
        self.assertIn('all traffic is confirmed', self.run_page('getting-started.md'))
        self.assertEqual(self.run_page('local.md'), 'shop v1\n')
        cluster.sluice('retry', 'shop')
        cluster.wait_for_weight(10)
        self.assertIn('all traffic is confirmed', self.run_page('rollback.md'))
        webhook = [json.loads(line) for line in self.run_page('webhook.md').splitlines()]
        self.assertEqual([answer.get('id') or answer['release']['id'] for answer in webhook], ['build-4711', 'build-4711'])
        cluster.sluice('rollback', 'shop')
        self.start_load(cluster)
        stable = cluster.status()['stableRS']
        self.wait_for_requests(stable)
        self.assertIn('Successful', self.run_page('analysis.md'))

    def test_what_sentences_ask_of_kubectl(self):
        """With the rights, containers and clusters that they need; what is named without an object is a name and no line to type."""
        self.cluster.apply_shop()
        self.cluster.sluice('freeze', '--reason', 'the sale')
        self.cluster.sluice('unfreeze')
        answers = {}
        for command in sorted({command for page in pages() for command in sentences(page, 'kubectl')}):
            words = filled_in(command)
            if len(words) < 3 or words[1:3] in NOT_TYPED:
                continue
            done = subprocess.run(words, cwd=SOURCE, env=self.environment, timeout=DEADLINE, check=False, capture_output=True, text=True)
            with self.subTest(command):
                self.assertEqual(done.returncode, 0, done.stderr)
                answers[command] = done.stdout
        for command, words in ASKED.items():
            self.assertIn(words, answers[command])

    def test_the_job_of_github_actions_ends_as_the_release_does(self):
        self.cluster.apply_shop()
        self.start_load(self.cluster)
        job, = blocks('webhook.md', 'yaml')
        script = textwrap.dedent(job.partition('run: |\n')[2].partition('  timeout-minutes:')[0])
        for run, tag, code in ((1, 'v2', 0), (2, 'v3', 1)):
            done = subprocess.run(['bash', '-e', '-c', script], cwd=self.cluster.folder, timeout=4 * DEADLINE, check=False, capture_output=True,
                                  text=True, env={**self.environment, 'CONTROLLER': self.cluster.controller, 'GITHUB_RUN_ID': str(run),
                                                  'GITHUB_RUN_ATTEMPT': '1', 'GITHUB_SHA': tag})
            self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        self.assertIn('reverted', done.stdout)
        self.check_metrics()

    def check_metrics(self):
        """The page has a row for each metric that a controller serves."""
        table = read('controller.md').partition('## Metrics\n')[2].partition('\n\nA Rollout whose')[0]
        cells = [re.findall(r'`(\w+)`', row.split('|')[1]) for row in table.splitlines() if row.startswith('| `')]
        told = {re.sub('_desired$', name, names[0]) if name.startswith('_') else name for names in cells for name in names}
        served = set(re.findall(r'^# TYPE (\S+)', request(self.cluster.controller + '/metrics')[1], re.MULTILINE))
        self.assertEqual(served - told, set())
        # Of an observer, and of a controller that meets errors.
        self.assertEqual(told - served - {'rollout_reconcile_error'}, {'sluice_observed_moves_total'})

    def wait_for_requests(self, revision):
        """Until the example's query has an answer: a hundred requests in a minute."""
        query = f'sum(increase(http_requests_total{{rollouts_pod_template_hash="{revision}"}}[1m])) >= 100'
        url = f'{self.cluster.prometheus}/api/v1/query?query={urllib.parse.quote(query)}'
        eventually(lambda: json.loads(request(url)[1])['data']['result'], 'a hundred requests')


class Pages(unittest.TestCase):
    def test_every_block_is_checked_or_says_why_not(self):
        """console: run; yaml: linted, or run as CI would; json: read; mermaid: drawn by course_test; sh: says why not; text: nothing to type."""
        for page in pages():
            for before, language, text in all_blocks(page):
                with self.subTest(page, block=text.splitlines()[0]):
                    self.assertIn(language, ('console', 'yaml', 'json', 'mermaid', 'sh', 'text'))
                    self.assertEqual(language == 'sh', bool(re.fullmatch(r'<!-- not run: .+ -->', before)), before)
                    self.check_block(page, language, text)

    def check_block(self, page, language, text):
        if language == 'console':
            self.assertIn(page, RUN_PAGES)
        if language == 'text':
            self.assertNotRegex(text, TYPED)
        if language == 'json':
            json.loads(text)
        if language == 'mermaid':
            self.assertEqual(page, 'state-machine.md')
        if language == 'yaml' and text not in blocks('webhook.md', 'yaml'):
            done = Cluster.run([SLUICE, 'lint', '-f', '-'], stdin=text, code=None)
            self.assertRegex(done.stdout, r'^1 file, \d+ objects?, nothing wrong\n$')
            self.assertEqual(done.returncode, 0)

    def help(self, *command):
        return Cluster.run([SLUICE, *command, '--help']).stdout

    def flags(self, *command):
        return set(re.findall(r'(?<![\w-])--[a-z][a-z-]+', self.help(*command).partition('Examples:')[0])) - {'--help'}

    def commands(self):
        """All commands that do something: ('get', 'rollout'), ('list',), …"""
        for command in self.subcommands():
            yield from [(command, sub) for sub in self.subcommands(command)] or [(command,)]

    def test_every_command_has_examples_that_it_understands(self):
        for command in self.commands():
            with self.subTest(command):
                examples = re.findall(r'^ +.*(sluice .*)$', self.help(*command).partition('Examples:')[2], re.MULTILINE)
                examples = [line for line in examples if line.startswith('sluice ' + ' '.join(command))]
                self.assertTrue(examples or command == ('version',))
                for line in examples:
                    self.expect_understood(shlex.split(re.sub(r'[|)].*', '', line)))

    def expect_understood(self, words):
        """Of a command alone, that it is there and has these flags; of one that says of what, that it does not end as a usage error."""
        command = tuple(word for word in words[1:] if not word.startswith('-'))
        if command in {every[:length] for every in self.all_commands for length in (1, 2)}:
            self.assertEqual({word for word in words if word.startswith('--')} - self.flags(*command) - self.flags() - {'--help', '--version'}, set())
        elif command[:2] != ('local', 'up'):
            nowhere = [] if '--kubeconfig' in words else ['--kubeconfig', '/nowhere']
            done = subprocess.run([SLUICE, *words[1:], *nowhere], cwd=SOURCE, stdin=subprocess.DEVNULL, timeout=DEADLINE, check=False,
                                  capture_output=True, text=True)
            self.assertNotEqual(done.returncode, USAGE_ERROR, done.stderr)

    @functools.cached_property
    def all_commands(self):
        return list(self.commands())

    def test_every_command_in_a_sentence_is_understood(self):
        for page in pages():
            for command in sentences(page, 'sluice'):
                with self.subTest(page, command=command):
                    self.expect_understood(filled_in(command))

    def subcommands(self, *command):
        return re.findall(r'^  ([a-z]+)[, ]', self.help(*command).partition('Subcommands:')[2], re.MULTILINE)

    def test_every_command_and_flag_is_described(self):
        text = read('cli.md')
        own_pages = {('controller',): 'controller.md', ('local', 'up'): 'local.md'}
        for command in self.commands():
            with self.subTest(command):
                self.assertIn(f'`sluice {" ".join(command)}', text)
                page = read(own_pages.get(command, 'cli.md'))
                self.assertEqual({flag for flag in self.flags(*command) if flag not in page}, set())
        self.assertEqual({flag for flag in self.flags() if flag not in text}, set())

    def test_defaults_are_told_as_they_are(self):
        rows = {flag: row for row in read('controller.md').splitlines() if row.startswith('| `--') for flag in re.findall(r'`(--[a-z-]+)`', row)}
        defaults = re.findall(r'^ +(--[a-z-]+)(?:,--\w+)? [A-Z:]+=(\S+)', self.help('controller'), re.MULTILINE)
        self.assertGreater(len(defaults), 4)
        for flag, value in defaults:
            self.assertIn(value, rows[flag].split('|')[3])

    def test_no_flag_is_invented(self):
        known = self.flags()
        for command in self.subcommands():
            known |= self.flags(command)
            for sub in self.subcommands(command):
                known |= self.flags(command, sub)
        for page in pages():
            named = set(re.findall(r'`(--[a-z][a-z-]+)', read(page)))
            self.assertEqual(named - known - {'--help'}, set(), page)

    def test_links_lead_somewhere(self):
        for page in pages():
            for link, anchor in re.findall(r'\]\(([^)#:]*)(?:#([^)]*))?\)', read(page)):
                path = os.path.normpath(os.path.join(DOCS, os.path.dirname(page), link)) if link else os.path.join(DOCS, page)
                self.assertTrue(os.path.exists(path), f'{page}: {link}')
                if anchor:
                    with open(path, encoding='utf-8') as file:
                        titles = re.findall(r'^#+ (.*)', file.read(), re.MULTILINE)
                    known = {re.sub(r'[^a-z0-9 -]', '', title.lower()).replace(' ', '-') for title in titles}
                    self.assertIn(anchor, known, f'{page}: {link}')

    def test_make_targets_are_there(self):
        with open(os.path.join(SOURCE, 'Makefile'), encoding='utf-8') as file:
            targets = set(re.findall(r'^([a-z-]+):', file.read(), re.MULTILINE))
        for page in pages():
            named = set(re.findall(r'^make ([a-z-]+)|`make ([a-z-]+)', read(page), re.MULTILINE))
            self.assertEqual({name for pair in named for name in pair if name} - targets, set(), page)

    def test_paths_are_there(self):
        """What the pages call by its path inside the project."""
        for page in pages():
            for path in re.findall(r'`((?:[a-z_]+/)+[\w.-]*)`', read(page)):
                if path.split('/')[0] in TOP_LEVEL:
                    self.assertTrue(os.path.exists(os.path.join(SOURCE, path)), f'{page}: {path}')


if __name__ == '__main__':
    main()
