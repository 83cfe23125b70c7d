/** What the operator reads about calls that failed. Called by gate. */
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Selector, selectorKey } from '../../shared/selectors.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import { Rates } from '../rates.ts';

export interface FailedCall {
  readonly method: string;
  readonly peer: Peer;
  readonly selectors: readonly Selector[];
}

export type Complain = (error: unknown, call: FailedCall) => void;

export interface ComplainDeps {
  /** Name the selectors of a workload that gets nothing. */
  readonly logSelectors: boolean;
  /** The agent's own pid: its health check calls here too, and is no news. */
  readonly ownPid: number;
  readonly clock: Clock;
  readonly log: Logger;
}

const LINES = { perSecond: 1, burst: 50 }; // of one user's processes: a disk is full sooner than it is looked at

/** A workload without an identity is told of once per connection: its client tries again for ever. */
export function complain({ logSelectors, ownPid, clock, log }: ComplainDeps): Complain {
  const lines = new Rates(LINES, clock);
  const told = new WeakSet<Peer>();
  return (error, { method, peer, selectors }) => {
    if (peer.pid === ownPid || isGone(error)) return;
    const fields = { pid: peer.pid, uid: peer.uid, method };
    if (!(error instanceof CodedError)) {
      log.error('a Workload API call failed', { ...fields, error: messageOf(error) });
      return;
    }
    const isNews = error.reason === 'NO_IDENTITY_ISSUED' && !told.has(peer);
    const omitted = isNews ? lines.take(peer.uid) : undefined;
    if (omitted === undefined) {
      log.debug('refused a Workload API call', { ...fields, reason: error.message });
      return;
    }
    told.add(peer);
    log.warn('no identity issued', {
      ...fields,
      ...(logSelectors ? { selectors: selectors.map(selectorKey) } : {}),
      ...(omitted > 0 ? { omitted } : {}),
      explain: `writ agent explain --pid ${peer.pid}`,
    });
  };
}

const isGone = (error: unknown): boolean => error instanceof CodedError && error.code === Code.cancelled;
