/** The tokens that our server signs, verified by the Go SDK with the bundle that our server prints; no agent is asked. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { toBase64 } from '../../../shared/bytes.ts';
import { type Jwk, publicKeyFromJwk } from '../../../shared/crypto/jwk.ts';
import type { PeerEvent } from '../peer.ts';
import { System } from '../system.ts';
import { TRUST_DOMAIN } from '../system-files.ts';
import { buildPeer } from './build.ts';

const ID = `spiffe://${TRUST_DOMAIN}/minted`;

for (const keyType of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
  describe(`tokens by keys of type ${keyType}`, () => {
    let system: System;
    let program: string;
    let bundle: unknown;

    before(async () => {
      system = await System.startWithoutAgent({ caKeyType: keyType, hasWitSvids: true });
      program = buildPeer(system);
      bundle = JSON.parse(await system.serverCli('bundle', 'show', '-format', 'spiffe'));
    });
    after(() => system?.stop());

    const verified = (kind: 'jwt' | 'wit', token: string, audience = 'one'): PeerEvent => {
      const input = JSON.stringify({ trust_domain: TRUST_DOMAIN, bundle, kind, audience, token });
      const { stdout } = spawnSync(program, ['verify'], { input, encoding: 'utf8' });
      return JSON.parse(stdout) as PeerEvent;
    };

    test('the Go SDK takes a JWT-SVID for what it is, and for no other audience', async () => {
      const words = ['jwt', 'mint', '-spiffeID', ID, '-audience', 'one', '-audience', 'two', '-ttl', '60s'];
      const token = (await system.serverCli(...words)).trimEnd();
      const { event, id, text, error } = verified('jwt', token);
      assert.deepEqual([event, id], ['answer', ID], error ?? '');
      const claims = JSON.parse(text ?? '') as Record<string, unknown>;
      assert.deepEqual(claims['aud'], ['one', 'two']);
      assert.equal(Number(claims['exp']) - Number(claims['iat']), 60);
      assert.equal(verified('jwt', token, 'two').event, 'answer');
      assert.match(verified('jwt', token, 'three').error ?? '', /expected audience in \["three"\]/);
      assert.equal(verified('wit', token).event, 'failed');
    });

    test('the Go SDK takes a WIT-SVID for what it is, and not for a JWT-SVID', async () => {
      for (const flags of [
        [],
        ['-keyType', 'ec-p384'],
        ['-keyType', 'rsa-2048', '-signingAlgorithm', 'PS256'],
      ]) {
        const out = await system.serverCli('wit', 'mint', '-spiffeID', ID, ...flags);
        const [token = '', key = ''] = out.split('\n');
        const { event, id, text, error } = verified('wit', token);
        assert.deepEqual([event, id], ['answer', ID], error ?? '');
        const found = JSON.parse(text ?? '') as { key: string };
        assert.equal(found.key, toBase64(publicKeyFromJwk(JSON.parse(key) as Jwk)));
        assert.equal(verified('jwt', token).event, 'failed');
      }
    });
  });
}
