/** The keys of this suite's certificates, of every kind that either side may meet; made once, for RSA keys take long. */
import { constants, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { fromHex } from '../../../shared/bytes.ts';
import type { Dice } from './dice.ts';

export interface TestKey {
  readonly kind: KeyKind;
  readonly publicKey: Uint8Array;
  readonly privateKey: KeyObject;
}

export type KeyKind =
  | 'ec-p224'
  | 'ec-p256'
  | 'ec-p384'
  | 'ec-p521'
  | 'rsa-1024'
  | 'rsa-2048'
  | 'rsa-3072'
  | 'ed25519'
  | 'x25519';

const COUNTS: Readonly<Record<KeyKind, number>> = {
  'ec-p224': 1,
  'ec-p256': 64,
  'ec-p384': 8,
  'ec-p521': 2,
  'rsa-1024': 2,
  'rsa-2048': 3,
  'rsa-3072': 1,
  ed25519: 4,
  x25519: 1,
};

function generate(kind: KeyKind): TestKey {
  const { publicKey, privateKey } = generatePair(kind);
  return { kind, privateKey, publicKey: new Uint8Array(publicKey.export({ type: 'spki', format: 'der' })) };
}

function generatePair(kind: KeyKind): { publicKey: KeyObject; privateKey: KeyObject } {
  if (kind === 'ed25519') return generateKeyPairSync('ed25519');
  if (kind === 'x25519') return generateKeyPairSync('x25519');
  const [family, size = ''] = kind.split('-');
  return family === 'ec'
    ? generateKeyPairSync('ec', { namedCurve: `${size === 'p256' ? 'prime256v1' : `sec${size}r1`}` })
    : generateKeyPairSync('rsa', { modulusLength: Number(size) });
}

export class KeyRing {
  readonly #keys: ReadonlyMap<KeyKind, readonly TestKey[]>;

  constructor() {
    const kinds = Object.entries(COUNTS) as [KeyKind, number][];
    this.#keys = new Map(
      kinds.map(([kind, count]) => [kind, Array.from({ length: count }, () => generate(kind))]),
    );
  }

  /** One of that kind, not one of `taken` where there are enough. */
  pick(dice: Dice, kind: KeyKind, taken: readonly TestKey[] = []): TestKey {
    const all = this.#keys.get(kind) ?? [];
    const free = all.filter((key) => !taken.includes(key));
    return dice.pick(free.length > 0 ? free : all);
  }
}

/** How a signature is named and made. */
export interface Algorithm {
  readonly der: Uint8Array;
  readonly digest: string | null;
  readonly isPss?: boolean;
}

const pss = fromHex(
  '304106092a864886f70d01010a3034a00f300d06096086480165030402010500a11c301a06092a864886f70d010108300d06096086480165030402010500a203020120',
);

/** By what an AlgorithmIdentifier says (RFC 3279, RFC 4055, RFC 5758, RFC 8410). */
export const algorithms = {
  'ecdsa-sha1': { der: fromHex('300906072a8648ce3d0401'), digest: 'sha1' },
  'ecdsa-sha256': { der: fromHex('300a06082a8648ce3d040302'), digest: 'sha256' },
  'ecdsa-sha256-null': { der: fromHex('300c06082a8648ce3d0403020500'), digest: 'sha256' },
  'ecdsa-sha384': { der: fromHex('300a06082a8648ce3d040303'), digest: 'sha384' },
  'ecdsa-sha512': { der: fromHex('300a06082a8648ce3d040304'), digest: 'sha512' },
  'rsa-md5': { der: fromHex('300d06092a864886f70d0101040500'), digest: 'md5' },
  'rsa-sha1': { der: fromHex('300d06092a864886f70d0101050500'), digest: 'sha1' },
  'rsa-sha256': { der: fromHex('300d06092a864886f70d01010b0500'), digest: 'sha256' },
  'rsa-sha256-no-null': { der: fromHex('300b06092a864886f70d01010b'), digest: 'sha256' },
  'rsa-sha512': { der: fromHex('300d06092a864886f70d01010d0500'), digest: 'sha512' },
  'rsa-pss-sha256': { der: pss, digest: 'sha256', isPss: true },
  ed25519: { der: fromHex('300506032b6570'), digest: null },
} satisfies Readonly<Record<string, Algorithm>>;

export type AlgorithmName = keyof typeof algorithms;

export function usualAlgorithm(kind: KeyKind): AlgorithmName {
  if (kind === 'ed25519') return 'ed25519';
  if (kind.startsWith('rsa')) return 'rsa-sha256';
  return kind === 'ec-p384' ? 'ecdsa-sha384' : 'ecdsa-sha256';
}

/** Other names that the same key can sign under. */
export function oddAlgorithms(kind: KeyKind): readonly AlgorithmName[] {
  const family = kind.startsWith('rsa') ? 'rsa' : kind.startsWith('ec-') ? 'ecdsa' : 'ed25519';
  return (Object.keys(algorithms) as AlgorithmName[]).filter((name) => name.startsWith(family));
}

/** A signature of zeros where the key cannot make one of that name: such a case is there to be refused. */
export function signWith(key: TestKey, algorithm: Algorithm, message: Uint8Array): Uint8Array {
  const padding =
    algorithm.isPss === true ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {};
  try {
    return sign(algorithm.digest, message, { key: key.privateKey, ...padding });
  } catch {
    return new Uint8Array(NO_SIGNATURE_BYTES);
  }
}

const NO_SIGNATURE_BYTES = 64;
