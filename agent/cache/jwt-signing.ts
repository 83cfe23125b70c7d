/**
 * Has JWT-SVIDs signed by the server, in turns: no workload that asks for one after the other keeps the others waiting, nor
 * makes the server sign without end. Used by jwt-source.
 */
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, unavailable } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { Rates } from '../rates.ts';
import { hintedDelayMs } from '../retry-delay.ts';
import { Turns } from '../turns.ts';
import type { AgentEntry } from './agent-entry.ts';
import type { BundleCache } from './bundle-cache.ts';
import { checkIssuedJwt } from './check-issued-jwt.ts';
import type { HeldJwtSvid } from './jwt-cache.ts';

export interface JwtRequest {
  readonly entryId: string;
  readonly audience: readonly string[];
}

/** Implemented by server-link/svid-client. */
export interface JwtIssuer {
  /** NewJWTSVID: the token as the server sent it. */
  newJwtSvid(request: JwtRequest, signal: AbortSignal): Promise<string>;
}

export interface JwtSigningParts {
  readonly issuer: JwtIssuer;
  readonly bundles: Pick<BundleCache, 'own'>;
  /** What a call to the server failed with. */
  readonly onFailed: (error: unknown) => void;
  /** Aborted when the agent stops. */
  readonly stopping: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Of each entry half at most: the other half is for others.
 *
 * DIVERGES: SPIRE's agent passes on to the server whatever a workload asks for.
 */
const TURNS = { total: 32, each: 16, waitingEach: 256 };
/** Of each entry: half of what a server signs for one agent (SPIRE: 500 a second). */
const RATE = { perSecond: 250, burst: 1_000 };
const RETRY = { initialMs: 1_000, maxMs: 10_000 }; // SPIRE's first pause
const RETRY_FOR_MS = 30_000; // SPIRE
const TRANSIENT: readonly Code[] = [Code.unavailable, Code.deadlineExceeded, Code.resourceExhausted];

export class JwtSigning {
  readonly #parts: JwtSigningParts;
  readonly #turns = new Turns<string>(TURNS);
  readonly #rates: Rates<string>;

  constructor(parts: JwtSigningParts) {
    this.#parts = parts;
    this.#rates = new Rates(RATE, parts.clock);
  }

  /** Patient, it is tried again while the server is away for a moment. Rejects with what the server said, or Unavailable. */
  async sign(entry: AgentEntry, audience: readonly string[], isPatient: boolean): Promise<HeldJwtSvid> {
    if (this.#rates.take(entry.id) === undefined)
      throw unavailable('JWT-SVIDs of this workload are asked for too often');
    const { clock, random, stopping } = this.#parts;
    const untilMs = isPatient ? clock.monotonicMs() + RETRY_FOR_MS : Number.NEGATIVE_INFINITY;
    const backoff = new Backoff(random, RETRY);
    for (;;) {
      const [outcome] = await this.#turns.run(entry.id, stopping, () =>
        Promise.allSettled([this.#signOnce(entry, audience)]),
      );
      if (outcome.status === 'fulfilled') return outcome.value;
      const error: unknown = outcome.reason;
      const waitMs = Math.max(backoff.next(), hintedDelayMs(error, random));
      if (!isTransient(error) || clock.monotonicMs() + waitMs > untilMs) throw error;
      await clock.sleep(waitMs, stopping);
    }
  }

  async #signOnce(entry: AgentEntry, audience: readonly string[]): Promise<HeldJwtSvid> {
    const { issuer, bundles, onFailed, stopping, clock } = this.#parts;
    const token = await issuer
      .newJwtSvid({ entryId: entry.id, audience }, stopping)
      .catch((error: unknown) => {
        onFailed(error);
        throw error;
      });
    return checkIssuedJwt({
      token,
      entry,
      audience,
      authorities: bundles.own.jwtAuthorities,
      at: clock.now(),
    });
  }
}

/** It may well succeed a little later. */
export const isTransient = (error: unknown): boolean =>
  error instanceof CodedError && TRANSIENT.includes(error.code);
