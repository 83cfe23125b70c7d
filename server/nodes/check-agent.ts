/**
 * Whether an agent may act with the certificate that it presents (SPIRE: agent check). Called by the gate for every
 * RPC of an agent. An allow comes from the cache if that is fresh; a denial is always confirmed on the primary
 * first, so a serial number renewed through another server a moment ago ends no genuine agent.
 */
import { type Clock, inTime } from '../../shared/clock.ts';
import type { CodedError, Reason } from '../../shared/errors.ts';
import { permissionDenied, unavailable } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { FreshRun } from '../entries/fresh-run.ts';
import type { Node } from './node.ts';
import type { NodeStore } from './node-store.ts';

/**
 * DIVERGES: without `max_attested_node_info_staleness` SPIRE reads the row at every call. Here memory that the change feed
 * confirmed within this time may allow (never deny), so that a call costs no reading; a ban is in it within a second.
 */
const FRESH_MS = 5_000;
const READ_MS = 3_000; // as long as the index waits: well below what an agent does

/** A certificate as presented, its chain already verified. */
export interface PresentedAgent {
  readonly id: SpiffeId;
  /** Decimal. */
  readonly serialNumber: string;
  readonly certificateExpiresAt: Date;
}

export interface AgentCheckParts {
  readonly cache: { find(id: SpiffeId): Node | undefined };
  /** The refresher of the cache. */
  readonly refresh: { isFresh(maxAgeMs: number): boolean };
  readonly store: Pick<NodeStore, 'find' | 'activatePending'>;
  readonly clock: Clock;
  /** `max_attested_node_info_staleness`; below five seconds it means five seconds. */
  readonly maxStalenessMs: number;
}

type Verdict =
  | { readonly kind: 'allow'; readonly node: Node }
  | { readonly kind: 'promote'; readonly node: Node }
  | { readonly kind: 'deny'; readonly error: CodedError };

export class AgentCheck {
  readonly #parts: AgentCheckParts;
  readonly #maxStalenessMs: number;
  readonly #reads = new Map<string, FreshRun<Node | undefined>>();

  constructor(parts: AgentCheckParts) {
    this.#parts = parts;
    this.#maxStalenessMs = Math.max(FRESH_MS, parts.maxStalenessMs);
  }

  /**
   * The agent's node. Throws PermissionDenied (AGENT_EXPIRED, AGENT_NOT_ATTESTED, AGENT_BANNED, AGENT_NOT_ACTIVE), or
   * Unavailable (DATABASE_UNAVAILABLE) when neither the cache nor the database can tell.
   */
  async checkAgent(agent: PresentedAgent): Promise<Node> {
    if (agent.certificateExpiresAt <= this.#parts.clock.now()) throw denial(agent.id, 'AGENT_EXPIRED');
    if (this.#parts.refresh.isFresh(this.#maxStalenessMs)) {
      const cached = judge(agent, this.#parts.cache.find(agent.id));
      if (cached.kind === 'allow') return cached.node;
    }
    return this.#checkOnPrimary(agent);
  }

  /** Twice, since another server may activate the pending certificate in between. */
  async #checkOnPrimary(agent: PresentedAgent): Promise<Node> {
    const verdict = judge(agent, await this.#read(agent.id));
    if (verdict.kind === 'allow') return verdict.node;
    if (verdict.kind === 'deny') throw verdict.error;
    const { node } = verdict;
    if (await fromDatabase(this.#parts.store.activatePending(agent.id, agent.serialNumber))) {
      return { ...node, current: node.pending, pending: undefined };
    }
    const second = judge(agent, await this.#read(agent.id));
    if (second.kind === 'allow') return second.node;
    throw second.kind === 'deny' ? second.error : denial(agent.id, 'AGENT_NOT_ACTIVE');
  }

  /** One row read per agent at a time, however often it asks. */
  async #read(id: SpiffeId): Promise<Node | undefined> {
    const key = id.toString();
    const reads = this.#reads.get(key) ?? new FreshRun(() => this.#parts.store.find(id));
    this.#reads.set(key, reads);
    const read = reads.run().finally(() => {
      if (reads.isIdle) this.#reads.delete(key);
    });
    return fromDatabase(inTime(this.#parts.clock, READ_MS, read));
  }
}

function judge(agent: PresentedAgent, node: Node | undefined): Verdict {
  if (node === undefined) return { kind: 'deny', error: denial(agent.id, 'AGENT_NOT_ATTESTED') };
  if (node.current === undefined) return { kind: 'deny', error: denial(agent.id, 'AGENT_BANNED') };
  if (node.current.serialNumber === agent.serialNumber) return { kind: 'allow', node };
  if (node.pending?.serialNumber === agent.serialNumber) return { kind: 'promote', node };
  return { kind: 'deny', error: denial(agent.id, 'AGENT_NOT_ACTIVE') };
}

const WORDS = {
  AGENT_EXPIRED: 'SVID is expired',
  AGENT_NOT_ATTESTED: 'is not attested',
  AGENT_BANNED: 'is banned',
  AGENT_NOT_ACTIVE: 'SVID is not the active one',
} as const satisfies Partial<Record<Reason, string>>;

const denial = (id: SpiffeId, reason: keyof typeof WORDS): CodedError =>
  permissionDenied(`agent "${id}" ${WORDS[reason]}`, { reason });

async function fromDatabase<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (cause) {
    throw unavailable('agent cannot be checked: the database does not answer', {
      reason: 'DATABASE_UNAVAILABLE',
      cause,
    });
  }
}
