/** Test files that share a process, in groups: one process for each core. Called by run-files.ts. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const MOST = 4; // each has a Postgres of its own

export interface Groups {
  /** Modules that import a group's files each: what node:test is told to run. */
  readonly modules: readonly string[];
  remove(): void;
}

/** Deals the files out like cards, so that every folder's dear ones are spread; no group is empty. */
export function group(files: readonly string[]): Groups {
  const directory = mkdtempSync(join(tmpdir(), 'writ-test-'));
  const count = Math.min(MOST, availableParallelism(), files.length);
  const modules = Array.from({ length: count }, (_, index) => {
    const path = join(directory, `group-${index}.mjs`);
    const imports = files.filter((__, at) => at % count === index).map(importOf);
    writeFileSync(path, imports.join(''));
    return path;
  });
  return { modules, remove: () => rmSync(directory, { recursive: true, force: true }) };
}

const importOf = (file: string): string => `import ${JSON.stringify(pathToFileURL(file).href)};\n`;
