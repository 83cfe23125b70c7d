/** x509pop on the agent: which files prove a node, and what is said of those that do not. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { x509pop } from '../../../agent/attest-node/x509pop.ts';
import { fromBase64, toBase64, utf8 } from '../../../shared/bytes.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { Code } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { type NodeIdentity, NodePki } from '../../fakes/node-pki.ts';
import { FakeRandom } from '../../fakes/random.ts';

const directory = mkdtempSync(join(tmpdir(), 'writ-x509pop-agent-'));
const at = (name: string): string => join(directory, name);
let node: NodeIdentity;

before(async () => {
  node = await (await NodePki.make(new FakeClock().now())).leaf();
  const [leaf = new Uint8Array(), issuer = new Uint8Array()] = node.chain;
  writeFileSync(at('leaf.pem'), formatPem('CERTIFICATE', leaf));
  writeFileSync(at('issuer.pem'), formatPem('CERTIFICATE', issuer));
  writeFileSync(at('sec1.pem'), node.key.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  writeFileSync(at('pkcs8.pem'), node.key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
  writeFileSync(at('both.pem'), formatPem('CERTIFICATE', leaf) + formatPem('CERTIFICATE', issuer));
  symlinkSync(at('sec1.pem'), at('link.pem'));
});
after(() => rmSync(directory, { recursive: true }));

const attestor = (privateKeyPath: string, certificatePath = at('leaf.pem'), intermediatesPath?: string) =>
  x509pop(
    { kind: 'x509pop', privateKeyPath, certificatePath, intermediatesPath },
    { random: new FakeRandom() },
  );

test('sends the leaf, then what is in its file and in that of the intermediates', async () => {
  for (const half of [
    attestor(at('sec1.pem'), at('both.pem')),
    attestor(at('pkcs8.pem'), at('leaf.pem'), at('issuer.pem')),
    attestor(at('link.pem'), at('leaf.pem'), at('issuer.pem')),
  ]) {
    const { certificates } = JSON.parse(Buffer.from((await half.begin()).payload).toString());
    assert.deepEqual(certificates, node.chain.map(toBase64));
  }
});

test('signs the nonce of the server with one of its own, and tells neither kind apart wrongly', async () => {
  const proof = await attestor(at('sec1.pem')).begin();
  const nonce = toBase64(new Uint8Array(32));
  const answer = await proof.answer(utf8(`{"rsa_signature":null,"ecdsa_signature":{"nonce":"${nonce}"}}`));
  const { rsa_signature: rsa, ecdsa_signature: ecdsa } = JSON.parse(Buffer.from(answer).toString()) as {
    readonly rsa_signature: unknown;
    readonly ecdsa_signature: Readonly<Record<'nonce' | 'r' | 's', string>>;
  };
  assert.equal(rsa, null);
  assert.notEqual(ecdsa.nonce, nonce);
  for (const part of [ecdsa.nonce, ecdsa.r, ecdsa.s]) assert.equal(fromBase64(part)?.length, 32);
  const asked = (challenge: string) =>
    attestor(at('sec1.pem'))
      .begin()
      .then((one) => one.answer(utf8(challenge)));
  await assert.rejects(asked(`{"rsa_signature":{"nonce":"${nonce}"}}`), /expecting ECDSA challenge/);
  await assert.rejects(asked('{"ecdsa_signature":{"nonce":"AAAA"}}'), /invalid challenge nonce/);
  await assert.rejects(asked('no JSON'), /unable to unmarshal challenge/);
});

test('says which file is not right, and what to do', async () => {
  writeFileSync(
    at('other.pem'),
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    { mode: 0o600 },
  );
  writeFileSync(at('open.pem'), node.key.export({ type: 'pkcs8', format: 'pem' }));
  chmodSync(at('open.pem'), 0o644);
  for (const [half, message] of [
    [attestor('/no/key.pem'), /^x509pop: \/no\/key\.pem: .*ENOENT/],
    [attestor(at('sec1.pem'), '/no/leaf.pem'), /^x509pop: \/no\/leaf\.pem: .*ENOENT/],
    [attestor(at('sec1.pem'), at('leaf.pem'), at('sec1.pem')), /sec1\.pem: there is no certificate in it$/],
    [attestor(at('leaf.pem')), /leaf\.pem: .*(?:no private key|chmod 600)/],
    [attestor(at('other.pem')), /other\.pem: it is not the key of the certificate/],
    [attestor(at('open.pem')), /open\.pem: everybody on this machine can read it: chmod 600 it$/],
  ] as const)
    await assert.rejects(half.begin(), { code: Code.failedPrecondition, message });
});
