/** Whose processes Postgres runs as: it refuses root. Called by embedded.ts. */
import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { userInfo } from 'node:os';
import { Code, CodedError } from '../../../shared/errors.ts';

export interface PostgresUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** Processes must be started as another user than ours. */
  readonly isDropped: boolean;
  /** Other programs may run as it too: they can reach the data. */
  readonly isShared: boolean;
}

/** In this order, when we are root and there is no data yet. */
const UNPRIVILEGED = ['postgres', 'nobody'];

/**
 * Us, or when we are root the owner of the data, or else an unprivileged user. Throws FailedPrecondition when there is
 * none, or when the data belongs to somebody else.
 */
export function choosePostgresUser(dataDirectory: string): PostgresUser {
  const us = ourselves();
  const owner = statSync(dataDirectory, { throwIfNoEntry: false })?.uid;
  if (us.uid !== 0) {
    if (owner !== undefined && owner !== us.uid) {
      throw refused(
        `database directory ${dataDirectory} belongs to uid ${owner}: run as that user, or as root`,
      );
    }
    return { name: us.username, uid: us.uid, gid: us.gid, isDropped: false, isShared: false };
  }
  const users = readUsers();
  const wanted =
    owner === undefined
      ? UNPRIVILEGED
      : [...users.values()].filter((user) => user.uid === owner).map((user) => user.name);
  const found = wanted.map((name) => users.get(name)).find((user) => user !== undefined && user.uid !== 0);
  if (found === undefined) {
    throw refused(
      owner === undefined
        ? 'Postgres does not run as root, and there is no user "postgres" or "nobody": create one'
        : `database directory ${dataDirectory} belongs to uid ${owner}, which is no user of this machine`,
    );
  }
  return found;
}

function ourselves(): { uid: number; gid: number; username: string } {
  try {
    return userInfo();
  } catch (cause) {
    const message = `uid ${process.getuid?.()} is no user of this machine, which Postgres insists on: add it to /etc/passwd`;
    throw new CodedError(Code.failedPrecondition, message, { cause });
  }
}

/** /etc/passwd, by name. */
function readUsers(): ReadonlyMap<string, PostgresUser> {
  const users = new Map<string, PostgresUser>();
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    if (/^\d+$/.test(uid) && /^\d+$/.test(gid))
      users.set(name, {
        name,
        uid: Number(uid),
        gid: Number(gid),
        isDropped: true,
        isShared: name === 'nobody',
      });
  }
  return users;
}

/** Throws FailedPrecondition when a parent of `directory` is closed to the user that we drop to. */
export function checkReachable(directory: string, user: PostgresUser): void {
  if (!user.isDropped) return;
  for (let parent = dirname(directory); ; parent = dirname(parent)) {
    const { mode, uid, gid } = statSync(parent);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw refused(
        `user "${user.name}", which runs Postgres, cannot enter ${parent}: choose a directory such as /var/lib/writ, or run "chmod o+x ${parent}"`,
      );
    }
    if (parent === dirname(parent)) return;
  }
}

const refused = (message: string): CodedError => new CodedError(Code.failedPrecondition, message);
