/** A key manager that makes its keys at once and outlives the server that a test restarts; it can be told to fail. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { keySigner, parsePrivateKey } from '../../shared/crypto/keys.ts';
import type { KeyManager } from '../../server/key-manager/key-manager.ts';
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';

export class FakeKeyManager implements KeyManager {
  readonly #signers = new Map<string, Signer>();
  #failure: Error | undefined;

  async generateKey(id: string, type: KeyType): Promise<Signer> {
    if (this.#failure !== undefined) throw this.#failure;
    const signer = makeSigner(type);
    this.#signers.set(id, signer);
    return signer;
  }

  async importKey(id: string, pkcs8: Uint8Array): Promise<Signer> {
    const signer = keySigner(parsePrivateKey(pkcs8));
    if (this.#failure !== undefined) throw this.#failure;
    this.#signers.set(id, signer);
    return signer;
  }

  async findKey(id: string): Promise<Signer | undefined> {
    return this.#signers.get(id);
  }

  async listKeys(): Promise<readonly { readonly id: string; readonly signer: Signer }[]> {
    return [...this.#signers].map(([id, signer]) => ({ id, signer }));
  }

  /** From now on no key can be made, until `failWith(undefined)`. */
  failWith(failure: Error | undefined): void {
    this.#failure = failure;
  }

  /** The key is gone, as after the loss of a key file. */
  forget(id: string): void {
    this.#signers.delete(id);
  }
}

function makeSigner(type: KeyType): Signer {
  const { privateKey, publicKey } = generate(type);
  return {
    keyType: type,
    publicKey: new Uint8Array(publicKey.export({ format: 'der', type: 'spki' })),
    sign: async (message) => sign(type === 'ec-p384' ? 'sha384' : 'sha256', message, privateKey),
  };
}

function generate(type: KeyType): { readonly privateKey: KeyObject; readonly publicKey: KeyObject } {
  if (type === 'ec-p256') return generateKeyPairSync('ec', { namedCurve: 'P-256' });
  if (type === 'ec-p384') return generateKeyPairSync('ec', { namedCurve: 'P-384' });
  return generateKeyPairSync('rsa', { modulusLength: type === 'rsa-2048' ? 2_048 : 4_096 });
}
