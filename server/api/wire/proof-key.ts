/** The key that a WIT-SVID is to name, as requests carry it. */
import { checkJwsKeyFits, isJwsAlgorithm } from '../../../shared/crypto/jws-algorithms.ts';
import { checkWorkloadKey, importPublicKey } from '../../../shared/crypto/public-key.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import type { ProofKey } from '../../../shared/svid/wit-svid.ts';

export interface WireProofKey {
  readonly public_key: Uint8Array;
  readonly signing_algorithm: string;
}

/** Throws InvalidArgument that says what is wrong with the key, or that the algorithm is not for it. */
export function proofKeyFromWire({ public_key: spki, signing_algorithm: algorithm }: WireProofKey): ProofKey {
  if (spki.length === 0) throw invalidArgument('missing public key');
  if (algorithm === '') throw invalidArgument('missing signing algorithm');
  if (!isJwsAlgorithm(algorithm)) throw invalidArgument('unsupported signing algorithm');
  const publicKey = new Uint8Array(spki);
  const { kind } = asMalformed(() => {
    importPublicKey(publicKey);
    return checkWorkloadKey(publicKey);
  });
  checkJwsKeyFits(algorithm, kind);
  return { publicKey, algorithm };
}

function asMalformed<T>(deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw invalidArgument(`malformed public key: ${messageOf(cause)}`, { cause });
  }
}
