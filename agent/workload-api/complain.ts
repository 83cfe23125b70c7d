/** What the operator reads about calls that failed. Called by gate. */
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { type Selector, selectorKey } from '../../shared/selectors.ts';
import type { Peer } from '../attest-workload/peer-info.ts';

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
  readonly log: Logger;
}

/** A workload without an identity is told of once per connection: its client tries again for ever. */
export function complain({ logSelectors, ownPid, log }: ComplainDeps): Complain {
  const told = new WeakSet<Peer>();
  return (error, { method, peer, selectors }) => {
    if (peer.pid === ownPid || isGone(error)) return;
    const fields = { pid: peer.pid, uid: peer.uid, method };
    if (!(error instanceof CodedError)) {
      log.error('a Workload API call failed', { ...fields, error: messageOf(error) });
    } else if (error.reason !== 'NO_IDENTITY_ISSUED' || told.has(peer)) {
      log.debug('refused a Workload API call', { ...fields, reason: error.message });
    } else {
      told.add(peer);
      log.warn('no identity issued', {
        ...fields,
        ...(logSelectors ? { selectors: selectors.map(selectorKey) } : {}),
        explain: `writ agent explain --pid ${peer.pid}`,
      });
    }
  };
}

const isGone = (error: unknown): boolean => error instanceof CodedError && error.code === Code.cancelled;
