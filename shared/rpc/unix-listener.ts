/** A listening Unix socket that never takes a living program's place. Used by the agent's doors and the server's admin API. */
import { lstatSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { makeDirectories } from '../files.ts';
import { messageOf, unavailable } from '../errors.ts';
import { whyOthersCanReplace } from '../trusted-path.ts';
import { whyUnwritable } from '../unwritable.ts';

export interface UnixListenerOptions {
  readonly path: string;
  readonly socketMode: number;
  /** For the directory, when it has to be made. */
  readonly directoryMode: number;
  /** Called in the turn in which the connection was accepted. */
  readonly onConnection: (socket: Socket) => void;
  /** Accepting one connection failed, say for want of descriptors; the listener goes on. */
  readonly onError: (error: Error) => void;
}

const PATH_MAX_BYTES = 107; // sun_path has 108 with the closing zero (unix(7))

export class UnixListener {
  readonly #options: UnixListenerOptions;
  readonly #server: Server;

  constructor(options: UnixListenerOptions) {
    this.#options = options;
    this.#server = createServer((socket) => options.onConnection(socket));
  }

  /** Throws Unavailable, saying what to do, when the path is too long, taken, another's to change, or not permitted. */
  async listen(): Promise<void> {
    const { path, directoryMode, socketMode, onError } = this.#options;
    if (Buffer.byteLength(path) > PATH_MAX_BYTES) {
      throw unavailable(`socket path "${path}" is longer than ${PATH_MAX_BYTES} bytes: choose a shorter one`);
    }
    try {
      makeDirectory(dirname(path), directoryMode);
      await removeStale(path);
      await bind(this.#server, path, socketMode);
    } catch (error) {
      this.#server.close();
      throw explain(path, error);
    }
    this.#server.on('error', onError);
  }

  /** Stops accepting and removes the socket; open connections are their owners' to close. */
  close(): void {
    this.#server.close();
  }
}

/**
 * DIVERGES: SPIRE takes any directory. Whoever can replace the socket can answer in our place, with identities and
 * authorities of their own making, and in /tmp the directory is whoever's made it first.
 */
function makeDirectory(directory: string, mode: number): void {
  checkOurs(directory); // nothing is made through another's links
  makeDirectories(directory, mode);
  checkOurs(directory); // nobody was faster
}

function checkOurs(directory: string): void {
  const why = whyOthersCanReplace(directory);
  if (why !== undefined) throw unavailable(`${why}: choose a socket path in a directory of your own`);
}

/** Removes a socket that a program left behind when it was killed; anything else that is there stays. */
async function removeStale(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw unavailable(`"${path}" exists and is not a socket: remove it or choose another socket path`);
  }
  if (await isAnswered(path)) {
    throw unavailable(`another program is listening on "${path}": stop it or choose another socket path`);
  }
  rmSync(path, { force: true });
}

/** Only a refusal proves that nobody listens: a full queue or a missing permission does not. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(path, () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', (error) => {
      const code = 'code' in error ? error.code : undefined;
      resolve(code !== 'ECONNREFUSED' && code !== 'ENOENT');
    });
  });
}

const BACKLOG = 4_096; // Linux's net.core.somaxconn: after a restart, thousands of workloads come at once

/** The socket never has another mode, not even for a moment: the mask holds while it is made, which is in this turn. */
function bind(server: Server, path: string, mode: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const before = process.umask(~mode & 0o777);
    try {
      server.listen({ path, backlog: BACKLOG }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function explain(path: string, error: unknown): Error {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'EACCES' || code === 'EPERM') {
    return unavailable(
      `no permission to make the socket "${path}": choose a socket path in a directory of your own`,
      {
        cause: error,
      },
    );
  }
  if (typeof code === 'string') {
    return unavailable(`the socket "${path}" cannot be made: ${whyUnwritable(error, path)}`, {
      cause: error,
    });
  }
  return error instanceof Error ? error : unavailable(messageOf(error));
}
