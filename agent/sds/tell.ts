/** What the operator reads about Envoys: secrets that they refuse, and names of nothing. Called by the RPCs. */
import type { Clock } from '../../shared/clock.ts';
import type { LogFields, Logger } from '../../shared/log/logger.ts';
import type { Peer } from '../attest-workload/peer-info.ts';
import { Rates } from '../rates.ts';

export interface Tell {
  /** What Envoy says of a secret that it does not take. */
  rejected(peer: Peer, names: readonly string[], message: string): void;
  /** The workload asks for what it is not entitled to, or not yet. */
  unknown(peer: Peer, names: readonly string[]): void;
}

const LINES = { perSecond: 1, burst: 50 }; // of one user's processes: they decide how often there is something to say
const MESSAGE_MAX_CHARACTERS = 512;
const NAMES_SHOWN = 8;

export function tell(log: Logger, clock: Clock): Tell {
  const lines = new Rates(LINES, clock);
  const fieldsOf = ({ pid, uid }: Peer, names: readonly string[]): LogFields | undefined => {
    const omitted = lines.take(uid);
    if (omitted === undefined) return undefined;
    const shown = names.slice(0, NAMES_SHOWN).map(cut);
    return { pid, uid, names: shown, ...(omitted > 0 ? { omitted } : {}) };
  };
  return {
    rejected: (peer, names, message) => {
      const fields = fieldsOf(peer, names);
      if (fields !== undefined)
        log.error('Envoy reported errors applying secrets', { ...fields, error: cut(message) }); // SPIRE's words
    },
    unknown: (peer, names) => {
      const fields = fieldsOf(peer, names);
      if (fields !== undefined)
        log.warn('Envoy waits for secrets that it has no right to: no entry gives them to it', fields);
    },
  };
}

const cut = (text: string): string =>
  text.length <= MESSAGE_MAX_CHARACTERS ? text : `${text.slice(0, MESSAGE_MAX_CHARACTERS)}…`;
