/**
 * Entries as a large installation has them, of any total: every agent has 260, of which 150 hang below its own ID, 100
 * below a node alias that fifty agents satisfy, and ten below its first workload. What belongs to one agent is spread
 * over the whole total, as it is where workloads come and go. Used by the bench of entries.
 */
import { type Entry, PLAIN_ENTRY } from '../../../server/entries/entry.ts';
import type { Agent } from '../../../server/entries/entry-graph.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';

export const PER_AGENT = 260;

const OWN = 150;
const NESTED = 10;
const PER_GROUP = PER_AGENT - OWN - NESTED;
const AGENTS_PER_GROUP = 50;
const ALIASES_PER_GROUP = 2;
const NODE_LABELS = 9;
const FIRST_CREATED_AT_MS = 1_767_225_600_000; // 2026
const TEAMS = 97;

export class World {
  readonly size: number;
  readonly agents: number;
  readonly #groups: number;
  readonly #firstAgent: string;

  /** `firstAgent`: the ID of agent 0, if it shall be a real one's. */
  constructor(size: number, firstAgent = agentText(0)) {
    this.size = size;
    this.#firstAgent = firstAgent;
    const perGroup = AGENTS_PER_GROUP * (OWN + NESTED) + PER_GROUP + ALIASES_PER_GROUP;
    this.#groups = Math.floor(size / perGroup);
    this.agents = this.#groups * AGENTS_PER_GROUP;
  }

  agent(at: number): Agent {
    const labels = Array.from({ length: NODE_LABELS }, (_, label) => `agent_node_label:l${label}:x`);
    const facts = [`agent_node_uid:${at}`, `rack:${at % this.#groups}`, 'cluster:main', ...labels];
    return {
      id: SpiffeId.parse(agentText(at)),
      selectors: facts.map((fact) => parseSelector(`k8s_psat:${fact}`)),
    };
  }

  entry(at: number): Entry {
    const aliases = this.#groups * ALIASES_PER_GROUP;
    if (at < aliases) return this.#alias(at);
    const shared = aliases + this.#groups * PER_GROUP;
    if (at < shared) return make(at, groupText(at % this.#groups));
    const turn = Math.floor((at - shared) / this.agents);
    const agent = (at - shared) % this.agents;
    if (turn < OWN) return make(at, agent === 0 ? this.#firstAgent : agentText(agent));
    return make(at, turn < OWN + NESTED ? workloadText(shared + agent) : agentText(this.agents));
  }

  /** Of each group one alias for its rack, and one that names a selector that no node has. */
  #alias(at: number): Entry {
    const group = at % this.#groups;
    const facts = ['cluster:main', `rack:${group}`, ...(at < this.#groups ? [] : ['gpu:yes'])];
    return {
      ...make(at, 'spiffe://example.org/spire/server'),
      spiffeId: SpiffeId.parse(groupText(group)),
      selectors: facts.map((fact) => parseSelector(`k8s_psat:${fact}`)),
    };
  }
}

const agentText = (at: number): string =>
  `spiffe://example.org/spire/agent/k8s_psat/main/${String(at).padStart(8, '0')}`;
const workloadText = (at: number): string => `spiffe://example.org/ns/team-${at % TEAMS}/sa/service-${at}`;
/** What the agents of a group also go by. */
export const groupText = (group: number): string => `spiffe://example.org/group/${group}`;

const make = (at: number, parent: string): Entry => ({
  id: `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`,
  spiffeId: SpiffeId.parse(workloadText(at)),
  parentId: SpiffeId.parse(parent),
  selectors: [`k8s:ns:team-${at % TEAMS}`, `k8s:sa:service-${at}`].map(parseSelector),
  ...PLAIN_ENTRY,
  x509SvidTtlSeconds: 3_600,
  revisionNumber: 1,
  createdAt: new Date(FIRST_CREATED_AT_MS + at * 1_000),
});
