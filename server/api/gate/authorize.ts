/**
 * Whether the caller may call (SPIRE's evaluation order): everybody, the admin socket, administrators, downstream
 * servers, agents. Roles, where there are any, divide what administrators may do. Called by gate/order.
 */
import { Code, CodedError, permissionDenied, withContext } from '../../../shared/errors.ts';
import { isAgentId } from '../../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import type { Role } from '../../config/roles-fields.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { Entry } from '../../entries/entry.ts';
import type { AgentCheck } from '../../nodes/check-agent.ts';
import type { Admission, Caller } from './context.ts';
import { type Roles, roleName } from './roles.ts';
import type { Rule, Who } from './rules.ts';

/** Below the five seconds that an agent waits between polls. */
const FRESH_TIMEOUT_MS = 3_000;

export interface AuthorizerNeeds {
  readonly adminIds: readonly SpiffeId[];
  readonly roles: Pick<Roles, 'areConfigured' | 'ofId' | 'ofUser' | 'open'>;
  readonly entries: Pick<AuthorizedEntries, 'entriesBearing'>;
  /** Keeps `entries` fresh. */
  readonly refresh: {
    ensureFresh(timeoutMs: number): Promise<void>;
    readNow(timeoutMs: number): Promise<void>;
  };
  readonly agents: Pick<AgentCheck, 'checkAgent'>;
}

type Identified = Extract<Caller, { kind: 'identified' }>;
type Local = Extract<Caller, { kind: 'local' }>;

export class Authorizer {
  readonly #needs: AuthorizerNeeds;
  readonly #adminIds: ReadonlySet<string>;

  constructor(needs: AuthorizerNeeds) {
    this.#needs = needs;
    this.#adminIds = new Set(needs.adminIds.map(String));
  }

  /**
   * What the caller is let in as. Throws PermissionDenied when it is not let in (an agent is told why), Unavailable when
   * that cannot be told now.
   */
  async authorize(method: string, rule: Rule, caller: Caller): Promise<Admission> {
    if (rule.who.includes('any')) return {};
    if (caller.kind === 'local' && rule.who.includes('local')) return this.#admitLocal(method, rule, caller);
    if (caller.kind !== 'identified') throw denied(method);
    const admission = await this.#admitIdentified(rule, caller);
    if (admission !== undefined) return admission;
    if (rule.who.includes('agent')) return this.#checkAgent(method, caller);
    throw denied(method, whyRoles(rule, this.#needs.roles.ofId(caller.svid.id)));
  }

  #admitLocal(method: string, rule: Rule, { uid }: Local): Admission {
    const { roles } = this.#needs;
    if (!roles.areConfigured || rule.isHarmless === true) return {};
    if (uid === undefined) throw denied(method, 'the kernel does not say which user calls');
    const held = roles.ofUser(uid);
    const opened = roles.open(rule, held);
    if (opened !== undefined) return opened;
    throw denied(method, whyRoles(rule, held) ?? `user ${uid} has no role`);
  }

  /** SPIRE says only that it is denied, and why in the details; here the text says it too. */
  async #checkAgent(method: string, { svid }: Identified): Promise<Admission> {
    const { id, serialNumber, expiresAt } = svid;
    const agent = { id, serialNumber, certificateExpiresAt: expiresAt };
    const node = await this.#needs.agents.checkAgent(agent).catch((cause: unknown) => {
      const isDenied = cause instanceof CodedError && cause.code === Code.permissionDenied;
      throw isDenied ? withContext(deniedText(method), cause) : cause;
    });
    return { agent: { node, svid } };
  }

  async #admitIdentified(rule: Rule, { svid: { id } }: Identified): Promise<Admission | undefined> {
    const { entries, refresh, roles } = this.#needs;
    const mayAdmin = rule.who.includes('admin');
    if (mayAdmin && this.#adminIds.has(id.toString())) return this.#asAdministrator();
    if (!mayAdmin && !rule.who.includes('downstream')) return undefined;
    if (isAgentId(id)) return undefined; // no entry and no role can name one: their calls cost no reading
    await refresh.ensureFresh(FRESH_TIMEOUT_MS);
    const byMemory = this.#admitByEntry(rule.who, entries.entriesBearing(id));
    if (byMemory !== undefined) return byMemory;
    const opened = mayAdmin ? roles.open(rule, roles.ofId(id)) : undefined;
    if (opened !== undefined) return opened;
    await refresh.readNow(FRESH_TIMEOUT_MS); // memory may allow, never deny (design D4)
    return this.#admitByEntry(rule.who, entries.entriesBearing(id));
  }

  #admitByEntry(who: readonly Who[], bearing: readonly Entry[]): Admission | undefined {
    if (who.includes('admin') && bearing.some(({ admin }) => admin)) return this.#asAdministrator();
    return who.includes('downstream') && bearing.some(({ downstream }) => downstream) ? {} : undefined;
  }

  /** By `admin_ids` or an entry. */
  #asAdministrator(): Admission {
    return this.#needs.roles.areConfigured ? { role: 'admin' } : {};
  }
}

/** Only who has a role is told which others there are. */
function whyRoles(rule: Rule, held: readonly Role[]): string | undefined {
  if (held.length === 0) return undefined;
  const needed = [...(rule.roles ?? []), 'admin'].join(' or ');
  return `${held.map(roleName).join(', ')} does not allow it, ${needed} does`;
}

const deniedText = (method: string): string => `authorization denied for method ${method}`;
const denied = (method: string, why?: string): CodedError =>
  permissionDenied(`${deniedText(method)}${why === undefined ? '' : `: ${why}`}`);
