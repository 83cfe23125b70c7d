/**
 * Whole stories: real servers and real agents in this process, over real sockets, on a test database and one clock that
 * the test moves. Whatever a move sets going comes to rest before time goes on. Used by test/flows.
 */
import type { QueryResultRow } from 'pg';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentConfig } from '../../agent/config.ts';
import type { ServerConfig } from '../../server/config.ts';
import { type CaConfig, DEFAULT_CA_CONFIG } from '../../server/ca/ca-config.ts';
import type { Entry as WireEntry, EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { Queryable } from '../../server/datastore/database.ts';
import type { Clock } from '../../shared/clock.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { FakeClock } from './clock.ts';
import { type Ending, type TestDatabase, testDatabase } from './database.ts';
import { DatabaseLink } from './database-link.ts';
import { FlowAgent } from './flow-agent.ts';
import { comeToRest } from './quiet.ts';
import { FakeRandom } from './random.ts';
import { type RunningServer, startServer } from './server-under-test.ts';
import { TcpLink } from './tcp-link.ts';

export const DOMAIN = 'example.org';
export const idOf = (path: string): string => `spiffe://${DOMAIN}${path}`;

export interface FlowServer extends RunningServer {
  readonly name: string;
  readonly database: DatabaseLink;
}

export interface ServerChanges {
  readonly ca?: Partial<CaConfig>;
  readonly config?: Partial<ServerConfig>;
  /** Hears of changes by NOTIFY, as well as by its polls. Off, so that nothing depends on when they arrive. */
  readonly hearsHints?: boolean;
  /** Of a machine of its own. */
  readonly clock?: Clock;
}

export interface AgentStart {
  readonly server: FlowServer;
  readonly config?: Partial<AgentConfig>;
  /** Directory in memory where it keeps SVIDs; without it, it keeps none. */
  readonly keepsIn?: string;
  /** Without it, no socket is opened. */
  readonly opensDoor?: boolean;
  /** Of a machine of its own. */
  readonly clock?: Clock;
}

/** What an entry is made of; selectors as `type:value`. */
export interface EntryText extends Omit<WireEntry, 'spiffe_id' | 'parent_id' | 'selectors'> {
  readonly path?: string;
  /** Path of the parent's ID. */
  readonly parent?: string;
  readonly selectors?: readonly string[];
}

export class Testbed {
  readonly clock: FakeClock;
  readonly database: TestDatabase;
  readonly directory = mkdtempSync(join(tmpdir(), 'writ-flow-'));
  readonly #ending: Ending;
  readonly #links: DatabaseLink[] = [];
  readonly #onRest: (() => void)[] = [];
  #seed = 1;

  private constructor(database: TestDatabase, ending: Ending) {
    this.database = database;
    this.#ending = ending;
    this.clock = new FakeClock(undefined, () => this.rest());
  }

  /** Ended after the test, last things first. */
  static async open(t: Ending): Promise<Testbed> {
    const ends: (() => Promise<void> | void)[] = [];
    const ending: Ending = { after: (deed) => void ends.unshift(deed) };
    t.after(async () => {
      for (const end of ends) await end();
    });
    const bed = new Testbed(await testDatabase(ending), ending);
    ending.after(() => rmSync(bed.directory, { recursive: true, force: true }));
    return bed;
  }

  /** Resolves when nothing is under way any more. */
  async rest(): Promise<void> {
    await comeToRest(() => this.#links.find(({ answers }) => answers !== undefined)?.answers);
    for (const look of this.#onRest) look();
  }

  /** Called whenever the world has come to rest: each step of the story, and each loop that time wakes. */
  onRest(look: () => void): void {
    this.#onRest.push(look);
  }

  /** Moves time on by so many seconds. */
  async pass(seconds: number): Promise<void> {
    await this.clock.advance(seconds * 1_000);
    await this.rest();
  }

  /** Moves time on second by second until the condition holds; fails after so many. */
  async passUntil(condition: () => boolean, seconds: number): Promise<void> {
    await this.rest();
    for (let passed = 0; !condition(); passed++) {
      if (passed >= seconds)
        throw new Error(
          `waited ${seconds} s in vain for: ${condition.toString()} (at ${this.clock.now().toISOString()})`,
        );
      await this.pass(1);
    }
  }

  /** A server of this name keeps its keys: started again, it goes on. */
  async startServer(name: string, changes: ServerChanges = {}): Promise<FlowServer> {
    const { clock = this.clock } = changes;
    const random = this.random();
    const opened = await this.database.open({ clock, random });
    const database = new DatabaseLink(
      { ...opened, now: async () => this.clock.now() },
      { passesHints: changes.hearsHints === true },
    );
    this.#links.push(database);
    this.#ending.after(() => database.restore());
    const keysPath = join(this.directory, `${name}.keys.json`);
    const server = await startServer(this.#ending, {
      datastore: database.datastore,
      clock,
      random,
      config: {
        ca: { ...CA, ...changes.ca },
        keyManager: { kind: 'disk', keysPath },
        rateLimit: { attestation: false, signing: true },
        ...changes.config,
      },
    });
    await this.rest();
    return { ...server, name, database };
  }

  /** As a process that is killed: no word to anybody, nothing more written. */
  async kill(server: FlowServer, ...links: readonly TcpLink[]): Promise<void> {
    for (const link of links) link.cut();
    server.database.cut();
    await server.stop();
    await this.rest();
  }

  /** An agent that attests itself by a join token of this server. */
  async startAgent(
    name: string,
    { server, config = {}, opensDoor = false, keepsIn, clock = this.clock }: AgentStart,
  ): Promise<FlowAgent> {
    const link = await TcpLink.open();
    link.pointTo(server);
    const token = await server.admin.agent.unary('CreateJoinToken', { ttl: 600 });
    const bundlePath = join(this.directory, `${name}.bundle.pem`);
    writeFileSync(bundlePath, await bundlePem(server));
    const agent = new FlowAgent({
      directory: join(this.directory, name),
      link,
      clock,
      random: () => this.random(),
      token: token.value,
      bundlePath,
      config,
      opensDoor,
      keepsIn,
    });
    this.#ending.after(async () => {
      await agent.stop();
      link.close();
    });
    await agent.start();
    await this.rest();
    return agent;
  }

  /**
   * Leads the agent to this server; resolves when it is there. An agent that could not connect tries again by itself, at
   * times of its library that no clock of ours moves; time stands still for that. Another one finds out when it calls next.
   */
  async reconnect({ link }: FlowAgent, server: FlowServer): Promise<void> {
    const { reached, isTried } = link;
    const hasReached = (): boolean => link.reached > reached;
    link.pointTo(server);
    if (isTried) await this.clock.until(hasReached, 'the agent has reached a server');
    else await this.passUntil(hasReached, AGENT_NOTICES_SECONDS);
    await this.rest();
  }

  /** The id of the new entry. Its parent is the agent, if it is given. */
  async createEntry(server: FlowServer, entry: EntryText): Promise<string> {
    const { results } = await server.admin.entry.unary('BatchCreateEntry', { entries: [wireOf(entry)] });
    return okEntry(results[0]).id;
  }

  /** Changes the fields that are given. */
  async updateEntry(server: FlowServer, entry: EntryText & { readonly id: string }): Promise<EntryOutput> {
    const wire = wireOf(entry);
    const { results } = await server.admin.entry.unary('BatchUpdateEntry', {
      entries: [wire],
      input_mask: Object.fromEntries(Object.keys(wire).map((field) => [field, true])),
    });
    return okEntry(results[0]);
  }

  async deleteEntry(server: FlowServer, id: string): Promise<void> {
    const { results } = await server.admin.entry.unary('BatchDeleteEntry', { ids: [id] });
    if (results[0]?.status?.code !== 0) throw new Error(`not deleted: ${results[0]?.status?.message}`);
  }

  /**
   * Keeps what the database holds; what it resolves with brings that back, as a failover does that loses what came later.
   * Not the table `except`.
   */
  async backUp(except?: string): Promise<() => Promise<void>> {
    const kept = new Map<string, string>();
    for (const table of TABLES.filter((one) => one !== except)) {
      const [row] = await this.sql<{ rows: unknown }>(
        `select coalesce(json_agg(t), '[]') as rows from ${table} t`,
      );
      kept.set(table, JSON.stringify(row?.rows));
    }
    return () =>
      this.transaction(async (tx) => {
        for (const [table, rows] of kept) {
          await tx.query(`delete from ${table}`);
          await tx.query(
            `insert into ${table} overriding system value select * from json_populate_recordset(null::${table}, $1)`,
            [rows],
          );
        }
      });
  }

  /** Past the servers, as whoever restores a backup would. */
  async transaction<Result>(deed: (tx: Queryable) => Promise<Result>): Promise<Result> {
    const database = this.database.database();
    try {
      return await database.transaction('read committed', deed);
    } finally {
      await database.close();
    }
  }

  sql<Row extends QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<readonly Row[]> {
    return this.transaction((tx) => tx.query<Row>(text, values));
  }

  random(): FakeRandom {
    this.#seed += 1;
    return new FakeRandom(this.#seed);
  }
}

/** Its stream of hints breaks and is opened again: after a second or so, after long absences within a minute. */
const AGENT_NOTICES_SECONDS = 60;

/** Everything that servers write, none of it refers to another table. */
const TABLES = ['entries', 'nodes', 'join_tokens', 'bundles', 'ca_journals', 'changes', 'feeds'];

/** Short lives: a second of a story costs some milliseconds. */
const CA: CaConfig = {
  ...DEFAULT_CA_CONFIG,
  defaultX509SvidTtlSeconds: 120,
  agentTtlSeconds: 3_600,
};

async function bundlePem({ admin }: FlowServer): Promise<string> {
  const { x509_authorities } = await admin.bundle.unary('GetBundle', {});
  return x509_authorities.map(({ asn1 }) => formatPem('CERTIFICATE', asn1)).join('');
}

function wireOf({ path, parent, selectors, ...rest }: EntryText): WireEntry {
  return {
    ...rest,
    ...(path === undefined ? {} : { spiffe_id: { trust_domain: DOMAIN, path } }),
    ...(parent === undefined ? {} : { parent_id: { trust_domain: DOMAIN, path: parent } }),
    ...(selectors === undefined ? {} : { selectors: selectors.map(parseSelector) }),
  };
}

interface EntryResult {
  readonly status: { readonly code: number; readonly message: string } | null;
  readonly entry: EntryOutput | null;
}

function okEntry(result: EntryResult | undefined): EntryOutput {
  if (result?.status?.code !== 0 || result.entry === null)
    throw new Error(`refused: ${result?.status?.message}`);
  return result.entry;
}
