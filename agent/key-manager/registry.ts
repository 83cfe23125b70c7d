/** Which key managers there are, by the name of their plugin block. Called by agent.ts alone. */
import type { AgentKeyManagerConfig } from '../config/plugins.ts';
import { DiskKeyManager } from './disk.ts';
import type { KeyManager } from './key-manager.ts';
import { MemoryKeyManager } from './memory.ts';

type Kind = AgentKeyManagerConfig['kind'];
type Factories = {
  readonly [K in Kind]: (config: Extract<AgentKeyManagerConfig, { kind: K }>) => KeyManager;
};

export const keyManagers: Factories = {
  memory: () => new MemoryKeyManager(),
  disk: ({ directory }) => DiskKeyManager.open(directory),
};

/** Throws FailedPrecondition when the disk key manager's file is refused. */
export function makeKeyManager(config: AgentKeyManagerConfig): KeyManager {
  return config.kind === 'disk' ? keyManagers.disk(config) : keyManagers.memory(config);
}
