/** What every NodeStore does. Run on Postgres by node-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MatchBehavior } from '../../server/entries/entry-filter.ts';
import type { EntryStore } from '../../server/entries/entry-store.ts';
import type { JoinTokenStore } from '../../server/nodes/join-token-store.ts';
import type { Node } from '../../server/nodes/node.ts';
import type { NodeFilter, NodeStore } from '../../server/nodes/node-store.ts';
import { Code } from '../../shared/errors.ts';
import type { Ending } from '../fakes/database.ts';
import { createOne, id, newEntry, newNode, selectors } from './samples.ts';
import { asIs } from '../fakes/paging.ts';
import { checkListEndsWhereFull } from './listing.ts';

export interface NodeStores {
  readonly nodes: NodeStore;
  readonly entries: EntryStore;
  readonly joinTokens: JoinTokenStore;
}

type Open = (t: Ending) => Promise<NodeStores>;

const ALL = { pageSize: 0, pageToken: '' };
const LATER = new Date('2026-01-01T02:00:00Z');
const renewed = { serialNumber: '2', expiresAt: LATER };

export function nodeStoreContract(open: Open): void {
  attestation(open);
  renewal(open);
  removal(open);
  listing(open);
}

function attestation(open: Open): void {
  test('an attested node comes back as it was given', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a', {
      canReattest: true,
      selectors: selectors('a:1', 'b:2:3'),
      agentVersion: '1.2',
    });
    assert.equal(await nodes.attest(node, undefined), 'stored');
    assert.deepEqual(await nodes.find(node.id), node);
    assert.equal(await nodes.find(id('/spire/agent/test/nobody')), undefined);
  });

  test('attesting again replaces the node and clears what was pending', async (t) => {
    const { nodes } = await open(t);
    await nodes.attest(newNode('a'), undefined);
    await nodes.setPending(newNode('a').id, renewed);
    const again = newNode('a', {
      current: { serialNumber: '3', expiresAt: LATER },
      selectors: selectors('new:1'),
    });
    assert.equal(await nodes.attest(again, undefined), 'stored');
    assert.deepEqual(await nodes.find(again.id), again);
    assert.equal(await nodes.count({}), 1);
  });

  test('a join token is used up by the node that is stored', async (t) => {
    const { nodes, joinTokens } = await open(t);
    await joinTokens.create({ value: 'secret', expiresAt: LATER }, undefined);
    assert.equal(await nodes.attest(newNode('a'), 'secret'), 'stored');
    assert.equal(await joinTokens.find('secret'), undefined);
    assert.equal(await nodes.attest(newNode('b'), 'secret'), 'token-gone');
    assert.equal(await nodes.find(newNode('b').id), undefined);
  });

  test('of many that use one token at once, one is stored', async (t) => {
    const { nodes, joinTokens } = await open(t);
    await joinTokens.create({ value: 'secret', expiresAt: LATER }, undefined);
    const outcomes = await Promise.all(
      ['a', 'b', 'c', 'a'].map((name) => nodes.attest(newNode(name), 'secret')),
    );
    assert.deepEqual(outcomes.sort(), ['stored', 'token-gone', 'token-gone', 'token-gone']);
    assert.equal(await nodes.count({}), 1);
  });

  test('of many that must be new one is stored, and whom it finds stays as it is', async (t) => {
    const { nodes } = await open(t);
    const named = (serialNumber: string) => newNode('a', { current: { serialNumber, expiresAt: LATER } });
    const serials = ['7', '8', '9'];
    const outcomes = await Promise.all(serials.map((serial) => nodes.attest(named(serial), undefined, true)));
    assert.deepEqual(outcomes.toSorted(), ['known', 'known', 'stored']);
    const winner = named(serials[outcomes.indexOf('stored')] ?? '');
    assert.deepEqual(await nodes.find(winner.id), winner);
    await nodes.remove(winner.id, 'ban');
    assert.equal(await nodes.attest(winner, undefined, true), 'known');
    assert.equal((await nodes.find(winner.id))?.current, undefined);
    await nodes.remove(winner.id, 'evict');
    assert.equal(await nodes.attest(winner, undefined, true), 'stored');
  });

  test('a node of another attestor stays as it is and does not use up the token', async (t) => {
    const { nodes, joinTokens } = await open(t);
    await joinTokens.create({ value: 'secret', expiresAt: LATER }, undefined);
    const theirs = newNode('a', { attestationType: 'other' });
    await nodes.attest(theirs, undefined);
    assert.equal(await nodes.attest(newNode('a'), 'secret'), 'of-another');
    assert.equal((await nodes.find(theirs.id))?.attestationType, 'other');
    assert.notEqual(await joinTokens.find('secret'), undefined);
  });

  test('a banned node stays banned and does not use up the token', async (t) => {
    const { nodes, joinTokens } = await open(t);
    await joinTokens.create({ value: 'secret', expiresAt: LATER }, undefined);
    await nodes.attest(newNode('a'), undefined);
    await nodes.remove(newNode('a').id, 'ban');
    assert.equal(await nodes.attest(newNode('a'), 'secret'), 'banned');
    assert.equal((await nodes.find(newNode('a').id))?.current, undefined);
    assert.notEqual(await joinTokens.find('secret'), undefined);
  });
}

function renewal(open: Open): void {
  test('a renewed certificate is pending until its first use', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a');
    await nodes.attest(node, undefined);
    assert.equal(await nodes.setPending(node.id, renewed), true);
    assert.deepEqual(await nodes.find(node.id), { ...node, pending: renewed });
    assert.equal(await nodes.activatePending(node.id, '9'), false);
    assert.equal(await nodes.activatePending(node.id, '2'), true);
    assert.deepEqual(await nodes.find(node.id), { ...node, current: renewed });
  });

  test('activating the current certificate again is no failure', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a');
    await nodes.attest(node, undefined);
    await nodes.setPending(node.id, renewed);
    const activations = [1, 2, 3].map(() => nodes.activatePending(node.id, '2'));
    assert.deepEqual(await Promise.all(activations), [true, true, true]);
  });

  test('a node that is banned or not there cannot renew', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a');
    assert.equal(await nodes.setPending(node.id, renewed), false);
    assert.equal(await nodes.activatePending(node.id, '2'), false);
    await nodes.attest(node, undefined);
    await nodes.setPending(node.id, renewed);
    await nodes.remove(node.id, 'ban');
    assert.equal(await nodes.setPending(node.id, renewed), false);
    assert.equal(await nodes.activatePending(node.id, '2'), false);
  });

  test('concurrent calls of many nodes each get their own outcome', async (t) => {
    const { nodes } = await open(t);
    const names = Array.from({ length: 20 }, (_, index) => `n${index}`);
    const attested = await Promise.all(names.map((name) => nodes.attest(newNode(name), undefined)));
    assert.ok(attested.every((outcome) => outcome === 'stored'));
    const pending = await Promise.all(
      [...names, 'x'].map((name) => nodes.setPending(newNode(name).id, renewed)),
    );
    assert.deepEqual(pending, [...names.map(() => true), false]);
    await Promise.all([
      nodes.setAgentVersion(newNode('n0').id, '1.0'),
      nodes.activatePending(newNode('n0').id, '2'),
      nodes.setAgentVersion(newNode('x').id, '1.0'),
    ]);
    const node = await nodes.find(newNode('n0').id);
    assert.deepEqual([node?.agentVersion, node?.current?.serialNumber], ['1.0', '2']);
  });
}

function removal(open: Open): void {
  test('a ban keeps the node without a certificate', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a');
    assert.equal(await nodes.remove(node.id, 'ban'), false);
    await nodes.attest(node, undefined);
    await nodes.setPending(node.id, renewed);
    assert.equal(await nodes.remove(node.id, 'ban'), true);
    assert.equal(await nodes.remove(node.id, 'ban'), true);
    const banned = { ...node, current: undefined, bannedExpiresAt: node.current?.expiresAt };
    assert.deepEqual(await nodes.find(node.id), banned);
  });

  test('an eviction deletes the node, also a banned one, which may then attest again', async (t) => {
    const { nodes } = await open(t);
    const node = newNode('a');
    assert.equal(await nodes.remove(node.id, 'evict'), false);
    await nodes.attest(node, undefined);
    await nodes.remove(node.id, 'ban');
    assert.equal(await nodes.remove(node.id, 'evict'), true);
    assert.equal(await nodes.find(node.id), undefined);
    assert.equal(await nodes.attest(node, undefined), 'stored');
  });

  test('evicting an agent that joined by token deletes the entry created with the token alone', async (t) => {
    const { nodes, entries, joinTokens } = await open(t);
    const agent = id('/spire/agent/join_token/secret');
    const alias = newEntry('alias', {
      id: 'alias',
      parentId: agent,
      selectors: selectors(`spiffe_id:${agent}`),
    });
    assert.equal(await joinTokens.create({ value: 'secret', expiresAt: LATER }, alias), true);
    await createOne(entries, newEntry('child', { id: 'child', parentId: agent }));
    await nodes.attest(newNode('x', { id: agent, attestationType: 'join_token' }), 'secret');
    assert.equal(await nodes.remove(agent, 'evict'), true);
    assert.equal(await entries.find('alias'), undefined);
    assert.notEqual(await entries.find('child'), undefined);
  });
}

function listing(open: Open): void {
  const names = (items: readonly { id: { path: string } }[]): string =>
    items.map((node) => node.id.path.split('/').at(-1)).join(' ');

  test('pages follow the order of attestation and end with an empty one', async (t) => {
    const { nodes } = await open(t);
    for (const name of ['c', 'b', 'a']) await nodes.attest(newNode(name), undefined);
    const first = await nodes.list({}, { pageSize: 2, pageToken: '' }, asIs);
    const second = await nodes.list({}, { pageSize: 2, pageToken: first.nextPageToken }, asIs);
    const third = await nodes.list({}, { pageSize: 2, pageToken: second.nextPageToken }, asIs);
    assert.deepEqual(
      [first, second, third].map(({ items }) => names(items)),
      ['c b', 'a', ''],
    );
    assert.equal(third.nextPageToken, '');
    await checkListEndsWhereFull<Node>((page, show) => nodes.list({}, page, show));
    const refusal = { name: 'CodedError', code: Code.invalidArgument };
    await assert.rejects(nodes.list({}, { pageSize: 1, pageToken: 'x' }, asIs), refusal);
  });

  test('filters are joined by AND', async (t) => {
    const { nodes } = await open(t);
    const stored = [
      newNode('a', { canReattest: true, selectors: selectors('x:1') }),
      newNode('b', { attestationType: 'other', current: renewed, selectors: selectors('x:1', 'x:2') }),
      newNode('c', { selectors: [] }),
    ];
    for (const node of stored) await nodes.attest(node, undefined);
    await nodes.remove(newNode('c').id, 'ban');
    const set = (match: MatchBehavior, ...texts: readonly string[]) => ({
      match,
      selectors: selectors(...texts),
    });
    const table: readonly (readonly [NodeFilter, string])[] = [
      [{}, 'a b c'],
      [{ byAttestationType: 'other' }, 'b'],
      [{ byBanned: true }, 'c'],
      [{ byBanned: false }, 'a b'],
      [{ byCanReattest: true }, 'a'],
      [{ byCanReattest: false }, 'b c'],
      [{ byExpiresBefore: LATER }, 'a c'],
      [{ bySelectors: set('exact', 'x:1') }, 'a'],
      [{ bySelectors: set('superset', 'x:1') }, 'a b'],
      [{ bySelectors: set('subset', 'x:1', 'x:2') }, 'a b'],
      [{ bySelectors: set('any', 'x:2') }, 'b'],
      [{ byCanReattest: false, byBanned: false }, 'b'],
    ];
    for (const [filter, expected] of table) {
      assert.equal(names((await nodes.list(filter, ALL, asIs)).items), expected, JSON.stringify(filter));
      assert.equal(await nodes.count(filter), expected.split(' ').length);
    }
  });
}
