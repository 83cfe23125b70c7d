/** Programs with every SDK, and one with our library, on one agent: each as a server and as a client of each. */
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
  JwtSource,
  peerIdOf,
  SpiffeId,
  X509Source,
} from '../../../shared/client/index.ts';
import { messageOf } from '../../../shared/errors.ts';
import { buildPeer as buildGo } from '../go-spiffe/build.ts';
import { providePython } from '../install.ts';
import { buildPeer as buildJava } from '../java-spiffe/build.ts';
import { Peer, type PeerEvent } from '../peer.ts';
import { buildPeer as buildRust } from '../rust-spiffe/build.ts';
import { System } from '../system.ts';
import type { SdkProgram } from './claims.ts';

/** They are all one service: who calls whom is the same in all of the pairs. */
const id = SpiffeId.parse('spiffe://example.org/mesh');
const AUDIENCE = id.toString();
const PY_SPIFFE = join(import.meta.dirname, '..', 'py-spiffe');

let system: System;
let source: X509Source;
let tokens: JwtSource;
const programs = new Map<string, SdkProgram>();
const addresses = new Map<string, string>();
const closing: (() => Promise<unknown> | void)[] = [];

const isOutcome = ({ event }: PeerEvent): boolean => ['answer', 'token', 'failed'].includes(event);

before(async () => {
  system = await System.start();
  const python = providePython(join(PY_SPIFFE, 'requirements.txt'));
  const go = buildGo(system);
  programs.set('Go', { command: go, args: [], path: go });
  programs.set('Python', { command: python, args: [join(PY_SPIFFE, 'peer.py')], path: realpathSync(python) });
  programs.set('Java', buildJava());
  programs.set('Rust', buildRust(system));
  for (const path of [process.execPath, ...[...programs.values()].map((program) => program.path)])
    await system.register({ spiffeId: id.toString(), selectors: [`unix:path:${path}`] });
  source = await X509Source.create({ address: system.workloadApi, signal: AbortSignal.timeout(30_000) });
  tokens = await JwtSource.create({ address: system.workloadApi, signal: AbortSignal.timeout(30_000) });
  addresses.set('Node', await serveNode());
  for (const name of programs.keys()) {
    const listening = ({ event }: PeerEvent): boolean => event === 'listening';
    addresses.set(
      name,
      (await peer(name, 'serve', id.toString()).next('its address', listening)).address ?? '',
    );
  }
});

after(async () => {
  for (const close of closing.toReversed()) await close();
  tokens?.close();
  source?.close();
  await system?.stop();
});

function peer(name: string, ...args: readonly string[]): Peer {
  const program = programs.get(name) ?? assert.fail(name);
  const started = Peer.start(system, program.command, [...program.args, ...args]);
  closing.push(() => started.stop());
  return started;
}

async function serveNode(): Promise<string> {
  const server = createMtlsServer({ source, authorize: authorizeId(id) }, (socket) => {
    socket.on('error', () => {});
    socket.end(`hello ${peerIdOf(socket)}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function callFromNode(address: string): Promise<string> {
  const [host = '', port = ''] = address.split(':');
  const socket = await connectMtls({ source, authorize: authorizeId(id) }, { host, port: Number(port) });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
  await once(socket, 'close');
  return text;
}

for (const client of ['Node', 'Go', 'Python', 'Java', 'Rust'])
  test(`a ${client} client is greeted by every server`, async () => {
    for (const [server, address] of addresses) {
      const answer =
        client === 'Node'
          ? { text: await callFromNode(address) }
          : await peer(client, 'call', address, id.toString()).next('an answer', isOutcome);
      assert.equal(answer.text, `hello ${id}`, `${server}: ${JSON.stringify(answer)}`);
    }
  });

async function tokenOf(owner: string): Promise<string> {
  if (owner === 'Node') return (await tokens.fetch({ audience: [AUDIENCE, 'another'] })).token;
  const { text = '' } = await peer(owner, 'token', AUDIENCE, 'another').next('a token', isOutcome);
  return text;
}

/** The ID in the token, or why it is refused. */
async function verdictOf(verifier: string, audience: string, token: string): Promise<string> {
  if (verifier !== 'Node') {
    const verdict = await peer(verifier, 'validate', audience, token).next('a verdict', isOutcome);
    return verdict.error ?? verdict.id ?? '';
  }
  try {
    return tokens.validate(token, audience).id.toString();
  } catch (error) {
    return messageOf(error);
  }
}

test('the token that one of them gets is taken by every other, for its audience alone', async () => {
  const names = ['Node', ...programs.keys()];
  for (const [number, owner] of names.entries()) {
    const token = await tokenOf(owner);
    for (const verifier of new Set([names[(number + 1) % names.length] ?? owner, 'Node'])) {
      const which = `${owner}'s, verified by ${verifier}`;
      assert.equal(await verdictOf(verifier, AUDIENCE, token), id.toString(), which);
      assert.match(await verdictOf(verifier, 'somebody else', token), /audience/i, which);
    }
  }
});
