/** Keys in memory alone: they end with the process, so every start makes new authorities. Listed in registry.ts. */
import { generateKeyPair, keySigner, parsePrivateKey } from '../../shared/crypto/keys.ts';
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';
import type { KeyManager } from './key-manager.ts';

export class MemoryKeyManager implements KeyManager {
  readonly #signers = new Map<string, Signer>();

  async generateKey(id: string, type: KeyType): Promise<Signer> {
    return this.#keep(id, keySigner((await generateKeyPair(type)).privateKey));
  }

  async importKey(id: string, pkcs8: Uint8Array): Promise<Signer> {
    return this.#keep(id, keySigner(parsePrivateKey(pkcs8)));
  }

  async findKey(id: string): Promise<Signer | undefined> {
    return this.#signers.get(id);
  }

  async listKeys(): Promise<readonly { readonly id: string; readonly signer: Signer }[]> {
    return [...this.#signers].map(([id, signer]) => ({ id, signer }));
  }

  #keep(id: string, signer: Signer): Signer {
    this.#signers.set(id, signer);
    return signer;
  }
}
