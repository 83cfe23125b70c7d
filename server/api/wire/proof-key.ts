/** The key that a WIT-SVID is to name, as requests carry it. */
import { isForKind, isJwsAlgorithm, type JwsAlgorithm } from '../../../shared/crypto/jws-algorithms.ts';
import { checkProofKey, importPublicKey, type PublicKeyKind } from '../../../shared/crypto/public-key.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { ProofKey } from '../../../shared/svid/wit-svid.ts';

const ALGORITHM_MAX_CHARS = 32; // of what is echoed

export interface WireProofKey {
  readonly public_key: Uint8Array;
  readonly signing_algorithm: string;
}

/** Throws InvalidArgument: with `what` when the key is none that may be named, else that the algorithm is not for it (SPIRE's words). */
export function proofKeyFromWire(
  { public_key: spki, signing_algorithm: algorithm }: WireProofKey,
  what: 'malformed public key' | 'invalid public key',
): ProofKey {
  const publicKey = new Uint8Array(spki);
  return { publicKey, algorithm: checkAlgorithm(algorithm, kindOf(publicKey, what)) };
}

function kindOf(publicKey: Uint8Array, what: string): PublicKeyKind {
  try {
    importPublicKey(publicKey);
    return checkProofKey(publicKey).kind;
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

function checkAlgorithm(algorithm: string, kind: PublicKeyKind): JwsAlgorithm {
  if (isJwsAlgorithm(algorithm) && isForKind(algorithm, kind)) return algorithm;
  const name = kind === 'rsa' ? 'RSA' : kind;
  const given = algorithm.slice(0, ALGORITHM_MAX_CHARS);
  throw invalidArgument(
    `invalid signing algorithm or key type: unsupported signing algorithm for ${name} key: ${given}`,
  );
}
