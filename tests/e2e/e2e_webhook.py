#!/usr/bin/python3
"""CI releases through the webhook: what is signed and fresh is done once; everything else is refused and changes nothing."""
import hashlib
import hmac
import json
import os
import re
import socket
import tempfile
import time

from cluster import DEADLINE, ClusterTest, eventually, main, request

SECRET = 'a secret of 2026'
TOKEN = 'a-token'


def sign(message, secret=SECRET):
    return {'X-Hub-Signature-256': 'sha256=' + hmac.new(secret.encode(), message, hashlib.sha256).hexdigest()}


def timestamp(ago=0):
    return time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(time.time() - ago))


def release_body(release, image='shop:v2', ago=0, container='shop'):
    return json.dumps({'id': release, 'issuedAt': timestamp(ago), 'images': {container: image}}).encode()


class Webhook(ClusterTest):
    def setUp(self):
        self.cluster = self.start_cluster_with_secrets()
        self.cluster.apply_shop()

    def start_cluster_with_secrets(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.secrets = os.path.join(folder, 'hmac')
        self.write_secrets(SECRET)
        tokens = os.path.join(folder, 'tokens')
        with open(tokens, 'w', encoding='utf-8') as file:
            file.write(TOKEN + '\n')
        return self.start_cluster('--webhook-hmac-file', self.secrets, '--webhook-token-file', tokens)

    def write_secrets(self, *secrets):
        with open(self.secrets, 'w', encoding='utf-8') as file:
            file.writelines(secret + '\n' for secret in secrets)

    def post(self, body, headers=None, path='/v1/rollouts/default/shop/release'):
        status, text = request(self.cluster.controller + path, 'POST', body, sign(body) if headers is None else headers)
        return status, json.loads(text)

    def follow(self, path, headers=None):
        status, text = request(self.cluster.controller + path,
                               headers=sign(path.split('?')[0].encode()) if headers is None else headers)
        return status, json.loads(text)

    def unchanged(self):
        """What a refused request must leave as it was."""
        rollout = self.cluster.get('rollout', 'shop')
        return rollout['spec'], rollout['metadata'].get('annotations', {}).get('sluice.dev/releases')

    def test_a_release_is_done_once(self):
        body = release_body('build-1')
        status, first = self.post(body)
        self.assertEqual((status, first['id'], first['changed']), (201, 'build-1', True))
        self.assertEqual(first['images'], {'shop': 'shop:v2'})
        load = self.start_load(self.cluster, rate=50)
        self.assertEqual(self.follow(first['follow'])[1]['state'], 'progressing')
        self.cluster.wait_for_weight(10)

        before = self.unchanged()
        self.assertEqual(self.post(body), (200, first))
        other_body = release_body('build-1', image='shop:v4')
        self.assertEqual(self.post(other_body), (200, first))
        self.assertEqual(self.unchanged(), before)

        eventually(lambda: self.follow(first['follow'])[1]['state'] == 'promoted', 'the release promoted')
        load.stop()
        eventually(lambda: self.cluster.serving() == 'v2', 'v2 serving')
        self.cluster.kill()
        self.cluster.up()
        self.assertEqual(self.post(release_body('build-1', ago=3600)), (200, first))
        self.assertEqual(self.cluster.image(), 'shop:v2')

    def test_who_may_ask(self):
        body = release_body('build-1', image='shop:v1')
        path = '/v1/rollouts/default/shop'
        before = self.unchanged()
        for headers in ({}, sign(body, 'another secret'), sign(body + b' '), {'Authorization': 'Bearer wrong'},
                        {'X-Hub-Signature-256': 'sha1=0'}):
            status, answer = self.post(body, headers)
            self.assertEqual(status, 401)
            self.assertIn('not authenticated', answer['error'])
            self.assertEqual(self.follow(path, headers)[0], 401)
        self.assertEqual(self.unchanged(), before)
        status, answer = self.post(body, {'Authorization': f'Bearer {TOKEN}'})
        self.assertEqual((status, answer['changed']), (201, False))
        self.assertEqual(self.follow(path, {'Authorization': f'Bearer {TOKEN}'})[1]['phase'], 'Healthy')

        self.write_secrets(SECRET, 'the next one')
        body = release_body('rotated-0', image='shop:v1')
        eventually(lambda: self.post(body, sign(body, 'the next one'))[0] == 201, 'the new secret is good')
        body = release_body('rotated-1', image='shop:v1')
        self.assertEqual(self.post(body, sign(body, SECRET))[0], 201)
        self.write_secrets('the next one')
        eventually(lambda: self.post(body, sign(body, SECRET))[0] == 401, 'the old secret is bad')
        self.assertEqual(self.post(body, sign(body, 'the next one'))[0], 200)

    def test_what_is_refused_changes_nothing(self):
        before = self.unchanged()
        good = release_body('build-1')
        release = '/v1/rollouts/default/shop/release'
        cases = [
            (400, 'more than 5m', release_body('old', ago=301), release),
            (400, 'more than 5m', release_body('early', ago=-310), release),
            (404, 'nobody', good, '/v1/rollouts/default/nobody/release'),
            (404, 'not found', good, '/v1/rollouts/nowhere/shop/release'),
            (404, 'expected POST', good, '/v1/rollouts/default/shop/releases'),
            (413, '65536', b' ' * 65537, release),
            (400, 'JSON', good[:-5], release),
            (400, 'object', b'[]', release),
            (400, 'id', json.dumps({'issuedAt': timestamp(), 'images': {'shop': 'shop:v2'}}).encode(), release),
            (400, 'issuedAt', json.dumps({'id': 'x', 'issuedAt': 'today', 'images': {'shop': 'shop:v2'}}).encode(), release),
            (400, 'images', json.dumps({'id': 'x', 'issuedAt': timestamp(), 'images': {}}).encode(), release),
            (400, 'no such container', release_body('x', container='cart'), release),
        ]
        for code, words, body, path in cases:
            with self.subTest(words):
                status, answer = self.post(body, path=path)
                self.assertEqual(status, code, answer)
                self.assertIn(words, answer['error'])
        self.assertEqual(self.follow('/v1/rollouts/default/shop?release=never')[0], 404)
        self.assertEqual(self.unchanged(), before)

    def raw(self, data, finish=True):
        """What the server answers to bytes on a connection; empty where it closes without a word."""
        host, port = re.fullmatch(r'http://(.+):(\d+)', self.cluster.controller).groups()
        with socket.create_connection((host, int(port)), timeout=DEADLINE) as connection:
            connection.sendall(data)
            if finish:
                connection.shutdown(socket.SHUT_WR)
            answer = b''
            while part := connection.recv(65536):
                answer += part
        return answer.decode()

    def test_broken_bodies_change_nothing(self):
        before = self.unchanged()
        body = release_body('build-1')
        head = f'POST /v1/rollouts/default/shop/release HTTP/1.1\r\nHost: x\r\nX-Hub-Signature-256: ' \
               f'{sign(body)["X-Hub-Signature-256"]}\r\n'
        truncated = self.raw(f'{head}Content-Length: {len(body)}\r\n\r\n'.encode() + body[:-5])
        self.assertRegex(truncated, r'^(HTTP/1.1 4\d\d |$)')
        huge = self.raw(f'{head}Content-Length: 1000000000\r\n\r\n'.encode() + body, finish=False)
        self.assertRegex(huge, r'^HTTP/1.1 413 ')
        self.assertEqual(self.unchanged(), before)

    def test_health_and_metrics(self):
        cluster = self.cluster
        self.assertEqual(request(cluster.controller + '/healthz'), (200, 'ok'))
        self.assertEqual(request(cluster.controller + '/readyz'), (200, 'ok'))
        self.assertEqual(request(cluster.controller + '/nowhere')[0], 404)
        status, text = request(cluster.controller + '/metrics')
        self.assertEqual(status, 200)
        found = re.search(r'^rollout_info\{([^}]*)\} 1$', text, re.MULTILINE)
        self.assertTrue(found, text)
        labels = dict(re.findall(r'(\w+)="([^"]*)"', found[1]))
        self.assertEqual((labels['name'], labels['namespace'], labels['phase']), ('shop', 'default', 'Healthy'))
        self.assertRegex(text, re.compile(r'^sluice_reconcile_seconds_count \d+$', re.MULTILINE))


class Off(ClusterTest):
    def test_without_secrets_there_is_no_webhook(self):
        cluster = self.start_cluster()
        body = release_body('build-1')
        status, text = request(cluster.controller + '/v1/rollouts/default/shop/release', 'POST', body, sign(body))
        self.assertEqual(status, 404)
        self.assertIn('the webhook is off', text)


if __name__ == '__main__':
    main()
