/** A CA above ours: it signs the certificates that our slots' keys sign with. Implementations: disk (registry.ts). */

export interface MintRequest {
  /** PKCS #10, DER: the subject and the one URI name, the trust domain's ID, that the certificate is to have. */
  readonly csr: Uint8Array;
  /** How long the certificate is to be valid; what its issuer can give, where that is less. 0: its issuer's choice. */
  readonly preferredTtlSeconds: number;
}

export interface MintedCa {
  /** The new CA certificate, then those between it and a root, never a root. DER each. */
  readonly chain: readonly Uint8Array[];
  /** What upstream trusts: all of it goes into the bundle of our trust domain. DER each. */
  readonly roots: readonly Uint8Array[];
}

export interface UpstreamAuthority {
  /** A new CA certificate for the key of the CSR. Throws with what to do when there can be none. Another at each call. */
  mintX509Ca(request: MintRequest): Promise<MintedCa>;
}
