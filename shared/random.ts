/** Randomness, passed in: the only source of it. Serial numbers and nonces come from one refilled pool. */
import { randomFillSync, randomUUID } from 'node:crypto';

export interface Random {
  /** Cryptographically strong bytes. */
  bytes(count: number): Uint8Array;
  uuid(): string;
  /** Evenly spread in [0, 1): for jitter. */
  fraction(): number;
}

const POOL_BYTES = 8_192;
const pool = new Uint8Array(POOL_BYTES);
let used = POOL_BYTES;

function fromPool(count: number): Uint8Array {
  if (count > POOL_BYTES / 4) return randomFillSync(new Uint8Array(count));
  if (used + count > POOL_BYTES) {
    randomFillSync(pool);
    used = 0;
  }
  const taken = pool.slice(used, used + count);
  pool.fill(0, used, used + count);
  used += count;
  return taken;
}

export const systemRandom: Random = {
  bytes: fromPool,
  uuid: () => randomUUID(),
  fraction: () => new DataView(fromPool(4).buffer).getUint32(0) / 2 ** 32,
};

/** `value` moved by up to ±`ratio` of itself. */
export const jittered = (random: Random, value: number, ratio: number): number =>
  value * (1 + (random.fraction() * 2 - 1) * ratio);
