/**
 * What a workload written with any SDK can do, told as tests: it gets its SVIDs and tokens from a real Writ, and speaks mTLS
 * with our library. The suites of the SDKs call this with their program, which takes the same words in every language.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import {
  authorizeId,
  connectMtls,
  createMtlsServer,
  peerIdOf,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { System } from '../system.ts';

/** A program that is run with one of the words `fetch`, `watch`, `source`, `serve`, `call`, `token`, `validate`. */
export interface SdkProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** What the kernel knows it by. */
  readonly path: string;
}

export interface Sdk {
  /** As in "a Rust workload". */
  readonly name: string;
  readonly build: (system: System) => SdkProgram;
  /** Whether the word `watch` says that its workload has lost its identity. */
  readonly tellsLoss: boolean;
  /** What a refused TLS peer is told, or tells. */
  readonly refusal: RegExp;
}

const ROTATING_TTL_SECONDS = 20;
const ROTATIONS = 2;
const ROTATION_LIMIT_MS = 60_000;
const AUDIENCE = 'spiffe://example.org/node-service';

const DENIED = /no identity issued|permission.?denied/i;

const isOutcome = ({ event }: PeerEvent): boolean => ['svid', 'answer', 'token', 'failed'].includes(event);
const isUpdate = ({ event }: PeerEvent): boolean => event === 'update';
const isError = ({ event }: PeerEvent): boolean => event === 'error';

export function claims({ name, build, tellsLoss, refusal }: Sdk): void {
  const peerId = SpiffeId.parse(`spiffe://example.org/${name.toLowerCase()}`);
  const nodeId = SpiffeId.parse('spiffe://example.org/node-service');
  const strangerId = SpiffeId.parse('spiffe://example.org/stranger');
  const closing: (() => Promise<unknown> | void)[] = [];
  let system: System;
  let program: SdkProgram;
  let source: X509Source;
  let entryId: string;
  let registration: { readonly spiffeId: string; readonly selectors: readonly string[] };

  before(async () => {
    system = await System.start();
    program = build(system);
    registration = { spiffeId: peerId.toString(), selectors: [`unix:path:${program.path}`] };
    entryId = await system.register(registration);
    await system.register({ spiffeId: nodeId.toString(), selectors: [`unix:path:${process.execPath}`] });
    source = await X509Source.create({ address: system.workloadApi, signal: AbortSignal.timeout(30_000) });
  });

  after(async () => {
    for (const close of closing.toReversed()) await close();
    source?.close();
    await system?.stop();
  });

  function peer(...args: readonly string[]): Peer {
    const started = Peer.start(system, program.command, [...program.args, ...args]);
    closing.push(() => started.stop());
    return started;
  }

  const outcomeOf = (...args: readonly string[]): Promise<PeerEvent> =>
    peer(...args).next('an outcome', isOutcome);

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
    const wanted = { source, authorize: authorizeId(server) };
    const socket = await connectMtls(wanted, { host, port: Number(port) });
    const serial = BigInt(`0x${socket.getPeerX509Certificate()?.serialNumber ?? 0}`).toString();
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    await once(socket, 'close');
    return { text, serial };
  }

  async function serve(client: SpiffeId): Promise<{ server: Peer; address: string }> {
    const server = peer('serve', client.toString());
    const { address = '' } = await server.next('its address', ({ event }) => event === 'listening');
    return { server, address };
  }

  test(`a ${name} workload gets its X.509 context over the Unix socket`, async () => {
    const { serial, ...rest } = await outcomeOf('fetch');
    assert.deepEqual(rest, { event: 'svid', id: peerId.toString(), chain: 1, bundles: ['example.org'] });
    assert.match(serial ?? '', /^\d+$/);
  });

  test(`a ${name} client and our server know each other by their IDs, and no other`, async () => {
    const { address, greeted } = await serveNode(peerId);
    const answer = await outcomeOf('call', address, nodeId.toString());
    assert.deepEqual(answer, { event: 'answer', id: nodeId.toString(), text: `hello ${peerId}` });
    assert.ok(greeted[0]?.equals(peerId));
    const refused = await outcomeOf('call', address, strangerId.toString());
    assert.equal(refused.event, 'failed');
    assert.match(refused.error ?? '', refusal);
    assert.equal(greeted.length, 1);
    const other = await serveNode(strangerId);
    const unwanted = await outcomeOf('call', other.address, nodeId.toString());
    assert.notEqual(unwanted.text, `hello ${peerId}`);
    assert.deepEqual(other.greeted, []);
  });

  test(`our client and a ${name} server know each other by their IDs, and no other`, async () => {
    const { server, address } = await serve(nodeId);
    assert.equal((await meet(address, peerId)).text, `hello ${nodeId}`);
    const accepted = await server.next('a client', ({ event }) => event === 'accepted');
    assert.equal(accepted.id, nodeId.toString());
    await assert.rejects(meet(address, strangerId), new RegExp(`unexpected peer ${peerId}`));
    const other = await serve(strangerId);
    const said = await meet(other.address, peerId).catch((error: unknown) => ({ text: String(error) }));
    assert.notEqual(said.text, `hello ${nodeId}`);
    await other.server.next('a refusal', ({ event }) => event === 'refused');
  });

  test(`a ${name} workload gets a token for its audiences, and has it verified`, async () => {
    const token = await outcomeOf('token', AUDIENCE, 'another');
    assert.equal(token.error, undefined);
    assert.equal(token.event, 'token');
    assert.equal(token.id, peerId.toString());
    const { text = '' } = token;
    const verified = await outcomeOf('validate', AUDIENCE, text);
    assert.deepEqual(verified, { event: 'token', id: peerId.toString(), text: peerId.toString() });
    const refused = await outcomeOf('validate', 'somebody else', text);
    assert.equal(refused.event, 'failed');
    assert.match(refused.error ?? '', /audience/i);
  });

  test(`a ${name} watch, source and server see their SVID rotate, and mTLS goes on with the new one`, async () => {
    const rotating = { ...registration, parentId: system.nodeId, x509SvidTtlSeconds: ROTATING_TTL_SECONDS };
    await system.admin.updateEntry(entryId, rotating);
    const watchers = [peer('watch'), peer('source')];
    const server = await serve(nodeId);
    const presented = new Set<string>();
    const serials = new Map<Peer, string | undefined>();
    for (const watcher of watchers)
      serials.set(watcher, (await watcher.next('the first SVID', isUpdate)).serial);
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      for (const watcher of watchers) {
        const serial = serials.get(watcher);
        const isNext = (event: PeerEvent): boolean => isUpdate(event) && event.serial !== serial;
        const how = { skip: watcher.seenUpTo(serial), limitMs: ROTATION_LIMIT_MS };
        const next = await watcher.next('another SVID', isNext, how);
        assert.equal(next.id, peerId.toString());
        serials.set(watcher, next.serial);
      }
      const { text, serial } = await meet(server.address, peerId);
      assert.equal(text, `hello ${nodeId}`);
      presented.add(serial);
    }
    assert.ok(presented.size > 1, 'the server presents what is new');
    for (const watcher of watchers) assert.ok(watcher.events().every(isUpdate));
  });

  test(`a ${name} workload loses its identity, and its watch goes on when that comes back`, async () => {
    const watcher = peer('watch');
    await watcher.next('the first SVID', isUpdate);
    await system.admin.deleteEntry(entryId);
    let last: PeerEvent = { event: 'svid' };
    for (let attempt = 0; attempt < 20 && last.event === 'svid'; attempt += 1)
      last = await outcomeOf('fetch');
    assert.equal(last.event, 'failed');
    assert.match(last.error ?? '', DENIED);
    if (tellsLoss) assert.match((await watcher.next('the loss', isError)).error ?? '', DENIED);
    const seen = watcher.events().length;
    entryId = await system.register(registration);
    const back = await watcher.next('the return', isUpdate, { skip: seen });
    assert.equal(back.id, peerId.toString());
    const { address } = await serveNode(peerId);
    const again = await outcomeOf('call', address, nodeId.toString());
    assert.equal(again.error, undefined);
    assert.equal(again.text, `hello ${peerId}`);
  });
}
