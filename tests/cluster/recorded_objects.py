"""What Argo Rollouts left in a cluster (tests/controller/argo), brought into another one as if it had always been there."""
import json
import os
import re
from datetime import datetime, timedelta, timezone

from bare_cluster import TESTS

RECORDS = os.path.join(TESTS, 'controller', 'argo')
MOMENTS = sorted(name.removesuffix('.jsonl') for name in os.listdir(RECORDS))
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ')
# Others, such as when to scale down, lie ahead.
PAST = re.compile(r'"lastUpdateTime":"([^"]*)"')
FORMAT = '%Y-%m-%dT%H:%M:%SZ'

GROUPS = {'Rollout': '/apis/argoproj.io/v1alpha1', 'AnalysisRun': '/apis/argoproj.io/v1alpha1',
          'AnalysisTemplate': '/apis/argoproj.io/v1alpha1', 'Experiment': '/apis/argoproj.io/v1alpha1',
          'ReplicaSet': '/apis/apps/v1', 'Service': '/api/v1', 'Job': '/apis/batch/v1'}
# Owners come before what they own.
ORDER = ['AnalysisTemplate', 'Service', 'Rollout', 'Experiment', 'ReplicaSet', 'AnalysisRun', 'Job']
# What a server gives, and what it would not take from us.
GIVEN = ['creationTimestamp', 'generation', 'resourceVersion', 'uid', 'managedFields']


def path_of(kind, namespace, name=''):
    return f'{GROUPS[kind]}/namespaces/{namespace}/{kind.lower()}s{"/" if name else ""}{name}'


def shifted(text):
    """The moment of the recording is now: no deadline has passed meanwhile."""
    last = datetime.strptime(max(PAST.findall(text)), FORMAT).replace(tzinfo=timezone.utc)
    later = timedelta(seconds=int((datetime.now(timezone.utc) - last).total_seconds()))
    return TIME.sub(lambda found: (datetime.strptime(found[0], FORMAT) + later).strftime(FORMAT), text)


def read(moment):
    with open(os.path.join(RECORDS, moment + '.jsonl'), encoding='utf-8') as file:
        objects = [json.loads(line) for line in shifted(file.read()).splitlines()]
    return sorted((each for each in objects if each['kind'] in ORDER), key=lambda each: ORDER.index(each['kind']))


class Recorded:
    """The objects of one moment in a namespace of the same name. `objects` are as the server has answered their creation."""

    def __init__(self, server, moment):
        self.server, self.namespace = server, 'from-' + moment
        self.uids, self.objects = {}, []
        self.ask('POST', '/api/v1/namespaces', {'apiVersion': 'v1', 'kind': 'Namespace', 'metadata': {'name': self.namespace}}, 201)
        for each in read(moment):
            self.bring(each)

    def ask(self, method, path, body, expected, content_type='application/json'):
        code, answer = self.server.ask(method, path, body, content_type)
        assert code == expected, f'{method} {path}: {code} {answer}'
        return answer

    def bring(self, recorded):
        kind, metadata, status = recorded['kind'], recorded['metadata'], recorded.get('status')
        body = {**recorded, 'metadata': {key: value for key, value in metadata.items() if key not in GIVEN}}
        body['metadata']['namespace'] = self.namespace
        for owner in body['metadata'].get('ownerReferences', []):
            owner['uid'] = self.uids.get(owner['uid'], owner['uid'])
        if kind == 'Service':
            body['spec'] = {key: value for key, value in body['spec'].items() if key not in ('clusterIP', 'clusterIPs')}
        if kind == 'Job':
            body['spec'], body['metadata']['labels'] = unselected(body)
        made = self.ask('POST', path_of(kind, self.namespace), body, 201)
        self.uids[metadata['uid']] = made['metadata']['uid']
        if kind == 'Rollout':
            status['observedGeneration'] = str(made['metadata']['generation'])
        if kind in ('Rollout', 'ReplicaSet'):
            if kind == 'ReplicaSet':
                status['observedGeneration'] = made['metadata']['generation']
            made = self.ask('PATCH', path_of(kind, self.namespace, metadata['name']) + '/status', {'status': status}, 200,
                            'application/merge-patch+json')
            assert made['status'] == status, f'of the status of {kind} {metadata["name"]} the server kept {made["status"]}'
        self.objects.append(made)

    def now(self, kind, name):
        return self.ask('GET', path_of(kind, self.namespace, name), None, 200)

    def all_of(self, kind):
        return self.ask('GET', path_of(kind, self.namespace), None, 200)['items']

    def rollout(self, name):
        return self.now('Rollout', name)

    def answer(self, name, status):
        """As Argo's plugin answers for a person."""
        return self.ask('PATCH', path_of('Rollout', self.namespace, name) + '/status', {'status': status}, 200,
                        'application/merge-patch+json')


def unselected(job):
    """A Job's selector is the server's to give; it is of the uid."""
    spec = {key: value for key, value in job['spec'].items() if key not in ('selector', 'manualSelector')}
    labels = {key: value for key, value in job['metadata'].get('labels', {}).items() if 'uid' not in key and key != 'job-name'}
    spec['template'] = {**spec['template'], 'metadata': {}}
    return spec, labels
