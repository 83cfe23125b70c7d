/** When an authority of any kind is prepared and when it takes over (SPIRE's thresholds). Pure; asked by ca/rotating-authorities. */
import type { Authorities, Authority } from './authorities.ts';
import { BACKDATE_SECONDS } from './ca-config.ts';

const DAY_MS = 24 * 3_600_000;
const PREPARE_BEFORE_MAX_MS = 30 * DAY_MS; // SPIRE's preparation threshold
const ACTIVATE_BEFORE_MAX_MS = 7 * DAY_MS; // SPIRE's activation threshold
const DEFAULT_REFRESH_SECONDS = 300; // SPIFFE Federation 4.1: how often those poll who are given no hint
const PUBLISH_AHEAD_REFRESHES = 5; // SPIFFE Federation 4.1: new keys out three to five refresh hints before use

export type RotationStep = 'prepare' | 'publish' | 'activate';

type Lifetime = Pick<Authority, 'validFrom' | 'expiresAt'>;

/** From its making on: what somebody else made was in use, or could have been, before it came into a slot. */
export const lifetimeMs = ({ validFrom, expiresAt }: Lifetime): number =>
  expiresAt.getTime() - validFrom.getTime() - BACKDATE_SECONDS * 1_000;

/** How long before an authority's end the next one is to take over: a sixth of its life, at most seven days. */
export const activationMarginMs = (lifeMs: number): number => Math.min(lifeMs / 6, ACTIVATE_BEFORE_MAX_MS);

const preparationMarginMs = (lifeMs: number): number => Math.min(lifeMs / 2, PREPARE_BEFORE_MAX_MS);

/** After this moment a successor that was published in time takes over. */
export const takeOverAfter = (active: Lifetime): Date =>
  new Date(active.expiresAt.getTime() - activationMarginMs(lifetimeMs(active)));

/** After this moment there is to be a successor soon: it would be prepared if it lived as long. */
export const followedSoonAfter = (active: Lifetime): Date =>
  new Date(active.expiresAt.getTime() - preparationMarginMs(lifetimeMs(active)));

/**
 * After this moment the successor is prepared.
 *
 * DIVERGES: SPIRE looks at the life of the active authority alone. Here a successor that lives shorter is prepared no
 * earlier before its turn than if it followed its like, so that it does not end while it waits.
 */
export function prepareAfter(active: Lifetime, successorLifeMs: number): Date {
  const lifeMs = lifetimeMs(active);
  const aheadMs = preparationMarginMs(successorLifeMs) - activationMarginMs(successorLifeMs);
  const marginMs = Math.min(preparationMarginMs(lifeMs), activationMarginMs(lifeMs) + aheadMs);
  return new Date(active.expiresAt.getTime() - marginMs);
}

/**
 * After this moment the successor takes over. One that was published in time never waits.
 *
 * DIVERGES: SPIRE looks at the clock alone. Here a successor that was published late (a server that was down for hours)
 * first gets time to reach those who poll for the bundle, but no more than half of what the active authority has left.
 */
export function activateAfter(active: Lifetime, publishedAt: Date, refreshHintSeconds: number): Date {
  const lifeMs = lifetimeMs(active);
  const marginMs = activationMarginMs(lifeMs);
  const refreshMs = (refreshHintSeconds || DEFAULT_REFRESH_SECONDS) * 1_000;
  const aheadMs = Math.min(PUBLISH_AHEAD_REFRESHES * refreshMs, (preparationMarginMs(lifeMs) - marginMs) / 2);
  const endMs = active.expiresAt.getTime();
  const knownMs = Math.min(publishedAt.getTime() + aheadMs, endMs - marginMs / 2);
  return new Date(Math.max(endMs - marginMs, knownMs));
}

export interface RotationTimes {
  readonly now: Date;
  readonly refreshHintSeconds: number;
  /** How long a new one lives. */
  readonly successorLifeMs: number;
}

/** What is to be done now, one step at a time; undefined when all is well. */
export function nextStep(
  authorities: Authorities<Authority>,
  { now, refreshHintSeconds, successorLifeMs }: RotationTimes,
): RotationStep | undefined {
  const active = ifGood(authorities.active, now);
  const prepared = ifGood(authorities.prepared, now);
  if ([active, prepared].some((authority) => authority !== undefined && authority.publishedAt === undefined))
    return 'publish';
  if (prepared?.publishedAt === undefined)
    return active === undefined || now > prepareAfter(active, successorLifeMs) ? 'prepare' : undefined;
  if (active === undefined) return 'activate';
  return now > activateAfter(active, prepared.publishedAt, refreshHintSeconds) ? 'activate' : undefined;
}

/**
 * After the clock was set back, an authority that is not valid yet is as good as none: nobody believes what it signs. A
 * tainted one is about to be revoked.
 */
const ifGood = (authority: Authority | undefined, now: Date): Authority | undefined =>
  authority !== undefined &&
  authority.isTainted !== true &&
  now >= authority.validFrom &&
  now < authority.expiresAt
    ? authority
    : undefined;
