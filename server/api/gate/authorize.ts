/**
 * Whether the caller may call (SPIRE's evaluation order): everybody, the admin socket, administrators, downstream
 * servers, agents. Called by gate/order.
 */
import { type CodedError, permissionDenied } from '../../../shared/errors.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import type { AgentCheck } from '../../nodes/check-agent.ts';
import type { ActingAgent, Caller } from './context.ts';
import type { Rule, Who } from './rules.ts';

/** Below the five seconds that an agent waits between polls. */
const FRESH_TIMEOUT_MS = 3_000;

export interface AuthorizerNeeds {
  readonly adminIds: readonly SpiffeId[];
  readonly entries: Pick<AuthorizedEntries, 'entriesBearing'>;
  /** Keeps `entries` fresh. */
  readonly refresh: {
    ensureFresh(timeoutMs: number): Promise<void>;
    readNow(timeoutMs: number): Promise<void>;
  };
  readonly agents: Pick<AgentCheck, 'checkAgent'>;
}

type Identified = Extract<Caller, { kind: 'identified' }>;

export class Authorizer {
  readonly #needs: AuthorizerNeeds;
  readonly #adminIds: ReadonlySet<string>;

  constructor(needs: AuthorizerNeeds) {
    this.#needs = needs;
    this.#adminIds = new Set(needs.adminIds.map(String));
  }

  /**
   * The agent, where the caller is let in as one. Throws PermissionDenied when it is not let in (an agent is told why),
   * Unavailable when that cannot be told now.
   */
  async authorize(method: string, rule: Rule, caller: Caller): Promise<ActingAgent | undefined> {
    if (rule.who.includes('any')) return undefined;
    if (caller.kind === 'local' && rule.who.includes('local')) return undefined;
    if (caller.kind !== 'identified') throw denied(method);
    if (await this.#isAllowedByEntry(rule.who, caller)) return undefined;
    if (!rule.who.includes('agent')) throw denied(method);
    return this.#checkAgent(caller);
  }

  async #checkAgent({ svid }: Identified): Promise<ActingAgent> {
    const { id, serialNumber, expiresAt } = svid;
    const node = await this.#needs.agents.checkAgent({ id, serialNumber, certificateExpiresAt: expiresAt });
    return { node, svid };
  }

  async #isAllowedByEntry(who: readonly Who[], { svid }: Identified): Promise<boolean> {
    const mayAdmin = who.includes('admin');
    const mayDownstream = who.includes('downstream');
    if (mayAdmin && this.#adminIds.has(svid.id.toString())) return true;
    if (!mayAdmin && !mayDownstream) return false;
    const allows = (entry: Entry): boolean =>
      (mayAdmin && entry.admin) || (mayDownstream && entry.downstream);
    const { entries, refresh } = this.#needs;
    await refresh.ensureFresh(FRESH_TIMEOUT_MS);
    if (entries.entriesBearing(svid.id).some(allows)) return true;
    await refresh.readNow(FRESH_TIMEOUT_MS); // memory may allow, never deny (design D4)
    return entries.entriesBearing(svid.id).some(allows);
  }
}

const denied = (method: string): CodedError => permissionDenied(`authorization denied for method ${method}`);
