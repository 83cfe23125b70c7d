/** Says when authorities of a kind cannot be rotated, now and then and with what is at stake. Called by ca/local-authorities. */
import type { Clock } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Authorities, Authority } from './authorities.ts';
import { activationMarginMs, lifetimeMs } from './rotation.ts';

const REPORT_AGAIN_MS = 60_000;

export interface Reported {
  readonly kind: { readonly name: string };
  readonly current: Authorities<Authority>;
}

export class RotationReport {
  readonly #reported: Reported;
  readonly #clock: Clock;
  readonly #log: Logger;
  #hasFailed = false;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(reported: Reported, { clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#reported = reported;
    this.#clock = clock;
    this.#log = log;
  }

  good(): void {
    if (this.#hasFailed) this.#log.info(`${this.#reported.kind.name} authorities can be rotated again`);
    this.#hasFailed = false;
    this.#reportedMs = Number.NEGATIVE_INFINITY;
  }

  failed(error: string): void {
    this.#hasFailed = true;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#reportedMs < REPORT_AGAIN_MS) return;
    this.#reportedMs = nowMs;
    this.#report(error);
  }

  #report(error: string): void {
    const { kind, current } = this.#reported;
    const { active } = current;
    const leftMs = active === undefined ? 0 : active.expiresAt.getTime() - this.#clock.now().getTime();
    const lifeMs = active === undefined ? 0 : lifetimeMs(active);
    const fields = { error, expiresAt: active?.expiresAt };
    if (leftMs > activationMarginMs(lifeMs)) {
      this.#log.warn(`${kind.name} authorities could not be checked or rotated: it is tried again`, fields);
    } else {
      this.#log.error(
        `${kind.name} authority cannot be replaced and expires soon: no SVID can be signed after that; bring back the database and the key manager`,
        { ...fields, leftSeconds: Math.floor(leftMs / 1_000) },
      );
    }
  }
}
