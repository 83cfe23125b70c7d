import { describe } from 'node:test';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { CacheTestbed } from '../agent/cache/cache-testbed.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';
import { identity, update } from '../agent/workload-api/door.ts';
import { settle } from '../fakes/clock.ts';
import { FakeWorkloadIdentities } from '../fakes/workload-identities.ts';
import { workloadIdentitiesContract } from './workload-identities.ts';

describe('what the cache tells the doors', () =>
  workloadIdentitiesContract(() => {
    const bed = new CacheTestbed(undefined, undefined, false);
    return {
      identities: bed.cache,
      settle,
      know: (entries, signed) => {
        const made = Object.entries(entries).map(([id, selectors]) => makeAgentEntry({ id, selectors }));
        bed.cache.apply(made);
        bed.putSvids(made.filter(({ id }) => signed.includes(id)));
        bed.cache.syncSucceeded(bed.clock.now());
      },
    };
  }));

describe('what the fake tells the doors', () =>
  workloadIdentitiesContract(() => {
    const identities = new FakeWorkloadIdentities();
    return {
      identities,
      settle,
      know: (entries, signed) => {
        identities.entries = Object.entries(entries).map(([entryId, selectors]) => ({
          entryId,
          spiffeId: SpiffeId.parse(`spiffe://example.org/${entryId}`),
          selectors: selectors.map(parseSelector),
          hasSvid: signed.includes(entryId),
        }));
        identities.push(update(signed.map((entryId) => identity(`/${entryId}`, { entryId }))));
        identities.sync = {
          entriesKnown: identities.entries.length,
          lastSyncAt: new Date(0),
          lastSyncError: undefined,
        };
      },
    };
  }));
