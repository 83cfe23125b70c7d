/**
 * A second reader of the feed of entries, a companion of benches: what another server does of its own accord, and the
 * index alone. `measure` is for the bench of entries.
 */
import { openDatastore } from '../../../server/datastore/open.ts';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import { IndexRefresher } from '../../../server/entries/refresh.ts';
import { systemClock } from '../../../shared/clock.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { systemRandom } from '../../../shared/random.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { TRUST_DOMAIN } from '../../interop/system-files.ts';
import { serve } from './companion-process.ts';
import { measureIndex } from './measure-index.ts';

const common = { clock: systemClock, random: systemRandom, log: silentLogger };
const index = new AuthorizedEntries({ ...common, trustDomain: TrustDomain.parse(TRUST_DOMAIN) });

serve({
  read: async (connectionString: string) => {
    const { signal } = new AbortController();
    const config = { kind: 'postgres', connectionString, maxOpenConnections: 3 } as const;
    const { entryFeed: feed } = await openDatastore({ ...common, config, signal });
    await new IndexRefresher({ ...common, name: 'entries', feed, replica: index }).start(signal);
  },
  size: async () => index.size,
  measure: async (size: number) => measureIndex(index, size),
});
