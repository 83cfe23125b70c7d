/** What only a database with several connections can get wrong. The rest is in contracts/federated-bundle-store. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { foreign } from '../../contracts/federated-bundle-store.ts';
import { createOne, newEntry, trustDomain } from '../../contracts/samples.ts';
import { testDatabase } from '../../fakes/database.ts';
import { asIs } from '../../fakes/paging.ts';

const a = trustDomain('a.org');
const everything = { pageSize: 0, pageToken: '' };

test('an entry never federates with a bundle that is gone, whoever was first', async (t) => {
  const { entries, federatedBundles, bundles } = await (await testDatabase(t)).open();
  const ids = ['1', '2', '3', '4', '5', '6'];
  for (const id of ids) await createOne(entries, newEntry(id, { id }));
  for (const id of ids) {
    await federatedBundles.set(foreign('a.org'));
    const mode = id < '4' ? 'dissociate' : 'restrict';
    const [[made], [updated], deleted] = await Promise.all([
      entries.create([newEntry(`new-${id}`, { federatesWith: [a] })]),
      entries.update([{ id, changes: { federatesWith: [a] } }]),
      federatedBundles.delete(a, mode),
    ]);
    assert.ok(['created', 'no-bundle'].includes(made?.kind ?? ''), String(made?.kind));
    assert.ok(['updated', 'no-bundle'].includes(updated?.kind ?? ''), String(updated?.kind));
    const filter = { byFederatesWith: { trustDomains: [a], match: 'any' } } as const;
    const left = (await entries.list(filter, everything, asIs)).items.length;
    const isThere = (await bundles.find(a)) !== undefined;
    assert.deepEqual({ isThere, left: left > 0 }, { isThere: deleted.kind === 'restricted', left: isThere });
    await federatedBundles.delete(a, 'dissociate');
  }
});
