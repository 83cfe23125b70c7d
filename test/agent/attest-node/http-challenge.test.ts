/** http_challenge on the agent: what it claims, and that its nonce is served while it attests and not a moment longer. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostname } from 'node:os';
import { httpChallenge } from '../../../agent/attest-node/http-challenge.ts';
import type { HttpChallengeConfig } from '../../../agent/config/node-attestor-plugin.ts';
import { utf8 } from '../../../shared/bytes.ts';
import { Code } from '../../../shared/errors.ts';

const begun = async (config: Partial<HttpChallengeConfig> = {}) => {
  const proof = await httpChallenge({
    kind: 'http_challenge',
    hostname: 'node-1',
    agentName: 'default',
    port: 0,
    advertisedPort: undefined,
    ...config,
  }).begin();
  const claim = JSON.parse(Buffer.from(proof.payload).toString()) as { port: number };
  const path = '/.well-known/spiffe/nodeattestor/http_challenge/default/challenge';
  const ask = (at = path, init: RequestInit = {}) => fetch(`http://127.0.0.1:${claim.port}${at}`, init);
  return { proof, claim, ask };
};

test('serves the nonce under its path alone, from the challenge to the end', async () => {
  const { proof, ask } = await begun();
  assert.equal((await ask()).status, 404);
  assert.equal(Buffer.from(await proof.answer(utf8('{"nonce":"abc-_="}'))).toString(), '\n');
  assert.equal(await (await ask()).text(), 'abc-_=\n');
  assert.equal((await ask('/')).status, 404);
  assert.equal((await ask(undefined, { method: 'POST' })).status, 404);
  await proof.end();
  await assert.rejects(ask());
});

test('claims its host, its name, and the port it listens on or is reached at', async () => {
  const plain = await begun({ agentName: 'second' });
  assert.deepEqual(plain.claim, { hostname: 'node-1', agentname: 'second', port: plain.claim.port });
  assert.ok(plain.claim.port > 0);
  const behind = await begun({ hostname: undefined, advertisedPort: 80 });
  assert.deepEqual(behind.claim, { hostname: hostname(), agentname: 'default', port: 80 });
  for (const { proof } of [plain, behind]) await proof.end();
});

test('serves nothing that is no nonce, and no second one', async () => {
  const { proof, ask } = await begun();
  for (const challenge of ['', '{}', '{"nonce":7}', '{"nonce":"<script>"}', `{"nonce":"${'a'.repeat(200)}"}`])
    await assert.rejects(proof.answer(utf8(challenge)), { code: Code.failedPrecondition });
  await proof.answer(utf8('{"nonce":"first"}'));
  await assert.rejects(proof.answer(utf8('{"nonce":"second"}')), /second challenge/);
  assert.equal(await (await ask()).text(), 'first\n');
  await proof.end();
});

test('says what to do where it cannot listen', async () => {
  const first = await begun();
  await assert.rejects(begun({ port: first.claim.port }), {
    code: Code.failedPrecondition,
    message: /cannot listen on port \d+: another program listens there: stop it, or set port$/,
  });
  await first.proof.end();
});
