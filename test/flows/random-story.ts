/**
 * A story that nobody wrote: entries come, change and go, the agent moves and restarts, servers fall behind, time passes.
 * When all has settled each workload has what a slow search over the database says. Told by random-stories and test/slow.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Entry } from '../../server/entries/entry.ts';
import { isSubset, parseSelector, selectorKeys } from '../../shared/selectors.ts';
import type { FlowAgent, Watch } from '../fakes/flow-agent.ts';
import { type FlowServer, type ServerChanges, Testbed } from '../fakes/testbed.ts';
import { asIs } from '../fakes/paging.ts';

const TRAITS = ['unix:uid:1', 'unix:uid:2', 'unix:gid:1'];
/** Every set of traits but the empty one. */
const WORKLOADS = Array.from({ length: 2 ** TRAITS.length - 1 }, (_, set) =>
  TRAITS.filter((_trait, bit) => ((set + 1) >> bit) % 2 === 1),
);
const IDS = ['e1', 'e2', 'e3', 'e4', 'e5', 'e6'];
const AGENT = 'the agent';
const PARENTS = [AGENT, AGENT, AGENT, '/w1', '/w2', '/w3'];
const NOTICES_SECONDS = 10; // the server's next push, or else the agent's next poll
const SETTLED_SECONDS = 90; // longer than any pause after a failure that lasted no longer than these

type Step =
  | {
      readonly kind: 'put';
      readonly id: string;
      readonly path: string;
      readonly parent: string;
      readonly traits: string[];
    }
  | { readonly kind: 'delete'; readonly id: string }
  | { readonly kind: 'move'; readonly to: 0 | 1 }
  | { readonly kind: 'cut' }
  | { readonly kind: 'restart agent' }
  | { readonly kind: 'restart server'; readonly which: 0 | 1 }
  | { readonly kind: 'hold'; readonly which: 0 | 1 }
  | { readonly kind: 'release' }
  | { readonly kind: 'pass'; readonly seconds: number };

const which = fc.constantFrom<0 | 1>(0, 1);
const put = fc.record({
  kind: fc.constant('put' as const),
  id: fc.constantFrom(...IDS),
  path: fc.constantFrom('/w1', '/w2', '/w3'),
  parent: fc.constantFrom(...PARENTS),
  traits: fc.uniqueArray(fc.constantFrom(...TRAITS), { minLength: 1, maxLength: 2 }),
});
const arbitraries: readonly { readonly weight: number; readonly arbitrary: fc.Arbitrary<Step> }[] = [
  { weight: 10, arbitrary: put },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('delete' as const), id: fc.constantFrom(...IDS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('move' as const), to: which }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'cut' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'restart agent' as const }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart server' as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('hold' as const), which }) },
  { weight: 2, arbitrary: fc.constant({ kind: 'release' as const }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 20 }) }),
  },
];
const steps = fc.array(fc.oneof(...arbitraries), { minLength: 8, maxLength: 20, size: 'max' });

/** Rejects with the shortest story that ends badly. */
export async function tellRandomStories(count: number): Promise<void> {
  const story = fc.asyncProperty(steps, async (taken) => {
    const ends: (() => Promise<void> | void)[] = [];
    try {
      await (await RandomStory.begin({ after: (deed) => void ends.push(deed) })).tell(taken);
    } finally {
      for (const end of ends) await end();
    }
  });
  await fc.assert(story, { numRuns: count });
}

class RandomStory {
  readonly #bed: Testbed;
  readonly #servers: FlowServer[];
  readonly #agent: FlowAgent;
  #at: 0 | 1 = 0;
  #watches: readonly Watch[];

  private constructor(bed: Testbed, servers: FlowServer[], agent: FlowAgent) {
    this.#bed = bed;
    this.#servers = servers;
    this.#agent = agent;
    this.#watches = this.#watchAll();
  }

  static async begin(t: Parameters<typeof Testbed.open>[0]): Promise<RandomStory> {
    const bed = await Testbed.open(t);
    const servers = [await bed.startServer('a', CHANGES), await bed.startServer('b', CHANGES)];
    await bed.pass(2); // an agent that never heard of the second server's authority would not believe it
    const agent = await bed.startAgent('agent', { server: servers[0] ?? assert.fail() });
    return new RandomStory(bed, servers, agent);
  }

  async tell(story: readonly Step[]): Promise<void> {
    for (const step of story) {
      await this.#take(step);
      await this.#bed.rest();
    }
    await this.#settle();
    await this.#check();
  }

  async #take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'put':
        return this.#put(step);
      case 'delete':
        return void (await this.#admin.entry.unary('BatchDeleteEntry', { ids: [step.id] }));
      case 'move':
        this.#at = step.to;
        return this.#agent.link.pointTo(this.#server(step.to));
      case 'cut':
        return this.#agent.link.cut();
      case 'restart agent':
        return this.#restartAgent();
      case 'restart server':
        return this.#restartServer(step.which);
      case 'hold':
        return this.#server(step.which).database.holdFeed('entries');
      case 'release':
        return this.#release();
      default:
        return this.#bed.pass(step.seconds);
    }
  }

  /** Creates the entry, or changes it. */
  async #put({ id, path, parent, traits: selectors }: Extract<Step, { kind: 'put' }>): Promise<void> {
    const bed = this.#bed;
    const server = this.#server(this.#at);
    const entry = { id, path, parent: parent === AGENT ? this.#agent.path : parent, selectors };
    await bed.updateEntry(server, entry).catch(() => bed.createEntry(server, entry).catch(assertSimilar));
  }

  async #restartAgent(): Promise<void> {
    await this.#agent.stop();
    let isStarted = false;
    const starting = this.#agent.start().finally(() => (isStarted = true));
    await this.#bed.passUntil(() => isStarted, SETTLED_SECONDS); // its first round waits for a server that is behind
    await starting;
    this.#watches = [];
  }

  async #restartServer(at: 0 | 1): Promise<void> {
    const old = this.#server(at);
    const isUsed = this.#at === at && this.#agent.link.leadsTo(old);
    await this.#bed.kill(old, ...(isUsed ? [this.#agent.link] : []));
    const server = await this.#bed.startServer(old.name, CHANGES);
    this.#servers[at] = server;
    if (isUsed) this.#agent.link.pointTo(server);
  }

  #release(): void {
    for (const { database } of this.#servers) database.restore();
  }

  async #settle(): Promise<void> {
    const { link } = this.#agent;
    const server = this.#server(this.#at);
    this.#release();
    await this.#bed.rest();
    if (!link.leadsTo(server) || link.isTried) await this.#bed.reconnect(this.#agent, server);
    await this.#bed.pass(NOTICES_SECONDS);
    await this.#bed.passUntil(
      () => this.#agent.identities.syncState().lastSyncError === undefined,
      SETTLED_SECONDS,
    );
    if (this.#watches.length === 0) this.#watches = this.#watchAll();
    await this.#bed.pass(NOTICES_SECONDS);
  }

  async #check(): Promise<void> {
    const { items } = await this.#server(0).database.datastore.entries.list(
      {},
      { pageSize: 0, pageToken: '' },
      asIs,
    );
    const authorized = slowSearch(items, this.#agent.path);
    for (const [at, traits] of WORKLOADS.entries()) {
      const keys = selectorKeys(traits.map(parseSelector));
      const expected = authorized.filter(({ selectors }) => isSubset(selectors, keys)).map(({ id }) => id);
      const { identities } = this.#watches[at]?.latest() ?? assert.fail('no watch');
      const got = identities.map(({ entryId, spiffeId }) => `${entryId} ${spiffeId.path}`).sort();
      const pathOf = new Map(items.map(({ id, spiffeId }) => [id, spiffeId.path]));
      assert.deepEqual(
        got,
        expected.map((id) => `${id} ${pathOf.get(id)}`).sort(),
        `workload of ${traits.join()}`,
      );
    }
  }

  #watchAll(): readonly Watch[] {
    return WORKLOADS.map((traits) => this.#agent.watch(...traits));
  }

  get #admin(): FlowServer['admin'] {
    return this.#server(this.#at).admin;
  }

  #server(at: 0 | 1): FlowServer {
    return this.#servers[at] ?? assert.fail();
  }
}

const CHANGES: ServerChanges = { ca: { defaultX509SvidTtlSeconds: 60 } };

/** Two entries of the same shape are refused: the story goes on without. */
const assertSimilar = (error: unknown): void => assert.match(String(error), /similar entry already exists/);

/** Entries below the agent, word by word. */
function slowSearch(entries: readonly Entry[], agentPath: string): readonly Entry[] {
  const parents = new Set([agentPath]);
  const found = new Set<Entry>();
  for (let before = -1; found.size !== before; ) {
    before = found.size;
    for (const entry of entries) {
      if (!parents.has(entry.parentId.path)) continue;
      found.add(entry);
      parents.add(entry.spiffeId.path);
    }
  }
  return [...found];
}
