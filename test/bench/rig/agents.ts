/** What benches ask the process of simulated agents for. */
import { parsePem } from '../../../shared/crypto/pem.ts';
import type { System } from '../../interop/system.ts';
import { TRUST_DOMAIN } from '../../interop/system-files.ts';
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

export class Agents {
  readonly #system: System;
  readonly #companion = new Companion('agents-process.ts');

  constructor(system: System) {
    this.#system = system;
  }

  /** Join tokens whose agents also go by `alias`. */
  async tokens(count: number, alias: string): Promise<readonly string[]> {
    const tokens: string[] = [];
    for (let at = 0; at < count; at += 1) tokens.push(await this.#system.admin.joinToken(alias));
    return tokens;
  }

  /** As many more attest; resolves with attestations per second. */
  async attest(tokens: readonly string[], callers: number): Promise<number> {
    const target = await targetOf(this.#system);
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

  /** Every agent follows the server from here on; resolves when each has made its first round. */
  follow(): Promise<void> {
    return this.#companion.ask('follow');
  }

  /** Resolves when every agent has an SVID of this ID, or when none has one any more. */
  all(spiffeId: string, isHeld: boolean): Promise<void> {
    return this.#companion.ask('await', { spiffeId, isHeld } satisfies Holding);
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
