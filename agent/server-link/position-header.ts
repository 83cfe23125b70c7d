/** Positions as metadata: `writ-position: <epoch>/<n>` (proto/writ/sync/v1). Used by the clients beside it. */
import type { Position, Positions } from '../sync/position.ts';

const KEY = 'writ-position';
const PATTERN = /^([!-.0-~]{1,128})\/(\d{1,15})$/; // an epoch is printable and has no slash

/** The metadata of a request: what the server must have reached before it answers. */
export function positionMetadata({ seen }: Positions): Readonly<Record<string, string>> {
  return seen === undefined ? {} : { [KEY]: `${seen.epoch}/${seen.n}` };
}

/** Where the server is; undefined from a server that tells none. */
export function readPosition(get: (key: string) => string | undefined): Position | undefined {
  const [, epoch, n] = PATTERN.exec(get(KEY) ?? '') ?? [];
  return epoch === undefined ? undefined : { epoch, n: Number(n) };
}
