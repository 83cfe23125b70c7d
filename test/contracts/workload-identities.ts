/** What the agent's doors are promised by its cache (agent/cache/workload-identities.ts). Run for the cache and for the fake. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { WorkloadIdentities, WorkloadUpdate } from '../../agent/cache/workload-identities.ts';
import { Code } from '../../shared/errors.ts';
import { parseSelector } from '../../shared/selectors.ts';

export interface IdentitiesCase {
  readonly identities: WorkloadIdentities;
  /** Now it knows these entries, by id, as its server told it; those of `signed` have an SVID. */
  readonly know: (entries: Readonly<Record<string, readonly string[]>>, signed: readonly string[]) => void;
  /** Lets what was told go out. */
  readonly settle: () => Promise<void>;
}

const own = ['unix:uid:1', 'unix:gid:2', 'unix:path:/x'].map(parseSelector);
const ENTRIES = {
  all: ['unix:uid:1'],
  both: ['unix:uid:1', 'unix:gid:2'],
  far: ['unix:uid:9', 'unix:gid:9'],
  near: ['unix:uid:1', 'unix:gid:9'],
};

export function workloadIdentitiesContract(make: () => IdentitiesCase): void {
  it('refuses subscribers until it knows anything', () => {
    const { identities } = make();
    assert.throws(() => identities.subscribe(own, () => {}), { code: Code.unavailable });
    assert.equal(identities.syncState().lastSyncAt, undefined);
  });

  it('tells a subscriber what there is, and then each change, until it is let go', async () => {
    const { identities, know, settle } = make();
    know({ all: ['unix:uid:1'] }, ['all']);
    const told: WorkloadUpdate[] = [];
    const subscription = identities.subscribe(own, (update) => told.push(update));
    await settle();
    assert.deepEqual(
      told.at(-1)?.identities.map(({ entryId }) => entryId),
      ['all'],
    );
    know({ all: ['unix:uid:1'], both: ['unix:uid:1', 'unix:gid:2'] }, ['all', 'both']);
    await settle();
    assert.deepEqual(
      told.at(-1)?.identities.map(({ entryId }) => entryId),
      ['all', 'both'],
    );
    const before = told.length;
    subscription.close();
    subscription.close();
    know({}, []);
    await settle();
    assert.equal(told.length, before);
  });

  it('tells who wants bundles alone those, and that it is entitled to them', async () => {
    const { identities, know, settle } = make();
    know(ENTRIES, ['near']);
    const told: WorkloadUpdate[] = [];
    const subscription = identities.subscribe(own, (update) => told.push(update), 'bundles');
    await settle();
    assert.deepEqual(
      told.map(({ isEntitled, identities: svids }) => [isEntitled, svids.length]),
      [[true, 0]],
    );
    assert.equal(identities.bundlesOf(own).bundle, told[0]?.bundle);
    subscription.close();
  });

  it('knows the entries that match, with an SVID or without; none before it knows anything', () => {
    const { identities, know } = make();
    assert.throws(() => identities.entriesOf(own), { code: Code.unavailable });
    know(ENTRIES, ['all']);
    const found = identities.entriesOf(own);
    assert.deepEqual(
      found.map(({ id, spiffeId }) => [id, spiffeId.toString()]),
      [
        ['all', 'spiffe://example.org/all'],
        ['both', 'spiffe://example.org/both'],
      ],
    );
    assert.deepEqual(identities.entriesOf([]), []);
  });

  it('names candidates, matches first, then those that lack least', () => {
    const { identities, know } = make();
    know(ENTRIES, ['all']);
    const found = identities.candidates(own, Number.POSITIVE_INFINITY);
    assert.deepEqual(
      found.map(({ entryId, missing, found: has, hasSvid }) => [entryId, missing.length, has, hasSvid]),
      [
        ['all', 0, 1, true],
        ['both', 0, 2, false],
        ['near', 1, 1, false],
        ['far', 2, 0, false],
      ],
    );
    assert.deepEqual(
      identities.candidates(own, 2).map(({ entryId }) => entryId),
      ['all', 'both'],
    );
  });

  it('counts what matches as it names it', () => {
    const { identities, know } = make();
    know(ENTRIES, ['all', 'near']);
    assert.deepEqual(identities.matches(own), { matching: 2, withoutSvid: 1 });
    assert.deepEqual(identities.matches([]), { matching: 0, withoutSvid: 0 });
  });

  it('knows how many entries it has, and when it heard of them', () => {
    const { identities, know } = make();
    know(ENTRIES, []);
    const { entriesKnown, lastSyncAt, lastSyncError } = identities.syncState();
    assert.equal(entriesKnown, 4);
    assert.ok(lastSyncAt instanceof Date);
    assert.equal(lastSyncError, undefined);
  });
}
