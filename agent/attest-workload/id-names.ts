/** Names of users or groups from a file such as /etc/passwd, read anew when it changes. Called by unix. */
import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { fileVersion } from './file-version.ts';

export interface IdNames {
  /** The name of the first line with each id, as getpwuid(3) has it: ask once for all ids of a process. */
  current(): ReadonlyMap<number, string>;
  /** Whether this id is missed for the first time, and few others were: log it then, and not with every call. */
  isFirstMiss(id: number): boolean;
}

const FILE_MAX_BYTES = 16 * 1024 * 1024;
const MISSES_REMEMBERED = 100; // a process can have thousands of groups that are in no file
const ID_FIELD = 2; // passwd(5) and group(5) alike: name, password, id

/**
 * DIVERGES: the C library's name services (LDAP, sssd, systemd) are not asked: they would run foreign code with the
 * agent's rights and may block it. Users and groups that are in no file have the selectors of their numbers alone.
 */
export function idNames(path: string): IdNames {
  const misses = new Set<number>();
  let version = '';
  let names: ReadonlyMap<number, string> = new Map();
  return {
    current: () => {
      const read = readIfChanged(path, version);
      if (read !== undefined) ({ version, names } = read);
      return names;
    },
    isFirstMiss: (id) => {
      if (misses.has(id) || misses.size >= MISSES_REMEMBERED) return false;
      misses.add(id);
      return true;
    },
  };
}

interface ReadNames {
  readonly version: string;
  readonly names: ReadonlyMap<number, string>;
}

const NONE: ReadNames = { version: '', names: new Map() };

/** Undefined when the file is the one already read. A file that cannot be read names nobody. */
function readIfChanged(path: string, version: string): ReadNames | undefined {
  let fd: number | undefined;
  try {
    if (fileVersion(statSync(path, { bigint: true })) === version) return undefined;
    fd = openSync(path, 'r');
    const opened = fstatSync(fd, { bigint: true });
    if (opened.size > FILE_MAX_BYTES) return NONE;
    return { version: fileVersion(opened), names: parseIdNames(readFileSync(fd, 'utf8')) };
  } catch {
    return NONE;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** Lines that are not entries (comments, `+` of NIS) are passed over. */
export function parseIdNames(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split('\n')) {
    const fields = line.split(':');
    const [name] = fields;
    const id = fields[ID_FIELD];
    if (name === undefined || !/^[^\s+#-][^\s]*$/.test(name) || id === undefined || !/^\d{1,10}$/.test(id))
      continue;
    if (!names.has(Number(id))) names.set(Number(id), name);
  }
  return names;
}
