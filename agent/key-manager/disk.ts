/** Keys in one private file, SPIRE's keys.json: the agent keeps its SVID over a restart. Listed in registry.ts. */
import { join } from 'node:path';
import { KeyFile } from '../../shared/crypto/key-file.ts';
import { generateKeyPair, keySigner } from '../../shared/crypto/keys.ts';
import type { KeyType } from '../../shared/crypto/signer.ts';
import { makePrivateDirectory } from '../private-directory.ts';
import type { AgentKey, KeyManager } from './key-manager.ts';

const FILE_NAME = 'keys.json'; // SPIRE's name in the key manager's directory

export class DiskKeyManager implements KeyManager {
  readonly #file: KeyFile;

  private constructor(file: KeyFile) {
    this.#file = file;
  }

  /** Throws FailedPrecondition, with what to do, when the directory cannot be made or the file is refused. */
  static open(directory: string): DiskKeyManager {
    makePrivateDirectory(directory);
    return new DiskKeyManager(KeyFile.open(join(directory, FILE_NAME)));
  }

  async generateKey(id: string, type: KeyType): Promise<AgentKey> {
    const { privateKey } = await generateKeyPair(type);
    const key = { privateKey, signer: keySigner(privateKey) };
    this.#file.put(id, privateKey);
    return key;
  }

  async findKey(id: string): Promise<AgentKey | undefined> {
    const privateKey = this.#file.keys.get(id);
    return privateKey === undefined ? undefined : { privateKey, signer: keySigner(privateKey) };
  }
}
