/** What benches ask the process of simulated agents for. */
import { parsePem } from '../../../shared/crypto/pem.ts';
import type { System } from '../../interop/system.ts';
import { TRUST_DOMAIN } from '../../interop/system-files.ts';
import { rateOf } from './callers.ts';
import { Companion } from './companion.ts';

/** Where the server is; certificates in base64. */
export interface TargetText {
  readonly host: string;
  readonly port: number;
  readonly trustDomain: string;
  readonly authorities: readonly string[];
}

export interface AttestAll {
  readonly tokens: readonly string[];
  readonly target: TargetText;
  /** At a time. */
  readonly callers: number;
}

export interface Holding {
  readonly spiffeId: string;
  readonly isHeld: boolean;
}

export interface Revised {
  /** Of the agent, in the order of the tokens. */
  readonly at: number;
  readonly entryId: string;
  readonly revision: number;
}

export interface AgentFigures {
  /** Of each round: the entries, and what they needed signed. */
  readonly syncMs: readonly number[];
  /** Calls and streams that failed, by the name of their code. */
  readonly failures: Readonly<Record<string, number>>;
  /** SVIDs of workloads, since the start of each agent. */
  readonly signed: number;
  /** Entries that an agent had and was then not told of any more, since its start. */
  readonly lost: number;
}

const TOKENS_AT_ONCE = 8;
const FOLLOW_AT_ONCE = 4;

/** Calls that have SVIDs issued, one agent after the other. */
export interface Issue {
  readonly kind: 'x509' | 'jwt';
  readonly entryId: string;
  /** SVIDs in a call; of tokens, one. */
  readonly batch: number;
  readonly calls: number;
  /** At a time. */
  readonly callers: number;
}

export class Agents {
  readonly #system: System;
  readonly #port: number;
  readonly #companion = new Companion('agents-process.ts');

  /** They connect to the system's server, or to what is in front of it at this port. */
  constructor(system: System, port = system.files.port) {
    this.#system = system;
    this.#port = port;
  }

  /** Join tokens; with an `alias` their agents also go by that. */
  async tokens(count: number, alias?: string): Promise<readonly string[]> {
    const tokens: string[] = [];
    await rateOf(count, TOKENS_AT_ONCE, async (at) => {
      tokens[at] = await this.#system.admin.joinToken(alias);
    });
    return tokens;
  }

  /** As many more attest; resolves with attestations per second. */
  async attest(tokens: readonly string[], callers: number): Promise<number> {
    const target = { ...(await targetOf(this.#system)), port: this.#port };
    return this.#companion.ask<number>('attest', { tokens, target, callers } satisfies AttestAll);
  }

  /** Every agent connects with its SVID and asks for its entries; resolves with how many the first one has. */
  count(): Promise<number> {
    return this.#companion.ask<number>('count');
  }

  /** Every agent renews its SVID; resolves with renewals per second. */
  renew(callers: number): Promise<number> {
    return this.#companion.ask<number>('renew', callers);
  }

  /** Resolves with calls per second. */
  issue(asked: Issue): Promise<number> {
    return this.#companion.ask<number>('issue', asked);
  }

  /** Every agent follows the server from here on, those that do already apart; resolves when each has made its first round. */
  async follow(callers = FOLLOW_AT_ONCE): Promise<void> {
    await this.#companion.ask('follow', callers);
  }

  /** Resolves when every agent has an SVID of this ID, or when none has one any more. */
  all(spiffeId: string, isHeld: boolean): Promise<void> {
    return this.#companion.ask('await', { spiffeId, isHeld } satisfies Holding);
  }

  /** Resolves when this agent has an SVID of the entry as it then is. */
  revised(revised: Revised): Promise<void> {
    return this.#companion.ask('revised', revised);
  }

  /** Resolves when every agent has SVIDs of just these entries. */
  have(entryIds: readonly (readonly string[])[]): Promise<void> {
    return this.#companion.ask('have', entryIds);
  }

  /** Whether agents that lose their server are what is measured, and not the end of the bench. */
  expectLoss(isExpected: boolean): Promise<void> {
    return this.#companion.ask('expectLoss', isExpected);
  }

  /** Resolves when every agent that follows has had a round from here on. */
  current(): Promise<void> {
    return this.#companion.ask('current');
  }

  /** From here on all agents renew within each period, one after the other. */
  startRenewing(periodMs: number): Promise<void> {
    return this.#companion.ask('startRenewing', periodMs);
  }

  stopRenewing(): Promise<void> {
    return this.#companion.ask('stopRenewing');
  }

  /** What happened since it was last asked. */
  figures(): Promise<AgentFigures> {
    return this.#companion.ask<AgentFigures>('figures');
  }

  stop(): Promise<void> {
    return this.#companion.stop();
  }
}

async function targetOf(system: System): Promise<TargetText> {
  const authorities = parsePem(await system.admin.bundlePem(), 'CERTIFICATE').map((der) =>
    Buffer.from(der).toString('base64'),
  );
  return { host: '127.0.0.1', port: system.files.port, trustDomain: TRUST_DOMAIN, authorities };
}
