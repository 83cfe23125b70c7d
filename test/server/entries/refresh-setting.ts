/** Servers that follow one change feed of entries, for the tests of the refresher. */
import type { TestContext } from 'node:test';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import type { Entry } from '../../../server/entries/entry.ts';
import { IndexRefresher } from '../../../server/entries/refresh.ts';
import type { LogFields, Logger } from '../../../shared/log/logger.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeChangeFeed } from '../../fakes/change-feed.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { makeAgent, makeEntry, td } from './make-entry.ts';

export const AGENT = makeAgent('/spire/agent/a');
export const entry = (id: string, revisionNumber = 0): Entry =>
  makeEntry({ id, spiffeId: `/${id}`, parentId: '/spire/agent/a', revisionNumber });
export const put = (feed: FakeChangeFeed<Entry>, ...ids: string[]): void => {
  for (const id of ids) feed.put(id, entry(id));
};

interface Setting {
  readonly clock: FakeClock;
  readonly feed: FakeChangeFeed<Entry>;
  readonly warnings: { message: string; fields: LogFields | undefined }[];
  readonly server: () => { index: AuthorizedEntries; refresher: IndexRefresher<Entry> };
}

/** Refreshers made here are stopped when the test ends. */
export function setUp(t: TestContext): Setting {
  const clock = new FakeClock();
  const feed = new FakeChangeFeed<Entry>();
  const warnings: Setting['warnings'] = [];
  const log: Logger = {
    ...silentLogger,
    warn: (message, fields) => warnings.push({ message, fields }),
    child: () => log,
  };
  const server = () => {
    const index = new AuthorizedEntries({ trustDomain: td, clock, log });
    const refresher = new IndexRefresher({
      name: 'entries',
      feed,
      replica: index,
      clock,
      random: new FakeRandom(),
      log,
    });
    t.after(() => refresher.stop());
    return { index, refresher };
  };
  return { clock, feed, warnings, server };
}

export const start = (refresher: IndexRefresher<Entry>): Promise<void> =>
  refresher.start(new AbortController().signal);
export const idsOf = (index: AuthorizedEntries): readonly string[] =>
  index
    .entriesOf(AGENT)
    .map((one) => one.id)
    .sort();
