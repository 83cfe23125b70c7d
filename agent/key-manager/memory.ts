/** Keys in memory alone: they end with the process, so every start attests anew. Listed in registry.ts. */
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import type { AgentKey, KeyManager } from './key-manager.ts';

export class MemoryKeyManager implements KeyManager {
  readonly #keys = new Map<string, AgentKey>();

  async generateKey(id: string, type: KeyType): Promise<AgentKey> {
    const { privateKey } = await generateKeyPair(type);
    const key = { privateKey, signer: keySigner(privateKey) };
    this.#keys.set(id, key);
    return key;
  }

  async findKey(id: string): Promise<AgentKey | undefined> {
    return this.#keys.get(id);
  }
}
