/**
 * The entry index at ten thousand, a hundred thousand and a million entries: what an answer costs (CPU time, about a
 * hundred entries an agent: its own, those of two node aliases, some below workloads), what a change costs while every
 * agent is watched, and the heap that an entry takes. The cost of an answer must not grow with the total.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { AuthorizedEntries } from '../../server/entries/authorized-entries.ts';
import { type Entry, PLAIN_ENTRY } from '../../server/entries/entry.ts';
import type { Agent } from '../../server/entries/entry-graph.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeRandom } from '../fakes/random.ts';
import type { Report } from './report.ts';

const SIZES = [10_000, 100_000, 1_000_000];
const ANSWERS = 20_000;
const CHANGES = 20_000;
const PER_AGENT = 50; // entries below its own ID
const PER_GROUP = 40; // entries below an alias, shared by the agents of its group
const AGENTS_PER_GROUP = 50;
const NESTED = 10; // entries below the first workload of an agent
const NODE_SELECTORS = 12;

const trustDomain = TrustDomain.parse('example.org');

export async function run(report: Report): Promise<void> {
  for (const size of SIZES) measure(size, report);
}

function measure(size: number, report: Report): void {
  const bench = 'entry-index';
  const world = new World(size);
  const before = heapBytes();
  const index = new AuthorizedEntries({ trustDomain, clock: systemClock, log: silentLogger });
  const startedMs = cpuMs();
  load(index, world);
  const loadMs = cpuMs() - startedMs;
  const add = (metric: string, value: number, unit: string): void =>
    report.add({ bench, metric: `${metric} at ${size}`, value, unit });
  add('heap per entry', (heapBytes() - before) / index.size, 'B');
  add('load per entry', (loadMs * 1_000) / index.size, 'us');
  const random = new FakeRandom();
  const agents = Array.from({ length: 1_000 }, () =>
    world.agent(Math.floor(random.fraction() * world.agents)),
  );
  let entries = 0;
  add(
    'answer',
    each(ANSWERS, (at) => (entries += index.entriesOf(pick(agents, at)).length)),
    'us',
  );
  add('entries per answer', entries / ANSWERS, '1');
  const asked = agents.map((agent) => pick(index.entriesOf(agent), 70).id);
  add(
    'one entry',
    each(ANSWERS, (at) => index.isAuthorized(pick(agents, at), pick(asked, at))),
    'us',
  );
  let told = 0;
  for (let at = 0; at < world.agents; at += 1) index.watch(world.agent(at), () => (told += 1));
  const changed = agents.map((agent) => pick(index.entriesOf(agent), 70));
  let n = 1;
  const change = each(CHANGES, (at) => {
    const item = pick(changed, at);
    n += 1;
    index.apply([{ kind: 'put', id: item.id, item }], { epoch: 'e', n, tag: `${n}` });
  });
  add('change', change, 'us');
  add('watchers told per change', told / CHANGES, '1');
}

function load(index: AuthorizedEntries, world: World): void {
  const loading = index.load();
  for (let page: Entry[] = [], at = 0; at < world.size; at += 5_000) {
    page = Array.from({ length: Math.min(5_000, world.size - at) }, (_, offset) => world.entry(at + offset));
    loading.add(page);
  }
  loading.install({ epoch: 'e', n: 1, tag: '1' });
}

/** Made from text, as rows are, so that the heap holds what it would hold in a server. */
class World {
  readonly size: number;
  readonly agents: number;
  readonly groups: number;

  constructor(size: number) {
    this.size = size;
    const perAgent = PER_AGENT + NESTED + (PER_GROUP + 2) / AGENTS_PER_GROUP;
    this.agents = Math.max(1, Math.floor(size / perAgent));
    this.groups = Math.ceil(this.agents / AGENTS_PER_GROUP);
  }

  agent(at: number): Agent {
    const group = at % this.groups;
    const labels = Array.from(
      { length: NODE_SELECTORS - 3 },
      (_, label) => `k8s_psat:agent_node_label:l${label}:x`,
    );
    return {
      id: SpiffeId.parse(agentText(at)),
      selectors: [
        `k8s_psat:agent_node_uid:${at}`,
        `k8s_psat:rack:${group}`,
        'k8s_psat:cluster:main',
        ...labels,
      ].map(parseSelector),
    };
  }

  entry(at: number): Entry {
    const aliases = this.groups * 2;
    if (at < aliases) return this.#alias(at);
    const shared = aliases + this.groups * PER_GROUP;
    if (at < shared) return make(at, `spiffe://example.org/group/${at % this.groups}`);
    const own = at - shared;
    const agent = own % this.agents;
    const turn = Math.floor(own / this.agents);
    return make(at, turn < PER_AGENT ? agentText(agent) : workloadText(shared + agent));
  }

  /** Of each group one alias for its rack, and one that names a selector that no node has. */
  #alias(at: number): Entry {
    const group = at % this.groups;
    const selectors = [
      'k8s_psat:cluster:main',
      `k8s_psat:rack:${group}`,
      ...(at < this.groups ? [] : ['k8s_psat:gpu:yes']),
    ];
    return {
      ...make(at, 'spiffe://example.org/spire/server'),
      spiffeId: SpiffeId.parse(`spiffe://example.org/group/${group}`),
      selectors: selectors.map(parseSelector),
    };
  }
}

const agentText = (at: number): string =>
  `spiffe://example.org/spire/agent/k8s_psat/main/${String(at).padStart(8, '0')}`;
const workloadText = (at: number): string => `spiffe://example.org/ns/team-${at % 97}/sa/service-${at}`;

const make = (at: number, parent: string): Entry => ({
  id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  spiffeId: SpiffeId.parse(workloadText(at)),
  parentId: SpiffeId.parse(parent),
  selectors: [`k8s:ns:team-${at % 97}`, `k8s:sa:service-${at}`].map(parseSelector),
  ...PLAIN_ENTRY,
  x509SvidTtlSeconds: 3_600,
  revisionNumber: 1,
  createdAt: new Date(1_767_225_600_000 + at * 1_000),
});

function pick<T>(items: readonly T[], at: number): T {
  const item = items[at % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** Microseconds of CPU for one deed. */
function each(count: number, deed: (at: number) => void): number {
  for (let at = 0; at < count / 10; at += 1) deed(at);
  const startedMs = cpuMs();
  for (let at = 0; at < count; at += 1) deed(at);
  return ((cpuMs() - startedMs) * 1_000) / count;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

setFlagsFromString('--expose-gc');
const collect: unknown = runInNewContext('gc');

function heapBytes(): number {
  if (typeof collect === 'function') Reflect.apply(collect, undefined, []);
  return process.memoryUsage().heapUsed;
}
