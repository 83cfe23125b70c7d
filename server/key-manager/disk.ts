/** Keys in one private file, SPIRE's keys.json: authorities survive a restart. Listed in registry.ts. */
import type { KeyObject } from 'node:crypto';
import { KeyFile } from '../../shared/crypto/key-file.ts';
import { generateKeyPair, keySigner, parsePrivateKey } from '../../shared/crypto/keys.ts';
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';
import type { KeyManager } from './key-manager.ts';

export class DiskKeyManager implements KeyManager {
  readonly #file: KeyFile;
  readonly #signers: Map<string, Signer>;

  private constructor(file: KeyFile) {
    this.#file = file;
    this.#signers = new Map([...file.keys].map(([id, key]) => [id, keySigner(key)]));
  }

  /** Throws FailedPrecondition, with what to do, on a file that KeyFile refuses. */
  static open(keysPath: string): DiskKeyManager {
    return new DiskKeyManager(KeyFile.open(keysPath));
  }

  async generateKey(id: string, type: KeyType): Promise<Signer> {
    const { privateKey } = await generateKeyPair(type);
    return this.#keep(id, privateKey);
  }

  async importKey(id: string, pkcs8: Uint8Array): Promise<Signer> {
    return this.#keep(id, parsePrivateKey(pkcs8));
  }

  async findKey(id: string): Promise<Signer | undefined> {
    return this.#signers.get(id);
  }

  async listKeys(): Promise<readonly { readonly id: string; readonly signer: Signer }[]> {
    return [...this.#signers].map(([id, signer]) => ({ id, signer }));
  }

  #keep(id: string, privateKey: KeyObject): Signer {
    const signer = keySigner(privateKey);
    this.#file.put(id, privateKey);
    this.#signers.set(id, signer);
    return signer;
  }
}
