/** Which key managers there are, by the name of their plugin block. Called by server.ts alone. */
import type { KeyManager } from './key-manager.ts';
import { DiskKeyManager } from './disk.ts';
import { MemoryKeyManager } from './memory.ts';

/** What server.conf says: `KeyManager "memory" {}` or `KeyManager "disk" { plugin_data { keys_path = … } }`. */
export type KeyManagerConfig =
  | { readonly kind: 'memory' }
  | { readonly kind: 'disk'; readonly keysPath: string };

type KeyManagerKind = KeyManagerConfig['kind'];
type Factories = {
  readonly [Kind in KeyManagerKind]: (config: Extract<KeyManagerConfig, { kind: Kind }>) => KeyManager;
};

const keyManagers: Factories = {
  memory: () => new MemoryKeyManager(),
  disk: ({ keysPath }) => DiskKeyManager.open(keysPath),
};

/** Throws FailedPrecondition when the disk key manager's file is refused. */
export function makeKeyManager(config: KeyManagerConfig): KeyManager {
  return config.kind === 'disk' ? keyManagers.disk(config) : keyManagers.memory(config);
}
