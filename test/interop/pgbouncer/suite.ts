/** Which tests use a database: found by what they import, so that a new one is among them. */
import type { Source } from '../../architecture/source.ts';
import { readSources } from '../../architecture/source.ts';

const DATABASE = 'test/fakes/database.ts';
const UNIT_TEST = /^test\/(?!(?:interop|slow|soak|k8s|bench)\/).*\.test\.ts$/;
/** It brings up databases of its own. */
const LEFT_OUT = 'test/server/datastore/embedded.test.ts';

/** The unit tests that reach the fake of the database, through whatever files; paths from the root. */
export function databaseTests(root: string): readonly string[] {
  const reaching = importersOf(DATABASE, readSources(root));
  return [...reaching].filter((path) => UNIT_TEST.test(path) && path !== LEFT_OUT).sort();
}

function importersOf(target: string, sources: readonly Source[]): ReadonlySet<string> {
  const found = new Set([target]);
  for (let before = 0; before !== found.size; ) {
    before = found.size;
    for (const { path, imports } of sources)
      if (imports.some((one) => !one.isType && found.has(one.target))) found.add(path);
  }
  return found;
}
