/** What signs: the one seam between certificates or tokens and the key that a key manager holds. */

/** SPIRE's key type names (ca_key_type, workload_x509_svid_key_type). */
export const KEY_TYPES = ['ec-p256', 'ec-p384', 'rsa-2048', 'rsa-4096'] as const;
export type KeyType = (typeof KEY_TYPES)[number];

export interface Signer {
  readonly keyType: KeyType;
  /** SubjectPublicKeyInfo, DER (RFC 5280 4.1.2.7). */
  readonly publicKey: Uint8Array;
  /**
   * Signs `message` (hashed by the signer: SHA-256, for ec-p384 SHA-384; RSA is PKCS#1 v1.5).
   * ECDSA signatures are DER (ECDSA-Sig-Value).
   */
  sign(message: Uint8Array): Promise<Uint8Array>;
}
