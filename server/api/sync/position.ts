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
  const { epoch, n } = refresh.position();
  call.setHeader(POSITION_KEY, `${epoch}/${n}`);
}

function seenPosition(values: readonly string[]): SeenPosition | undefined {
  const [value] = values;
  if (value === undefined) return undefined;
  const [, epoch, n] = POSITION.exec(value) ?? [];
  if (epoch === undefined || values.length > 1)
    throw invalidArgument(`${POSITION_KEY} must be one <epoch>/<n>`);
  return { epoch, n: Number(n) };
}
