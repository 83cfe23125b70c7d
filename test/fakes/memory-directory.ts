/** A directory in memory, as an agent's runtime directory is. Used by the tests of what an agent keeps. */
import { mkdtempSync, rmSync } from 'node:fs';
import type { Ending } from './database.ts';

/** Every Linux has it (shm_overview(7)). */
export function memoryDirectory(ending: Ending): string {
  const directory = mkdtempSync('/dev/shm/writ-test-');
  ending.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
