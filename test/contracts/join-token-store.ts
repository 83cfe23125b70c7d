/** What every JoinTokenStore does. Run on Postgres and on the fake by join-token-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryStore } from '../../server/entries/entry-store.ts';
import type { JoinTokenStore } from '../../server/nodes/join-token-store.ts';
import type { Ending } from '../fakes/database.ts';
import { createOne, newEntry } from './samples.ts';

export interface JoinTokenStores {
  readonly joinTokens: JoinTokenStore;
  readonly entries: EntryStore;
}

const token = { value: 'secret', expiresAt: new Date('2026-01-01T00:10:00Z') };

export function joinTokenStoreContract(open: (t: Ending) => Promise<JoinTokenStores>): void {
  test('a token is found until it is deleted', async (t) => {
    const { joinTokens } = await open(t);
    assert.equal(await joinTokens.find('secret'), undefined);
    assert.equal(await joinTokens.create(token, undefined), true);
    assert.deepEqual(await joinTokens.find('secret'), token);
    await joinTokens.delete('secret');
    assert.equal(await joinTokens.find('secret'), undefined);
    await joinTokens.delete('secret');
  });

  test('a token that exists is refused, its entry too, and the first one stays', async (t) => {
    const { joinTokens, entries } = await open(t);
    await joinTokens.create(token, undefined);
    const later = { value: 'secret', expiresAt: new Date('2027-01-01T00:00:00Z') };
    assert.equal(await joinTokens.create(later, newEntry('alias', { id: 'alias' })), false);
    assert.deepEqual(await joinTokens.find('secret'), token);
    assert.equal(await entries.find('alias'), undefined);
  });

  test('the entry that comes with a token is created, or is there already', async (t) => {
    const { joinTokens, entries } = await open(t);
    assert.equal(await joinTokens.create(token, newEntry('alias', { id: 'alias' })), true);
    assert.equal((await entries.find('alias'))?.spiffeId.path, '/alias');
    await createOne(entries, newEntry('there'));
    assert.equal(await joinTokens.create({ ...token, value: 'second' }, newEntry('there')), true);
    assert.equal(await entries.count({}), 2);
  });
}
