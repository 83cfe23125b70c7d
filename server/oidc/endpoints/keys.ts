/** GET /keys: the keys that JWT-SVIDs are checked with, as a JWK Set (RFC 7517 5). */
import { type Clock, toSeconds } from '../../../shared/clock.ts';
import type { Jwk } from '../../../shared/crypto/jwk.ts';
import type { KeyPoll } from '../key-poll.ts';
import type { KeySet } from '../key-set.ts';
import { type Answer, type Endpoint, jsonBody, NOT_KEPT, plainAnswer } from './answer.ts';

export interface KeysNeeds {
  readonly keys: Pick<KeyPoll, 'current'>;
  readonly setKeyUse: boolean;
  readonly clock: Clock;
}

export function keys({ keys: poll, setKeyUse, clock }: KeysNeeds): Endpoint {
  let written: Written | undefined;
  return ({ ifModifiedSince }) => {
    const [set, now] = [poll.current, clock.now()];
    if (set === undefined) return plainAnswer(500, 'document not available', NOT_KEPT); // SPIRE's words
    if (written === undefined || !isOf(written, set, now)) written = write(set, now, setKeyUse);
    const isKnown = ifModifiedSince !== undefined && written.modifiedAt <= ifModifiedSince;
    return isKnown && written.answer.status === 200
      ? { ...written.answer, status: 304, body: '' }
      : written.answer;
  };
}

/** The answer as it stays until the set changes or a key comes to its end: asked for often, it costs no writing. */
interface Written {
  readonly set: KeySet;
  readonly from: Date;
  readonly until: Date | undefined;
  readonly modifiedAt: Date;
  readonly answer: Answer;
}

const isOf = ({ set, from, until }: Written, other: KeySet, now: Date): boolean =>
  set === other && now >= from && (until === undefined || now < until);

function write(set: KeySet, now: Date, setKeyUse: boolean): Written {
  const alive = set.aliveAt(now);
  const modifiedAt = toSeconds(alive.modifiedAt); // HTTP's dates have no fractions (RFC 9110 5.6.7)
  return {
    set,
    from: now,
    until: set.nextEnd(now),
    modifiedAt,
    answer: answerOf(alive.keys, modifiedAt, setKeyUse),
  };
}

function answerOf(jwks: readonly Jwk[], modifiedAt: Date, setKeyUse: boolean): Answer {
  if (jwks.length === 0) return plainAnswer(501, 'there are no keys for JWT-SVIDs', NOT_KEPT);
  const used = setKeyUse ? jwks.map((jwk) => ({ use: 'sig', ...jwk })) : jwks;
  return {
    status: 200,
    headers: { 'content-type': 'application/json', ...NOT_KEPT, 'last-modified': modifiedAt.toUTCString() },
    body: jsonBody({ keys: used }),
  };
}
