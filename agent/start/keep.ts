/** What the agent keeps for its next start, and where: made for start/engine. */
import { resolve } from 'node:path';
import { messageOf } from '../../shared/errors.ts';
import { Kept, type KeptParts, type KeptStore } from '../cache/kept.ts';
import { KeptFile } from '../cache/kept-file.ts';
import type { EnrolParts } from './enrol.ts';

export interface KeepParts extends EnrolParts {
  /** In memory, best first; empty = nothing is kept. */
  readonly runtimeDirectories: readonly string[];
}

type Held = Pick<KeptParts, 'cache' | 'bundles' | 'positions' | 'authorized'>;

export function keep(parts: KeepParts, held: Held): Kept {
  const { config, own, clock, log } = parts;
  const keptFor = (): ReturnType<KeptParts['keptFor']> => {
    const agentId = own.current?.svid.id.toString();
    if (agentId === undefined) return undefined;
    return { trustDomain: config.trustDomain.name, agentId, dataDir: resolve(config.dataDir) };
  };
  return new Kept({ ...held, store: findStore(parts), keptFor, clock, log });
}

/** With `svid_cache = "none"`, what an earlier run kept goes too. */
function findStore({ config, runtimeDirectories: directories, log }: KeepParts): KeptStore | undefined {
  if (directories.length === 0) return undefined;
  try {
    const file = KeptFile.find({
      directories,
      trustDomain: config.trustDomain.name,
      dataDir: config.dataDir,
    });
    if (config.svidCache === 'memory') return file;
    file.remove();
  } catch (error) {
    if (config.svidCache === 'memory')
      log.warn('SVIDs are not kept for the next start: there is no safe directory in memory', {
        why: messageOf(error),
      });
  }
  return undefined;
}
