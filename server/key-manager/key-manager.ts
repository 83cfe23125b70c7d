/** Keeps the server's signing keys. Implementations: memory, disk (registry.ts). */
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';

export interface KeyManager {
  /** Makes a key and keeps it under `id`, replacing what was there; kept (durably, where the kind is) when it resolves. */
  generateKey(id: string, type: KeyType): Promise<Signer>;
  /**
   * Keeps a key that was made elsewhere (PKCS #8, DER) under `id`, as one that it made. Throws InvalidArgument, which tells
   * nothing of it, unless it is of KEY_TYPES.
   */
  importKey(id: string, pkcs8: Uint8Array): Promise<Signer>;
  /** The key under `id`, or undefined. */
  findKey(id: string): Promise<Signer | undefined>;
  listKeys(): Promise<readonly { readonly id: string; readonly signer: Signer }[]>;
}
