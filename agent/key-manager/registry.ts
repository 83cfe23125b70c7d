/** Which key managers there are, by the name of their plugin block. Called by agent.ts alone. */
import { DiskKeyManager } from './disk.ts';
import type { KeyManager } from './key-manager.ts';
import { MemoryKeyManager } from './memory.ts';

/** What agent.conf says: `KeyManager "memory" {}` or `KeyManager "disk" { plugin_data { directory = … } }`. */
export type KeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly directory: string };

type Kind = KeyManagerConfig['kind'];
type Factories = {
  readonly [K in Kind]: (config: Extract<KeyManagerConfig, { kind: K }>) => KeyManager;
};

const keyManagers: Factories = {
  memory: () => new MemoryKeyManager(),
  disk: ({ directory }) => DiskKeyManager.open(directory),
};

/** Throws FailedPrecondition when the disk key manager's file is refused. */
export function makeKeyManager(config: KeyManagerConfig): KeyManager {
  return config.kind === 'disk' ? keyManagers.disk(config) : keyManagers.memory(config);
}
