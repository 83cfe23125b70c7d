/** Which certificates a TLS peer is taken to have presented. */
import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { generateKeyPair, privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { peerChain } from '../../../shared/tls/peer-chain.ts';
import { type Entity, makeIntermediate, makeLeaf, makeRoot, named } from '../crypto/pki.ts';

const HOUR_MS = 3_600_000;
const pem = (entities: readonly Entity[]): string =>
  entities.map(({ certificate }) => formatPem('CERTIFICATE', certificate.raw)).join('');

/** What each side takes the other's chain to be, by the names in `entities`. */
async function exchange(chain: readonly Entity[], key: string, store: readonly Entity[]) {
  const identity = { cert: pem(chain), key, ca: pem(store), rejectUnauthorized: false };
  const server = createServer({ ...identity, requestCert: true });
  const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ ...identity, port, host: '127.0.0.1', servername: 'any' });
  await new Promise((resolve) => client.once('secureConnect', resolve));
  const socket = await accepted;
  try {
    return [peerChain(socket), peerChain(client)];
  } finally {
    client.destroy();
    socket.destroy();
    server.close();
  }
}

async function makeEntities() {
  const validity = {
    notBefore: new Date(Date.now() - HOUR_MS),
    notAfter: new Date(Date.now() + HOUR_MS),
  };
  const { privateKey, publicKey } = await generateKeyPair('ec-p256');
  const root = await makeRoot(validity);
  const intermediate = await makeIntermediate(root, validity);
  const namesake = await makeIntermediate(root, validity);
  const stranger = await makeRoot({ ...validity, subject: named('stranger') });
  const leaf = await makeLeaf(intermediate, { ...validity, publicKey });
  const key = formatPem('PRIVATE KEY', privateKeyToPkcs8(privateKey));
  return { root, intermediate, namesake, stranger, leaf, key };
}

const { key, ...entities } = await makeEntities();
const { leaf, intermediate, namesake, stranger, root } = entities;

const SENT: Readonly<Record<string, readonly Entity[]>> = {
  'a leaf alone': [leaf],
  'a leaf and its issuer': [leaf, intermediate],
  'certificates that have nothing to do with it': [leaf, stranger, intermediate, namesake],
  'the root too': [leaf, intermediate, root],
  'the same certificate twice': [leaf, intermediate, intermediate],
};

for (const [what, chain] of Object.entries(SENT)) {
  test(`a peer that sends ${what} has sent that, whatever else is in the store`, async () => {
    const sent = chain.map(({ certificate }) => certificate.raw);
    for (const seen of await exchange(chain, key, [root, namesake])) assert.deepEqual(seen, sent);
  });
}

test('a peer without a certificate has sent none', async () => {
  const server = createServer({ cert: pem([leaf]), key, requestCert: true, rejectUnauthorized: false });
  const accepted = new Promise<TLSSocket>((resolve) => server.once('secureConnection', resolve));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = connect({ port, host: '127.0.0.1', servername: 'any', rejectUnauthorized: false });
  client.on('error', () => {});
  const socket = await accepted;
  assert.deepEqual(peerChain(socket), []);
  client.destroy();
  socket.destroy();
  server.close();
});

test('a connection that is gone has shown nothing', async () => {
  const [seen] = await exchange([leaf], key, []);
  assert.equal(seen?.length, 1);
  const client = connect({ port: 9, host: '127.0.0.1' });
  client.on('error', () => {});
  client.destroy();
  assert.deepEqual(peerChain(client), []);
});
