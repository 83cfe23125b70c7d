/** What servers do from time to time, once for all of them: the list of deeds. Made by server.ts. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import { OwnBundle } from '../bundle/own-bundle.ts';
import type { ServerConfig } from '../config.ts';
import type { Datastore } from '../datastore/open.ts';
import { PRUNE_ENTRIES_EVERY_MS, pruneEntries } from '../entries/prune.ts';
import { type Deed, Housekeeping } from '../housekeeping/housekeeping.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import { pruneNodes, pruneTokens } from '../nodes/node-pruning.ts';

export interface HousekeepingParts {
  readonly config: Pick<ServerConfig, 'trustDomain' | 'pruneNodes'>;
  readonly store: Datastore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const HOUR_MS = 3_600_000;
const NODES_JITTER_MS = 15 * 60_000; // SPIRE: hourly, a quarter of an hour sooner or later
const CHANGES_EVERY_MS = 600_000;

export function housekeeping(parts: HousekeepingParts): Housekeeping {
  const { store, clock, random, log } = parts;
  return new Housekeeping({ leases: store.leases, deeds: deedsOf(parts), clock, random, log });
}

function deedsOf({ config, store, clock, random, log }: HousekeepingParts): readonly Deed[] {
  const { trustDomain, pruneNodes: nodes } = config;
  const own = new OwnBundle({ trustDomain, clock, log, bundles: store.bundles, journals: store.journals });
  const agents = { pruning: store.nodePruning, trustDomain, clock, log };
  return [
    {
      name: 'prune entries',
      everyMs: () => PRUNE_ENTRIES_EVERY_MS,
      run: (fence) => pruneEntries({ store: store.entries, clock, log }, fence),
    },
    { name: 'prune join tokens', everyMs: () => HOUR_MS, run: (fence) => pruneTokens(agents, fence) },
    {
      name: 'prune changes',
      everyMs: () => CHANGES_EVERY_MS,
      run: async (fence) => {
        const count = await store.pruneChanges(fence);
        if (count > 0) log.debug('old changes deleted', { count });
      },
    },
    ...own.deeds(),
    ...(nodes === undefined
      ? []
      : [
          {
            name: 'prune nodes',
            everyMs: () => HOUR_MS + (random.fraction() * 2 - 1) * NODES_JITTER_MS,
            run: (fence: Fence) => pruneNodes(agents, nodes, fence),
          },
        ]),
  ];
}
