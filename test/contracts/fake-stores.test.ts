/** The fakes keep the contracts of what they stand for. */
import { FakeBundleStore } from '../fakes/bundle-store.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeEntryStore } from '../fakes/entry-store.ts';
import { FakeJoinTokenStore } from '../fakes/join-token-store.ts';
import { FakeNodeStore } from '../fakes/node-store.ts';
import { entryStoreContract } from './entry-store.ts';
import { nodeStoreContract } from './node-store.ts';

entryStoreContract(async () => {
  const bundles = new FakeBundleStore();
  return { bundles, entries: new FakeEntryStore({ clock: new FakeClock(), bundles }) };
});

nodeStoreContract(async () => {
  const entries = new FakeEntryStore({ clock: new FakeClock() });
  const joinTokens = new FakeJoinTokenStore(entries);
  return { entries, joinTokens, nodes: new FakeNodeStore({ joinTokens, entries }) };
});
