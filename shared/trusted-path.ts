/**
 * Whether somebody else could put another thing in a path's place: a socket that programs trust, a directory that a
 * program of root's runs files from. Used by shared/rpc/unix-listener, server/listen/local and deploy/up.
 */
import { lstatSync, readlinkSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

const OTHERS_WRITE = 0o002;
const STICKY = 0o1000; // in such a directory (/tmp), nobody removes or renames what is another's (inode(7))
const LINKS_MAX = 40; // as many as the kernel follows (path_resolution(7))

/**
 * Says who could, as a sentence with the directory; undefined when nobody but this user and root can. What does not
 * exist yet is fine: it will be made where nobody else could have. Groups that may write are the owner's choice.
 * Throws where a directory may not be looked into.
 */
export function whyOthersCanReplace(path: string): string | undefined {
  const ahead = partsOf(isAbsolute(path) ? path : join(process.cwd(), path));
  let at = '/';
  let links = 0;
  for (let name = ahead.shift(); name !== undefined; name = ahead.shift()) {
    if (name === '..') {
      at = dirname(at); // no link is left in it
      continue;
    }
    const next = join(at, name);
    const found = lstatSync(next, { throwIfNoEntry: false });
    if (found === undefined) return undefined;
    const why = whyUntrusted(next, found);
    if (why !== undefined) return why;
    if (found.isDirectory()) {
      at = next;
      continue;
    }
    if (!found.isSymbolicLink()) return undefined; // nothing is below it
    links += 1;
    if (links > LINKS_MAX) return `"${next}" is a link that leads nowhere`;
    const target = readlinkSync(next);
    if (isAbsolute(target)) at = '/';
    ahead.unshift(...partsOf(target));
  }
  return undefined;
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

function whyUntrusted(path: string, found: Stats): string | undefined {
  if (found.uid !== 0 && found.uid !== process.geteuid?.()) {
    return `"${path}" belongs to user ${found.uid}, who could put something else there`;
  }
  if (!found.isDirectory() || (found.mode & OTHERS_WRITE) === 0 || (found.mode & STICKY) !== 0)
    return undefined;
  return `everybody may write to "${path}" and could put something else there`;
}
