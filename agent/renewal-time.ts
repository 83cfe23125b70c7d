/** When an SVID is due for renewal (SPIRE's rules). Called for the agent's own SVID and for those of workloads. */
import { jittered, type Random } from '../shared/random.ts';

export interface Validity {
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

const JITTER = 0.1; // SPIRE: half-life, give or take a tenth
const MIN_GRACE_MS = 12 * 3_600_000; // SPIRE: less time than that to renew in makes an availability target useless
const TARGET_JITTER_MS = 600_000; // SPIRE: up to 10 minutes

export interface RenewalRules {
  readonly random: Random;
  readonly availabilityTargetSeconds?: number | undefined;
}

/**
 * When to renew, with fresh jitter at each call: at half of the life, or, with an availability target that leaves twelve
 * hours for it, when what remains comes near the target.
 */
export function renewalTime(
  { issuedAt, expiresAt }: Validity,
  { random, availabilityTargetSeconds = 0 }: RenewalRules,
): Date {
  const lifetimeMs = expiresAt.getTime() - issuedAt.getTime();
  const targetMs = availabilityTargetSeconds * 1_000;
  const remainingMs =
    targetMs > 0 && lifetimeMs - targetMs >= MIN_GRACE_MS
      ? targetMs + random.fraction() * TARGET_JITTER_MS
      : jittered(random, lifetimeMs / 2, JITTER);
  return new Date(expiresAt.getTime() - remainingMs);
}

/** With fresh jitter at each call. One that is not valid yet, since clocks were set back, is due at once. */
export const isRenewalDue = (validity: Validity, at: Date, rules: RenewalRules): boolean =>
  at < validity.issuedAt || renewalTime(validity, rules) <= at;

/** Whether an availability target cannot be kept for lack of time to renew in. */
export const isTargetOutOfReach = (
  { issuedAt, expiresAt }: Validity,
  availabilityTargetSeconds: number | undefined,
): boolean =>
  availabilityTargetSeconds !== undefined &&
  expiresAt.getTime() - issuedAt.getTime() - availabilityTargetSeconds * 1_000 < MIN_GRACE_MS;
