/** A workload written with the Python SDK, beside one written with our library, served by a real Writ. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { realpathSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import {
  authorizeId,
  connectMtls,
  createMtlsServer,
  peerIdOf,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { providePython } from '../install.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { System } from '../system.ts';

const ROTATING_TTL_SECONDS = 20;
const ROTATION_LIMIT_MS = 60_000;

let system: System;
let python: string;
let source: X509Source;
let pyEntry: string;
let pyRegistration: { readonly spiffeId: string; readonly selectors: readonly string[] };
const closing: (() => Promise<unknown> | void)[] = [];
const pyId = SpiffeId.parse('spiffe://example.org/py');
const nodeId = SpiffeId.parse('spiffe://example.org/node-service');
const strangerId = SpiffeId.parse('spiffe://example.org/stranger');

before(async () => {
  python = providePython(join(import.meta.dirname, 'requirements.txt'));
  system = await System.start();
  // The kernel knows the interpreter alone, by where its link leads.
  pyRegistration = { spiffeId: pyId.toString(), selectors: [`unix:path:${realpathSync(python)}`] };
  pyEntry = await system.register(pyRegistration);
  await system.register({ spiffeId: nodeId.toString(), selectors: [`unix:path:${process.execPath}`] });
  source = await X509Source.create({ address: system.workloadApi, signal: AbortSignal.timeout(30_000) });
});

after(async () => {
  for (const close of closing.toReversed()) await close();
  source?.close();
  await system?.stop();
});

function peer(...args: readonly string[]): Peer {
  const started = Peer.start(system, python, [join(import.meta.dirname, 'peer.py'), ...args]);
  closing.push(() => started.stop());
  return started;
}

/** Our service: greets one client. */
async function serveNode(client: SpiffeId): Promise<{ address: string; greeted: SpiffeId[] }> {
  const greeted: SpiffeId[] = [];
  const server = createMtlsServer({ source, authorize: authorizeId(client) }, (socket) => {
    socket.on('error', () => {});
    greeted.push(peerIdOf(socket));
    socket.end(`hello ${peerIdOf(socket)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, greeted };
}

/** Calls a service as our client; what it said, which is nothing when it refused, and with which certificate. */
async function meet(address: string, server: SpiffeId): Promise<{ text: string; serial: string }> {
  const [host = '', port = ''] = address.split(':');
  const socket = await connectMtls({ source, authorize: authorizeId(server) }, { host, port: Number(port) });
  const serial = BigInt(`0x${socket.getPeerX509Certificate()?.serialNumber ?? 0}`).toString();
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  await once(socket, 'close');
  return { text, serial };
}

const callFromNode = async (address: string, server: SpiffeId): Promise<string> =>
  (await meet(address, server)).text;

async function servePy(
  client: SpiffeId,
  how: 'serve' | 'serve-anew' = 'serve',
): Promise<{ server: Peer; address: string }> {
  const server = peer(how, client.toString());
  const { address = '' } = await server.next('address', ({ event }) => event === 'listening');
  return { server, address };
}

const isOutcome = ({ event }: PeerEvent): boolean => ['svid', 'answer', 'failed'].includes(event);
const isUpdate = ({ event }: PeerEvent): boolean => event === 'update';

test('the Python SDK gets its X.509 context over the Unix socket', async () => {
  const { serial, ...rest } = await peer('fetch').next('an SVID', isOutcome);
  assert.deepEqual(rest, { event: 'svid', id: pyId.toString(), chain: 1, bundles: ['example.org'] });
  assert.match(serial ?? '', /^\d+$/);
});

test('a Python client and our server know each other by their IDs', async () => {
  const { address, greeted } = await serveNode(pyId);
  const answer = await peer('call', address, nodeId.toString()).next('an answer', isOutcome);
  assert.deepEqual(answer, { event: 'answer', id: nodeId.toString(), text: `hello ${pyId}` });
  assert.ok(greeted[0]?.equals(pyId));
});

test('our client and a Python server know each other by their IDs', async () => {
  const { server, address } = await servePy(nodeId);
  assert.equal(await callFromNode(address, pyId), `hello ${nodeId}`);
  const accepted = await server.next('a client', ({ event }) => event === 'accepted');
  assert.equal(accepted.id, nodeId.toString());
});

test('a Python client refuses our server when it has another ID than the one it wants', async () => {
  const { address, greeted } = await serveNode(pyId);
  const refused = await peer('call', address, strangerId.toString()).next('a refusal', isOutcome);
  assert.equal(refused.event, 'failed');
  assert.match(refused.error ?? '', /TLS connection failed.*certificate verify failed/);
  assert.deepEqual(greeted, []);
});

test('our server refuses a Python client that has another ID than the one it wants', async () => {
  const { address, greeted } = await serveNode(strangerId);
  const refused = await peer('call', address, nodeId.toString()).next('a refusal', isOutcome);
  assert.notEqual(refused.text, `hello ${pyId}`);
  assert.deepEqual(greeted, []);
});

test('our client refuses a Python server that has another ID than the one it wants', async () => {
  const { address } = await servePy(nodeId);
  await assert.rejects(callFromNode(address, strangerId), /unexpected peer spiffe:\/\/example\.org\/py/);
});

test('a Python server refuses our client when it has another ID than the one it wants', async () => {
  const { server, address } = await servePy(strangerId);
  const text = await callFromNode(address, pyId).catch((error: unknown) => error);
  assert.notEqual(text, `hello ${nodeId}`);
  await server.next('a refusal', ({ event }) => event === 'refused');
});

test('a Python watch, source and server see their SVID rotate, and mTLS goes on with the new one', async () => {
  await system.admin.updateEntry(pyEntry, {
    ...pyRegistration,
    parentId: system.nodeId,
    x509SvidTtlSeconds: ROTATING_TTL_SECONDS,
  });
  const watchers = [peer('watch'), peer('source')];
  const server = await servePy(nodeId, 'serve-anew');
  const presented = new Set<string>();
  const serials = new Map<Peer, string | undefined>();
  for (const watcher of watchers)
    serials.set(watcher, (await watcher.next('the first SVID', isUpdate)).serial);
  for (let rotation = 0; rotation < 3; rotation += 1) {
    for (const watcher of watchers) {
      const serial = serials.get(watcher);
      const next = await watcher.next(
        'another SVID',
        (event) => isUpdate(event) && event.serial !== serial && event.id === pyId.toString(),
        { skip: watcher.seenUpTo(serial), limitMs: ROTATION_LIMIT_MS },
      );
      serials.set(watcher, next.serial);
    }
    const { text, serial } = await meet(server.address, pyId);
    assert.equal(text, `hello ${nodeId}`);
    presented.add(serial);
  }
  assert.ok(presented.size > 1, 'the server presents what is new');
  for (const watcher of watchers) assert.ok(watcher.events().every(isUpdate));
});

test('a Python workload sees its identity go, and come back on the stream that it holds', async () => {
  const watcher = peer('watch');
  await watcher.next('the first SVID', isUpdate);
  await system.admin.deleteEntry(pyEntry);
  let last: PeerEvent = { event: 'svid' };
  for (let attempt = 0; attempt < 20 && last.event === 'svid'; attempt += 1) {
    last = await peer('fetch').next('an outcome', isOutcome);
  }
  assert.equal(last.event, 'failed');
  assert.match(last.error ?? '', /no identity issued|PERMISSION_DENIED/);
  const seen = watcher.events().length;
  pyEntry = await system.register(pyRegistration);
  const back = await watcher.next('the return', isUpdate, { skip: seen });
  assert.equal(back.id, pyId.toString());
  const { address } = await serveNode(pyId);
  const answer = await peer('call', address, nodeId.toString()).next('an answer', isOutcome);
  assert.equal(answer.text, `hello ${pyId}`);
});
