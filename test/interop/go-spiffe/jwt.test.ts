/** JWT-SVIDs for a workload written with the Go SDK, served by a real Writ. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Peer, type PeerEvent } from '../peer.ts';
import { System, WRIT } from '../system.ts';
import { buildPeer } from './build.ts';

const run = promisify(execFile);

let system: System;
let program: string;
const entries: string[] = [];
const closing: (() => Promise<unknown>)[] = [];
const ids = ['/go', '/second'].map((path) => `spiffe://example.org${path}`);
const [goId = '', secondId = ''] = ids;

before(async () => {
  system = await System.start();
  program = buildPeer(system);
  for (const spiffeId of ids)
    entries.push(
      await system.register({
        spiffeId,
        selectors: [`unix:path:${program}`],
        hint: spiffeId.endsWith('second') ? 'second' : '',
      }),
    );
});

after(async () => {
  for (const close of closing.toReversed()) await close();
  await system?.stop();
});

function peer(...args: readonly string[]): Peer {
  const started = Peer.start(system, program, args);
  closing.push(() => started.stop());
  return started;
}

const isOutcome = ({ event }: PeerEvent): boolean => ['svid', 'error', 'failed'].includes(event);
const outcome = (...args: readonly string[]): Promise<PeerEvent> =>
  peer(...args).next('an outcome', isOutcome);

async function writ(...args: readonly string[]): Promise<string> {
  const socket = ['-socketPath', system.files.serverSocket];
  return (await run(WRIT, ['server', ...args, ...socket])).stdout;
}

test('JWTSource of the Go SDK gets a token of each identity and verifies it by the bundles of its stream', async () => {
  const source = peer('tokens', 'db', 'cache');
  const tokenOf = (wanted: string) =>
    source.next(`a token of ${wanted}`, ({ event, id }) => event === 'failed' || id === wanted);
  const [first, second] = [await tokenOf(goId), await tokenOf(secondId)]; // made in one second: in any order
  assert.deepEqual({ ...first, text: '' }, { event: 'svid', id: goId, chain: 2, text: '' });
  assert.deepEqual(
    { ...second, text: '' },
    { event: 'svid', id: secondId, serial: 'second', chain: 2, text: '' },
  );
  const again = peer('tokens', 'cache', 'db');
  const { text } = await again.next('the same token', ({ event, id }) => event === 'failed' || id === goId);
  assert.equal(text, first.text, 'the agent holds it');
});

test('the Go SDK gets the token of the identity that it names, and is refused another', async () => {
  assert.equal((await outcome('token-of', 'db', secondId)).id, secondId);
  const refused = await outcome('token-of', 'db', 'spiffe://example.org/stranger');
  assert.deepEqual(
    [refused.code, /no identity issued/.test(refused.error ?? '')],
    ['PermissionDenied', true],
  );
});

test('the agent validates tokens for the Go SDK, and says what is wrong with others', async () => {
  const { text = '' } = await outcome('token-of', 'db', goId);
  assert.deepEqual(await outcome('check', 'db', text), { event: 'svid', id: goId });
  for (const [audience, token] of [
    ['other', text],
    ['db', `${text.slice(0, -8)}AAAAAAAA`],
    ['db', 'nonsense'],
  ] as const)
    assert.equal((await outcome('check', audience, token)).code, 'InvalidArgument');
});

test('a Go watch sees keys come and go, and tokens are by the new one', async () => {
  const watcher = peer('watch-keys');
  const before = await watcher.next('the first keys', ({ event }) => event === 'update');
  assert.equal(before.chain, 1);
  const [old = ''] = (before.bundles ?? []).map((text) => text.replace('example.org ', ''));
  await writ('localauthority', 'jwt', 'prepare');
  const both = await watcher.next('two keys', ({ chain }) => chain === 2);
  const next =
    (both.bundles ?? []).map((text) => text.replace('example.org ', '')).find((id) => id !== old) ?? '';
  await writ('localauthority', 'jwt', 'activate', '-authorityID', next);
  const { text: stale = '' } = await outcome('token-of', 'db', goId);
  await writ('localauthority', 'jwt', 'taint', '-authorityID', old);
  let fresh: PeerEvent = { event: 'failed' };
  for (let attempt = 0; attempt < 20 && (fresh.text ?? stale) === stale; attempt += 1)
    fresh = await outcome('token-of', 'db', goId);
  assert.notEqual(fresh.text, stale);
  await writ('localauthority', 'jwt', 'revoke', '-authorityID', old);
  const last = await watcher.next('one key', ({ chain }) => chain === 1, { skip: 1 });
  assert.deepEqual(last.bundles, [`example.org ${next}`]);
  assert.equal((await outcome('check', 'db', fresh.text ?? '')).id, goId);
  assert.equal((await outcome('check', 'db', stale)).code, 'InvalidArgument');
  assert.ok(watcher.events().every(({ event }) => event === 'update'));
});

test('a Go workload sees its identity go, and come back on the stream that it holds', async () => {
  const watcher = peer('watch-keys');
  await watcher.next('the first keys', ({ event }) => event === 'update');
  for (const entry of entries) await system.admin.deleteEntry(entry);
  const gone = await watcher.next('the loss', ({ event }) => event === 'error');
  assert.deepEqual([gone.code, /no identity issued/.test(gone.error ?? '')], ['PermissionDenied', true]);
  assert.equal((await outcome('token-of', 'db', goId)).code, 'PermissionDenied');
  const seen = watcher.events().length;
  await system.register({ spiffeId: goId, selectors: [`unix:path:${program}`] });
  const back = await watcher.next('the return', ({ event }) => event === 'update', { skip: seen });
  assert.equal(back.chain, 1);
  assert.equal((await outcome('tokens', 'db')).id, goId);
});
