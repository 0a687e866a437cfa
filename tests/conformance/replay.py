#!/usr/bin/env python3
"""Replays requests whose answers by a real Kubernetes API server (1.32) are on record, and compares.

  replay.py PROGRAM [--answers FILE] [--only SCENARIO] [--show]

PROGRAM serves the API of an empty cluster (see serve_main.cc). What must agree: the status, the content type, the reason,
details and warning of a Status exactly; other bodies in every field but those of NOT_MODELLED. Messages
of a Status are meant for people and only counted. Exit code 0 at 95% or more, 77 without the program.
"""
import argparse
import http.client
import json
import os
import re
import ssl
import sys
import tempfile
import threading
import time
import urllib.parse

from test_server import TestServer

GOAL = 0.95
# Not part of what the local cluster promises yet.
SCENARIOS_LEFT_OUT = {'apply': 'server-side apply comes later'}
# Fields that say which build answered, or that only the real server's storage has.
NOT_MODELLED = {'serverAddressByClientCIDRs', 'storageVersionHash', 'buildDate', 'compiler', 'gitCommit',
                'gitTreeState', 'gitVersion', 'goVersion', 'platform'}
POLL_SECONDS, POLL_PAUSE = 20, 0.1

VOLATILE = {'uid': '<uid>', 'resourceVersion': '<rv>', 'creationTimestamp': '<time>',
            'deletionTimestamp': '<time>', 'lastTransitionTime': '<time>', 'startTime': '<time>',
            'clusterIP': '<ip>', 'continue': '<continue>', 'remainingItemCount': None}
DROPPED = {'managedFields', 'description'}
IN_TEXT = [(re.compile(r'[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'), '<uid>'),
           (re.compile(r'0xc[0-9a-f]+'), '<pointer>'),
           (re.compile(r'(?<=current: )\d+|(?<=in record \()\d+'), '<rv>'),
           (re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z'), '<time>')]
LONG_MESSAGE, KEPT_OF_LONG_MESSAGE = 400, 200


def normalise_text(text, key, prefix):
    if prefix and key == 'name' and text.startswith(prefix):
        return prefix + '<suffix>'
    for pattern, name in IN_TEXT[:-1]:
        text = pattern.sub(name, text)
    if key == 'message' and len(text) > LONG_MESSAGE:
        text = text[:KEPT_OF_LONG_MESSAGE] + ' <cut>'
    return IN_TEXT[-1][0].sub(IN_TEXT[-1][1], text)


def normalise(value, key=None, prefix=None):
    """The value with everything that differs from run to run replaced, as the record has it."""
    if isinstance(value, dict):
        generated = value.get('generateName')
        prefix = generated if isinstance(generated, str) else prefix
        return {k: normalise(v, k, prefix) for k, v in value.items() if k not in DROPPED}
    if isinstance(value, list):
        if key == 'clusterIPs':
            return ['<ip>']
        if key == 'cells':
            value = [re.sub(r'^\d+s$', '<age>', cell) if isinstance(cell, str) else cell for cell in value]
        return [normalise(item, None, prefix) for item in value]
    if key in VOLATILE and value not in (None, '', 'None'):
        return VOLATILE[key]
    return normalise_text(value, key, prefix) if isinstance(value, str) else value


def differences(expected, got, path=''):
    """Yields one sentence for every field in which the two differ."""
    if isinstance(expected, dict) and isinstance(got, dict):
        for key in sorted(expected.keys() | got.keys()):
            if key in NOT_MODELLED:
                continue
            where = f'{path}.{key}' if path else key
            if key not in got:
                yield f'{where}: missing, should be {json.dumps(expected[key])}'
            elif key not in expected:
                yield f'{where}: should not be there: {json.dumps(got[key])}'
            else:
                yield from differences(expected[key], got[key], where)
    elif isinstance(expected, list) and isinstance(got, list) and len(expected) == len(got):
        for index, (one, other) in enumerate(zip(expected, got)):
            yield from differences(one, other, f'{path}[{index}]')
    elif expected != got:
        yield f'{path or "body"}: {json.dumps(got)}, should be {json.dumps(expected)}'


def look_up(body, path):
    for part in path.split('.'):
        body = body[int(part)] if isinstance(body, list) else body[part]
    return str(body)


def holds(body, path, value):
    try:
        return look_up(body, path) == value
    except (KeyError, IndexError, TypeError, ValueError):
        return False


class Server:
    """The program under test, and one way to ask it."""

    def __init__(self, program, folder):
        self.program = TestServer(program, folder)
        facts = self.program.facts
        self.url, self.token = urllib.parse.urlparse(facts['url']), facts['token']
        self.context = ssl.create_default_context(cafile=facts['ca'])

    def stop(self):
        self.program.stop()

    def ask(self, step):
        headers = {'Accept': 'application/json', **step.get('headers', {})}
        headers.setdefault('Authorization', 'Bearer ' + self.token)
        if not headers['Authorization']:
            del headers['Authorization']
        body = step.get('body')
        if body is not None:
            headers.setdefault('Content-Type', 'application/json')
            body = body if isinstance(body, str) else json.dumps(body)
        watched = step.get('watch')
        connection = http.client.HTTPSConnection(self.url.hostname, self.url.port, context=self.context,
                                                 timeout=watched['seconds'] if watched else 30)
        try:
            connection.request(step['method'], step['path'], body, headers)
            response = connection.getresponse()
            if watched:
                return response, self.events(response, watched['events'])
            text = response.read()
        finally:
            connection.close()
        try:
            return response, json.loads(text)
        except ValueError:
            return response, text.decode(errors='replace')

    @staticmethod
    def events(response, wanted):
        events = []
        try:
            while len(events) < wanted:
                line = response.readline()
                if not line:
                    break
                events.append(json.loads(line))
        except OSError:
            pass
        return events


class Kubelet(threading.Thread):
    """Brings every pod that is to run to life by writing its status: workloads need it, a program does not."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.ended = server, threading.Event()

    def run(self):
        while not self.ended.wait(0.1):
            response, pods = self.server.ask({'method': 'GET', 'path': '/api/v1/namespaces/cf-work/pods'})
            for pod in pods.get('items', []) if response.status == 200 else []:
                self.step(pod)

    def step(self, pod):
        path = f'/api/v1/namespaces/cf-work/pods/{pod["metadata"]["name"]}'
        if 'deletionTimestamp' in pod['metadata']:
            self.server.ask({'method': 'DELETE', 'path': path + '?gracePeriodSeconds=0'})
        elif pod.get('status', {}).get('phase') != 'Running':
            ready = {'type': 'Ready', 'status': 'True', 'lastTransitionTime': '2026-01-01T00:00:00Z'}
            self.server.ask({'method': 'PATCH', 'path': path + '/status',
                             'headers': {'Content-Type': 'application/merge-patch+json'},
                             'body': {'status': {'phase': 'Running', 'conditions': [ready]}}})


def ask_until(server, step):
    until = step.get('until')
    deadline = time.monotonic() + POLL_SECONDS
    while True:
        response, body = server.ask(step)
        reached = not until or (response.status == until['status'] and all(
            holds(body, path, value) for path, value in until.get('body', {}).items()))
        if reached or time.monotonic() > deadline:
            return response, body
        time.sleep(POLL_PAUSE)


def fill(step, seen):
    """The request with ${step:path} replaced from earlier answers of its scenario."""
    text = re.sub(r'\$\{(\w+):([\w.]+)\}', lambda match: look_up(seen[match[1]], match[2]), json.dumps(step))
    return json.loads(text)


def compare(expected, response, body):
    """The list of differences, and whether the message of a Status agrees as well."""
    found = []
    if response.status != expected['status']:
        found.append(f'status {response.status}, should be {expected["status"]}')
    content_type = (response.getheader('Content-Type') or '').split(';charset')[0]
    if content_type != expected['contentType']:
        found.append(f'content type {content_type}, should be {expected["contentType"]}')
    if response.getheader('Warning') != expected.get('warning'):
        found.append(f'warning {response.getheader("Warning")}, should be {expected.get("warning")}')
    wanted, got, same_message = expected['body'], normalise(body), True
    if isinstance(wanted, dict) and wanted.get('kind') == 'Status' and isinstance(got, dict):
        same_message = wanted.get('message') == got.get('message')
        wanted = {k: v for k, v in wanted.items() if k != 'message'}
        got = {k: v for k, v in got.items() if k != 'message'}
    elif isinstance(wanted, list) and wanted and wanted[0].get('kind') == 'Status':
        wanted = [{k: v for k, v in item.items() if k != 'message'} for item in wanted]
        got = [{k: v for k, v in item.items() if k != 'message'} for item in got]
    return found + list(differences(wanted, got)), same_message


def replay(server, scenario, show):
    right, other_words, seen = 0, 0, {}
    for number, step in enumerate(scenario['steps']):
        request = step['request']
        try:
            response, body = ask_until(server, fill(request, seen))
            found, same_message = compare(step['answer'], response, body)
            seen[request.get('as', '_')] = body
        except (KeyError, IndexError, TypeError, ValueError, OSError, http.client.HTTPException) as error:
            found, same_message, body = [f'{type(error).__name__}: {error}'], True, None
        right += not found
        other_words += not same_message
        if found or (show and not same_message):
            print(f'{scenario["scenario"]} {number}: {request["method"]} {request["path"]}')
            for sentence in found:
                print(f'    {sentence[:600]}')
        if show and not same_message:
            print(f'    says:   {body.get("message") if isinstance(body, dict) else body}')
            print(f'    should: {step["answer"]["body"]["message"]}')
    print(f'{scenario["scenario"]:<10} {right} / {len(scenario["steps"])}')
    return right, len(scenario['steps']), other_words


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--answers', default=os.path.join(os.path.dirname(__file__), 'answers-1.32.json'))
    parser.add_argument('--only', help='one scenario')
    parser.add_argument('--show', action='store_true', help='also where only the message of a Status differs')
    options = parser.parse_args()
    if not os.access(options.program, os.X_OK):
        print(f'skipped: {options.program} is not built')
        return 77
    with open(options.answers, encoding='utf-8') as file:
        scenarios = json.load(file)
    right = total = other_words = 0
    with tempfile.TemporaryDirectory() as folder:
        server = Server(options.program, folder)
        kubelet = Kubelet(server)
        kubelet.start()
        for scenario in scenarios:
            name = scenario['scenario']
            if options.only not in (None, name):
                continue
            if name in SCENARIOS_LEFT_OUT and not options.only:
                print(f'{name:<10} left out: {SCENARIOS_LEFT_OUT[name]}')
                continue
            counts = replay(server, scenario, options.show)
            right, total, other_words = right + counts[0], total + counts[1], other_words + counts[2]
        kubelet.ended.set()
        kubelet.join()
        server.stop()
    print(f'{right} / {total} right ({right / total:.1%}, goal {GOAL:.0%}); {other_words} with another message')
    return 0 if right >= GOAL * total else 1


if __name__ == '__main__':
    sys.exit(main())
