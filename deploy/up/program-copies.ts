/** Gives each demo service an executable of its own, so that the unix attestor can tell them apart by path. */
import { copyFileSync, linkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The path of this Node under another name: a link where the file system allows it, else a copy. */
export function programNamed(name: string, directory: string): string {
  const path = join(directory, name);
  if (isCurrent(path)) return path;
  rmSync(path, { force: true });
  try {
    linkSync(process.execPath, path);
  } catch {
    copyFileSync(process.execPath, path); // another file system, or links to others' files are not allowed
  }
  return path;
}

function isCurrent(path: string): boolean {
  const [wanted, found] = [statSync(process.execPath), statSync(path, { throwIfNoEntry: false })];
  return found !== undefined && found.size === wanted.size && found.mtimeMs >= wanted.mtimeMs;
}
