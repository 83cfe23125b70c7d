/** What the runtime takes for the cryptography of an SVID alone, key objects ready: the limit of what is issued. Used by benches. */
import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { monotonicMs } from '../../../shared/clock.ts';
import { systemRandom } from '../../../shared/random.ts';

export type Deed = () => Promise<unknown>;

/** One P-256 verify of a CSR and one sign of a certificate. */
export function verifyAndSign(): Deed {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request = systemRandom.bytes(150);
  const certificate = systemRandom.bytes(420);
  const signature = sign('sha256', request, privateKey);
  return async () => {
    verify('sha256', request, publicKey, signature);
    sign('sha256', certificate, privateKey);
  };
}

/** One P-256 sign of a token. */
export function signAlone(): Deed {
  const { privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const token = systemRandom.bytes(260);
  return async () => {
    sign('sha256', token, { key, dsaEncoding: 'ieee-p1363' });
  };
}

export interface Batches {
  readonly size: number;
  readonly count: number;
}

/** CPU seconds and wall milliseconds of this process for one deed. */
export async function costOf(
  deed: Deed,
  { size, count }: Batches,
): Promise<{ cpuSeconds: number; wallMs: number }> {
  const startedMs = monotonicMs();
  const before = process.cpuUsage();
  for (let i = 0; i < count; i++) await batchOf(deed, size);
  const { user, system } = process.cpuUsage(before);
  const deeds = size * count;
  return { cpuSeconds: (user + system) / 1_000_000 / deeds, wallMs: (monotonicMs() - startedMs) / deeds };
}

export const batchOf = (deed: Deed, size: number): Promise<unknown> =>
  Promise.all(Array.from({ length: size }, deed));

/** Deeds in a second of one core: the best of several rounds. */
export async function bestRateOf(deed: Deed): Promise<number> {
  const batches = { size: 100, count: 10 };
  for (let i = 0; i < 5; i++) await costOf(deed, batches); // warm-up
  let best = 0;
  for (let i = 0; i < 8; i++) best = Math.max(best, 1 / (await costOf(deed, batches)).cpuSeconds);
  return best;
}
