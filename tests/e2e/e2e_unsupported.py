#!/usr/bin/python3
"""docs/unsupported.md names the fields of the API that are refused: exactly those of which lint says so.

Every field that the CRDs know is set, one at a time, in a manifest that is well otherwise.
"""
import json
import os
import re

from cluster import SLUICE, SOURCE, Cluster, ClusterTest, main

PAGE = os.path.join(SOURCE, 'docs', 'unsupported.md')

# An enumeration says what is supported instead.
REFUSED = re.compile(r'^Unsupported value: (?!.*supported values: )|is not known|is not supported')


def sample(schema):
    """A value that the schema takes, with what it requires and no more."""
    if schema.get('enum'):
        return schema['enum'][0]
    if schema.get('x-kubernetes-int-or-string') or schema.get('type') in ('integer', 'number'):
        return max(1, schema.get('minimum', 1))
    if schema.get('type') == 'object':
        properties = schema.get('properties', {})
        return {name: sample(properties[name]) for name in schema.get('required', []) if name in properties}
    if schema.get('type') == 'array':
        return [sample(schema['items'])]
    if schema.get('type') == 'boolean':
        return True
    if schema.get('format') == 'date-time':
        return '2026-01-01T00:00:00Z'
    return '1' if schema.get('pattern') else 'x'


def descend(schema, path):
    for name in path:
        schema = schema['items'] if name == '[]' else schema['properties'][name]
    return schema


def rollout(canary):
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'Rollout', 'metadata': {'name': 'web'},
            'spec': {'selector': {'matchLabels': {'app': 'web'}}, 'strategy': {'canary': canary},
                     'template': {'metadata': {'labels': {'app': 'web'}}, 'spec': {'containers': [{'name': 'web', 'image': 'web:v1'}]}}}}


def template(provider):
    return {'apiVersion': 'argoproj.io/v1alpha1', 'kind': 'AnalysisTemplate', 'metadata': {'name': 'web'},
            'spec': {'metrics': [{'name': 'm', 'successCondition': 'true', 'provider': provider}]}}


def named_fields(title):
    """The fields of the table under a title of the page."""
    with open(PAGE, encoding='utf-8') as file:
        section = file.read().partition(f'## {title}\n')[2].partition('\n## ')[0]
    rows = [line.split('|')[1] for line in section.splitlines() if line.startswith('| `')]
    return {field for row in rows for field in re.findall(r'`([^`]+)`', row)}


class Fields(ClusterTest):
    def setUp(self):
        cluster = self.start_cluster('--no-controller')
        self.schemas = {kind: cluster.get('crd', f'{kind}.argoproj.io')['spec']['versions'][0]['schema']['openAPIV3Schema']
                        for kind in ('rollouts', 'analysistemplates')}

    def manifests(self):
        """(field as the page writes it, manifest) for each field."""
        spec = descend(self.schemas['rollouts'], ['spec'])
        services = {'stableService': 'web', 'canaryService': 'web-canary'}
        for name in spec['properties'].keys() - {'selector', 'template', 'strategy'}:
            manifest = rollout(services)
            manifest['spec'][name] = sample(spec['properties'][name])
            yield f'spec.{name}', manifest
        yield from self.blue_greens(descend(spec, ['strategy', 'blueGreen']))
        canary = descend(spec, ['strategy', 'canary'])
        yield from self.canaries(canary, services)
        yield from self.metrics(descend(self.schemas['analysistemplates'], ['spec', 'metrics', '[]', 'provider']))

    def blue_greens(self, blue_green):
        place = 'spec.strategy.blueGreen'
        for name in blue_green['properties'].keys() - {'activeService'}:
            manifest = rollout({})
            manifest['spec']['strategy'] = {'blueGreen': {'activeService': 'web', name: sample(blue_green['properties'][name])}}
            yield f'{place}.{name}', manifest

    def canaries(self, canary, services):
        place = 'spec.strategy.canary'
        for name in canary['properties'].keys() - {'steps', 'trafficRouting'}:
            yield f'{place}.{name}', rollout({**services, name: sample(canary['properties'][name])})
        for name, schema in descend(canary, ['steps', '[]'])['properties'].items():
            yield f'{place}.steps[].{name}', rollout({**services, 'steps': [{name: sample(schema)}]})
        routing = descend(canary, ['trafficRouting'])
        for name, schema in routing['properties'].items():
            yield f'{place}.trafficRouting.{name}', rollout({**services, 'trafficRouting': {name: sample(schema)}})
        for name, schema in descend(routing, ['gatewayAPI'])['properties'].items():
            block = {'httpRoute': 'web', name: sample(schema)}
            yield f'{place}.trafficRouting.gatewayAPI.{name}', rollout({**services, 'trafficRouting': {'gatewayAPI': block}})

    def metrics(self, providers):
        known = {'prometheus': {'query': 'up'}, 'web': {'url': 'http://web/'}}
        for kind, schema in providers['properties'].items():
            yield f'spec.metrics[].provider.{kind}', template({kind: sample(schema)})
            if kind not in known:
                continue
            for name, inner in schema['properties'].items():
                yield f'spec.metrics[].provider.{kind}.{name}', template({kind: {**known[kind], name: sample(inner)}})
            for name, scheme in descend(schema, ['authentication'])['properties'].items():
                for field, inner in scheme['properties'].items():
                    block = {**known[kind], 'authentication': {name: {field: sample(inner)}}}
                    yield f'spec.metrics[].provider.{kind}.authentication.{name}.{field}', template({kind: block})

    def messages(self, manifest):
        done = Cluster.run([SLUICE, 'lint', '-o', 'json', '-f', '-'], stdin=json.dumps(manifest), code=None)
        return [(finding['severity'], finding['message']) for finding in json.loads(done.stdout)]

    def test_the_page_names_what_lint_refuses(self):
        refused = set()
        for field, manifest in self.manifests():
            for severity, message in self.messages(manifest):
                if severity == 'error' and REFUSED.search(message):
                    refused.add(field)
        self.assertEqual(named_fields('Refused'), refused)


if __name__ == '__main__':
    main()
