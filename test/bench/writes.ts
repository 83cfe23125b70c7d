/**
 * Entries created through the admin socket: one by one, with eight callers, and in batches; then the same while a second
 * server reads the feed. The limit is what Postgres takes of the same rows, as many in a transaction and with as many
 * connections, from inserts alone: no call, no search for what is similar, no change feed. Both in turns.
 */
import { type ClientConfig, Pool } from 'pg';
import { INSERT_ENTRIES, toRecord } from '../../server/datastore/entry-rows.ts';
import { type Entry, PLAIN_ENTRY } from '../../server/entries/entry.ts';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { systemRandom } from '../../shared/random.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { System } from '../interop/system.ts';
import type { Report } from './report.ts';
import { rateOf } from './rig/callers.ts';
import { Companion } from './rig/companion.ts';
import { connectionStringOf, databaseOf } from './rig/database.ts';
import { withSystem } from './rig/with-system.ts';

const BENCH = 'writes';
const TURNS = 4;
const POLL_MS = 2;
const PARENT_ID = 'spiffe://example.org/node/nobody';
const INSERT = INSERT_ENTRIES.replace('insert into entries', 'insert into bench_entries');
const SELECTORS = ['k8s:ns:bench', 'k8s:sa:bench'];

interface Way {
  readonly name: string;
  readonly batch: number;
  readonly callers: number;
  /** In one turn. */
  readonly calls: number;
}

const WAYS: readonly Way[] = [
  { name: 'one by one', batch: 1, callers: 1, calls: 250 },
  { name: 'by 8 callers', batch: 1, callers: 8, calls: 1_000 },
  { name: '50 at a time', batch: 50, callers: 1, calls: 40 },
  { name: '500 at a time', batch: 500, callers: 1, calls: 8 },
];

export function run(report: Report): Promise<void> {
  return withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const inserts = await Inserts.connect(databaseOf(system));
    atEnd(() => inserts.close());
    const creations = new Creations(system);
    for (const way of WAYS) await measure(report, way, { creations, inserts });

    const reader = new Companion('reader-process.ts');
    atEnd(() => reader.stop());
    await reader.ask('read', connectionStringOf(system));
    for (const way of WAYS)
      await measure(report, { ...way, name: `${way.name}, 2nd reader` }, { creations, inserts });
    const behindMs = await untilRead(reader, (await system.admin.listEntries()).size);
    report.add({ bench: BENCH, metric: '2nd reader behind', value: behindMs, unit: 'ms' });
  });
}

/** From the last acknowledgement on, and a little less: asking for the list took its time. */
async function untilRead(reader: Companion, count: number): Promise<number> {
  const startedMs = monotonicMs();
  while ((await reader.ask<number>('size')) < count) await systemClock.sleep(POLL_MS);
  return monotonicMs() - startedMs;
}

interface Writers {
  readonly creations: Creations;
  readonly inserts: Inserts;
}

async function measure(report: Report, way: Way, { creations, inserts }: Writers): Promise<void> {
  const { batch, callers, calls, name } = way;
  let value = 0;
  let limit = 0;
  await rateOf(Math.ceil(calls / 4), callers, () => creations.create(batch));
  await rateOf(Math.ceil(calls / 4), callers, () => inserts.insert(batch));
  for (let turn = 0; turn < TURNS; turn += 1) {
    value += (batch * (await rateOf(calls, callers, () => creations.create(batch)))) / TURNS;
    limit += (batch * (await rateOf(calls, callers, () => inserts.insert(batch)))) / TURNS;
  }
  report.add({ bench: BENCH, metric: name, value, unit: '1/s', limit, ratio: value / limit });
}

class Creations {
  readonly #system: System;
  #count = 0;

  constructor(system: System) {
    this.#system = system;
  }

  async create(batch: number): Promise<void> {
    const entries = Array.from({ length: batch }, () => {
      this.#count += 1;
      return {
        spiffeId: `spiffe://example.org/writes/${this.#count}`,
        parentId: PARENT_ID,
        selectors: SELECTORS,
      };
    });
    await this.#system.admin.createEntries(entries);
  }
}

/** The same rows into a table like that of entries, with its indexes. */
class Inserts {
  readonly #pool: Pool;
  #count = 0;

  private constructor(pool: Pool) {
    this.#pool = pool;
  }

  static async connect(config: ClientConfig): Promise<Inserts> {
    const pool = new Pool({ ...config, max: Math.max(...WAYS.map(({ callers }) => callers)) });
    await pool.query('create table bench_entries (like entries including all)');
    return new Inserts(pool);
  }

  async insert(batch: number): Promise<void> {
    const rows = Array.from({ length: batch }, () => toRecord(this.#entry()));
    await this.#pool.query(INSERT, [JSON.stringify(rows)]);
  }

  #entry(): Entry {
    this.#count += 1;
    return {
      ...PLAIN_ENTRY,
      id: systemRandom.uuid(),
      spiffeId: SpiffeId.parse(`spiffe://example.org/writes/${this.#count}`),
      parentId: SpiffeId.parse(PARENT_ID),
      selectors: SELECTORS.map(parseSelector),
      revisionNumber: 0,
      createdAt: systemClock.now(),
    };
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }
}
