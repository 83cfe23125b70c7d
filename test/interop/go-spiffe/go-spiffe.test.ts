/** A workload written with the Go SDK, beside one written with ours, served by a real Writ. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Server, TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { parseBundleJson } from '../../../shared/bundle/bundle-json.ts';
import {
  authorizeId,
  connectMtls,
  createMtlsServer,
  peerIdOf,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { eventually } from '../program.ts';
import { System, WRIT } from '../system.ts';
import { buildPeer } from './build.ts';

const run = promisify(execFile);
const ROTATING_TTL_SECONDS = 20;
const ROTATION_LIMIT_MS = 60_000;

let system: System;
let program: string;
let source: X509Source;
let goEntry: string;
let nodeEntry: string;
const closing: (() => Promise<unknown> | void)[] = [];
const goId = SpiffeId.parse('spiffe://example.org/go');
const nodeId = SpiffeId.parse('spiffe://example.org/node-service');
const nodeRegistration = { spiffeId: nodeId.toString(), selectors: [`unix:path:${process.execPath}`] };
const strangerId = SpiffeId.parse('spiffe://example.org/stranger');

before(async () => {
  system = await System.start();
  program = buildPeer(system);
  goEntry = await system.register({ spiffeId: goId.toString(), selectors: [`unix:path:${program}`] });
  nodeEntry = await system.register(nodeRegistration);
  source = await X509Source.create({ address: system.workloadApi, signal: AbortSignal.timeout(30_000) });
});

after(async () => {
  for (const close of closing.toReversed()) await close();
  source?.close();
  await system?.stop();
});

function peer(...args: readonly string[]): Peer {
  const started = Peer.start(system, program, args);
  closing.push(() => started.stop());
  return started;
}

/** What a command of the server prints. */
async function writ(...args: readonly string[]): Promise<string> {
  const socket = ['-socketPath', system.files.serverSocket];
  return (await run(WRIT, ['server', ...args, ...socket])).stdout;
}

/** Our service: greets one client. */
async function serveNode(client: SpiffeId): Promise<{ address: string; greeted: SpiffeId[] }> {
  const greeted: SpiffeId[] = [];
  const server: Server = createMtlsServer({ source, authorize: authorizeId(client) }, (socket) => {
    socket.on('error', () => {});
    greeted.push(peerIdOf(socket));
    socket.end(`hello ${peerIdOf(socket)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { address: `127.0.0.1:${port}`, greeted };
}

/** Calls a service as our client; what it said, which is nothing when it refused. */
async function callFromNode(address: string, server: SpiffeId): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  const socket = await connectMtls({ source, authorize: authorizeId(server) }, { host, port: Number(port) });
  assert.ok(socket instanceof TLSSocket);
  assert.ok(peerIdOf(socket).equals(server));
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  await once(socket, 'close');
  return text;
}

const isAddress = ({ event }: PeerEvent): boolean => event === 'listening';

async function serveGo(client: SpiffeId): Promise<{ server: Peer; address: string }> {
  const server = peer('serve', client.toString());
  const { address = '' } = await server.next('address', isAddress);
  return { server, address };
}

test('X509Source of the Go SDK gets its SVID and verifies it against its bundle', async () => {
  const { id, chain } = await peer('fetch').next(
    'an SVID',
    ({ event }) => event === 'svid' || event === 'failed',
  );
  assert.equal(id, goId.toString());
  assert.equal(chain, 1, 'the authority is not appended');
});

test('the Go SDK reads and writes our bundle, and we read what it wrote', async () => {
  const path = join(system.files.directory, 'bundle.json');
  const own = await writ('bundle', 'show', '-format', 'spiffe');
  writeFileSync(path, own);
  const {
    id,
    chain,
    text = '',
  } = await peer('bundle', 'example.org', path).next(
    'the bundle',
    ({ event }) => event === 'answer' || event === 'failed',
  );
  assert.equal(id, 'example.org');
  const read = (written: string) => parseBundleJson(written, TrustDomain.parse('copy.org'));
  assert.equal(chain, read(own).x509Authorities.length);
  writeFileSync(path, text);
  assert.equal(
    await writ('bundle', 'set', '-id', 'copy.org', '-path', path, '-format', 'spiffe'),
    'bundle set.\n',
  );
  const copied = read(await writ('bundle', 'list', '-id', 'copy.org', '-format', 'spiffe'));
  const byKeyId = (bundle: Bundle) => bundle.jwtAuthorities.toSorted((a, b) => (a.keyId < b.keyId ? -1 : 1));
  assert.deepEqual(
    { ...copied, jwtAuthorities: byKeyId(copied) },
    { ...read(own), jwtAuthorities: byKeyId(read(own)) },
  );
  assert.ok(copied.jwtAuthorities.length > 0 && copied.sequenceNumber > 0);
});

test('a Go client and our server know each other by their IDs', async () => {
  const { address, greeted } = await serveNode(goId);
  const answer = await peer('call', address, nodeId.toString()).next(
    'an answer',
    ({ event }) => event === 'answer' || event === 'failed',
  );
  assert.deepEqual(answer, { event: 'answer', id: nodeId.toString(), text: `hello ${goId}` });
  assert.ok(greeted[0]?.equals(goId));
});

test('our client and a Go server know each other by their IDs', async () => {
  const { server, address } = await serveGo(nodeId);
  assert.equal(await callFromNode(address, goId), `hello ${nodeId}`);
  const accepted = await server.next('a client', ({ event }) => event === 'accepted');
  assert.equal(accepted.id, nodeId.toString());
});

test('a Go client refuses our server when it has another ID than the one it wants', async () => {
  const { address, greeted } = await serveNode(goId);
  const refused = await peer('call', address, strangerId.toString()).next(
    'a refusal',
    ({ event }) => event === 'failed' || event === 'answer',
  );
  assert.equal(refused.event, 'failed');
  assert.match(refused.error ?? '', /unexpected ID/);
  assert.deepEqual(greeted, []);
});

test('our server refuses a Go client that has another ID than the one it wants', async () => {
  const { address, greeted } = await serveNode(strangerId);
  const refused = await peer('call', address, nodeId.toString()).next(
    'a refusal',
    ({ event }) => event === 'failed' || event === 'answer',
  );
  assert.notEqual(refused.text, `hello ${goId}`);
  assert.deepEqual(greeted, []);
});

test('our client refuses a Go server that has another ID than the one it wants', async () => {
  const { address } = await serveGo(nodeId);
  await assert.rejects(callFromNode(address, strangerId), /unexpected peer spiffe:\/\/example\.org\/go/);
});

test('a Go server refuses our client when it has another ID than the one it wants', async () => {
  const { server, address } = await serveGo(strangerId);
  const text = await callFromNode(address, goId).catch((error: unknown) => error);
  assert.notEqual(text, `hello ${nodeId}`);
  const refused = await server.next('a refusal', ({ event }) => event === 'refused');
  assert.match(refused.error ?? '', /unexpected ID/);
});

test('a Go watch sees its SVID rotate, and mTLS goes on with the new one', async () => {
  await system.admin.updateEntry(goEntry, {
    spiffeId: goId.toString(),
    parentId: system.nodeId,
    selectors: [`unix:path:${program}`],
    x509SvidTtlSeconds: ROTATING_TTL_SECONDS,
  });
  const watcher = peer('watch');
  const server = await serveGo(nodeId);
  const first = await watcher.next('the first SVID', ({ event }) => event === 'update');
  assert.deepEqual(first.bundles, ['example.org']);
  for (let rotation = 0, serial = first.serial; rotation < 2; rotation += 1) {
    const next = await watcher.next(
      'another SVID',
      (event) => event.event === 'update' && event.serial !== serial && event.id === goId.toString(),
      { skip: watcher.seenUpTo(serial), limitMs: ROTATION_LIMIT_MS },
    );
    serial = next.serial;
    assert.equal(await callFromNode(server.address, goId), `hello ${nodeId}`);
  }
  assert.deepEqual(
    watcher.events().filter(({ event }) => event !== 'update'),
    [],
  );
});

test('a Go watch sees its identity go, and come back', async () => {
  const watcher = peer('watch');
  await watcher.next('the first SVID', ({ event }) => event === 'update');
  await system.admin.deleteEntry(goEntry);
  const denied = await watcher.next('the loss', ({ event }) => event === 'error');
  assert.equal(denied.code, 'PermissionDenied');
  assert.match(denied.error ?? '', /no identity issued/);
  const seen = watcher.events().length;
  goEntry = await system.register({ spiffeId: goId.toString(), selectors: [`unix:path:${program}`] });
  const back = await watcher.next('the return', ({ event }) => event === 'update', { skip: seen });
  assert.equal(back.id, goId.toString());
});

test('our source sees its identity go, and come back', async () => {
  await system.admin.deleteEntry(nodeEntry);
  await eventually('loss', () => (hasIdentity() ? undefined : true));
  const { address } = await serveGo(nodeId);
  await assert.rejects(callFromNode(address, goId), /no X.509-SVID at the moment/);
  nodeEntry = await system.register(nodeRegistration);
  await eventually('return', () => hasIdentity() || undefined);
  assert.equal(await callFromNode(address, goId), `hello ${nodeId}`);
});

function hasIdentity(): boolean {
  try {
    return source.identity().svid.id.equals(nodeId);
  } catch {
    return false;
  }
}
