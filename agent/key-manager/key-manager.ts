/** Keeps the agent's own keys, those of its node's SVID. Implementations: memory, disk (registry.ts). */
import type { KeyObject } from 'node:crypto';
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';

/** Unlike a server's, the key itself can be had: TLS presents it. */
export interface AgentKey {
  readonly privateKey: KeyObject;
  readonly signer: Signer;
}

export interface KeyManager {
  /** Makes a key and keeps it under `id`, replacing what was there; kept (durably, where the kind is) when it resolves. */
  generateKey(id: string, type: KeyType): Promise<AgentKey>;
  /** The key under `id`, or undefined. */
  findKey(id: string): Promise<AgentKey | undefined>;
}
