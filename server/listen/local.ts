/**
 * The door for administrators on this machine: a Unix socket, whose permissions say who may come in. Started by server.ts.
 */
import { lstatSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname, resolve } from 'node:path';
import { makeDirectories } from '../../shared/files.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Gate, Routes } from '../../shared/rpc/handler.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import type { Part } from '../../shared/tasks.ts';
import { whyOthersCanReplace } from '../../shared/trusted-path.ts';
import { whyUnwritable } from '../../shared/unwritable.ts';
import type { CallContext, LocalProcess, Peer } from '../api/gate/context.ts';
import type { FindProcess } from './local-process.ts';

const DIRECTORY_MODE = 0o750; // SPIRE's
const SOCKET_UMASK = 0o007; // SPIRE's 0770
const CONNECTIONS_MAX = 1_000;

export interface LocalListenerNeeds {
  readonly socketPath: string;
  readonly routes: Routes<CallContext>;
  readonly gate: Gate<Peer, CallContext>;
  readonly log: Logger;
  /** How to load what names the callers, for the audit log and for roles. */
  readonly loadFinder?: () => Promise<FindProcess>;
}

export class LocalListener implements Part {
  readonly name = 'admin socket';
  readonly #path: string;
  readonly #log: Logger;
  readonly #rpc: RpcServer<Peer, CallContext>;
  readonly #server: Server;
  readonly #loadFinder: LocalListenerNeeds['loadFinder'];
  #find: FindProcess | undefined;

  constructor({ socketPath, routes, gate, log, loadFinder }: LocalListenerNeeds) {
    this.#path = resolve(socketPath);
    this.#log = log;
    this.#loadFinder = loadFinder;
    this.#rpc = new RpcServer({ routes, gate });
    this.#server = createServer((socket) => this.#rpc.inject(socket, this.#peerOf(socket)));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Throws FailedPrecondition, saying what to do, when the socket cannot be had. */
  async start(): Promise<void> {
    const path = this.#path;
    this.#find = await this.#load();
    makeDirectory(path);
    if (await removeStale(path)) this.#log.info('removed the socket of a server that is gone', { path });
    await bind(this.#server, path);
    this.#log.info('listening for administrators', { path });
  }

  async stop(): Promise<void> {
    this.#server.close(); // removes the socket too
    await this.#rpc.stop();
  }

  /** The server is worth having without it; roles then let nobody in here. */
  async #load(): Promise<FindProcess | undefined> {
    try {
      return await this.#loadFinder?.();
    } catch (error) {
      this.#log.warn(
        'the audit log cannot name the callers of the admin socket, and roles let none of them in',
        {
          error: messageOf(error),
        },
      );
      return undefined;
    }
  }

  #peerOf(socket: Socket): Peer {
    try {
      const process: LocalProcess | undefined = this.#find?.(socket);
      return process === undefined ? { kind: 'local' } : { kind: 'local', process };
    } catch {
      return { kind: 'local' }; // the socket's permissions let it in
    }
  }
}

function makeDirectory(path: string): void {
  const directory = dirname(path);
  try {
    checkOurs(directory); // nothing is made through another's links
    makeDirectories(directory, DIRECTORY_MODE);
    checkOurs(directory); // nobody was faster
  } catch (error) {
    if (error instanceof CodedError) throw error;
    throw refused(`cannot make the directory of socket ${path}: ${messageOf(error)}`, error);
  }
}

/** DIVERGES: SPIRE takes any directory, and with it whoever can answer administrators in the server's place. */
function checkOurs(directory: string): void {
  const why = whyOthersCanReplace(directory);
  if (why !== undefined) throw refused(`${why}: set socket_path to a path in a directory of your own`);
}

/** True when there was one. Nothing but a socket is ever removed, and none that answers. */
async function removeStale(path: string): Promise<boolean> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  if (!found.isSocket()) throw refused(`${path} is not a socket: remove it, or set socket_path`);
  const code = await tryConnecting(path);
  if (code === undefined) throw refused(`another server runs on socket ${path}: stop it, or set socket_path`);
  if (code !== 'ECONNREFUSED')
    throw refused(`socket ${path} exists and cannot be tried (${code}): remove it, or set socket_path`);
  unlinkSync(path);
  return true;
}

/** The error code of a connection, undefined when somebody answers. */
function tryConnecting(path: string): Promise<string | undefined> {
  return new Promise((done) => {
    const socket = connect(path, () => {
      socket.destroy();
      done(undefined);
    });
    socket.on('error', (error) => done('code' in error ? String(error.code) : messageOf(error)));
  });
}

/** The file is never wider than it shall be: the mask holds while the socket is made, which is within this turn. */
function bind(server: Server, path: string): Promise<void> {
  return new Promise((done, reject) => {
    server.once('error', (error) =>
      reject(refused(`cannot listen on socket ${path}: ${whyUnwritable(error, path)}`, error)),
    );
    const before = process.umask(SOCKET_UMASK);
    try {
      server.listen(path, done);
    } finally {
      process.umask(before);
    }
  });
}

const refused = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, cause === undefined ? {} : { cause });
