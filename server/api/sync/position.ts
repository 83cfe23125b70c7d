/**
 * How an agent that moves between servers never sees an older world (design D5): its requests name the newest position
 * it has seen, the server catches up with that before it answers, and names its own. Called by the RPCs that read the
 * entry index for an agent.
 */
import { invalidArgument } from '../../../shared/errors.ts';
import type { SeenPosition } from '../../entries/refresh.ts';
import type { CallContext } from '../gate/context.ts';

/** Metadata of requests and answers: `<epoch>/<n>` (proto/writ/sync/v1/sync.proto). */
export const POSITION_KEY = 'writ-position';

const TIMEOUT_MS = 3_000; // below the five seconds of an agent that polls
const POSITION = /^([A-Za-z0-9_-]{1,64})\/(\d{1,15})$/;

/** The refresher of the entry index. */
export interface IndexRefresh {
  position(): SeenPosition;
  ensureFresh(timeoutMs: number): Promise<void>;
  catchUp(seen: SeenPosition, timeoutMs: number): Promise<void>;
  readNow(timeoutMs: number): Promise<void>;
}

/** The index is fresh, and not behind what the caller has seen. Throws Unavailable when that cannot be had. */
export async function catchUpWith({ call }: CallContext, refresh: IndexRefresh): Promise<void> {
  const seen = seenPosition(call.metadata(POSITION_KEY));
  await refresh.ensureFresh(TIMEOUT_MS);
  if (seen !== undefined) await refresh.catchUp(seen, TIMEOUT_MS);
}

/** Brings the index to the head before something is denied (design D4). */
export const confirmDenial = (refresh: IndexRefresh): Promise<void> => refresh.readNow(TIMEOUT_MS);

/** Names the index' position in the answer; to be called in the turn in which the index is read. */
export function namePosition({ call }: CallContext, refresh: IndexRefresh): void {
  call.setHeader(POSITION_KEY, positionText(refresh.position()));
}

export const positionText = ({ epoch, n }: SeenPosition): string => `${epoch}/${n}`;

/** Throws InvalidArgument unless it is one. */
export function parsePosition(text: string): SeenPosition {
  const [, epoch, n] = POSITION.exec(text) ?? [];
  if (epoch === undefined) throw invalidArgument('a position is <epoch>/<n>');
  return { epoch, n: Number(n) };
}

function seenPosition(values: readonly string[]): SeenPosition | undefined {
  const [value] = values;
  if (value === undefined) return undefined;
  if (values.length > 1 || !POSITION.test(value))
    throw invalidArgument(`${POSITION_KEY} must be one <epoch>/<n>`);
  return parsePosition(value);
}
