/** Real processes and sockets for the tests of peer tracking. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Connects to the path and says so; ends when its standard input does. */
const CONNECTS = `
  const socket = require('node:net').connect(process.argv[1], () => process.stdout.write('connected'));
  socket.on('error', () => {});
  process.stdin.on('end', () => process.exit()).resume();`;

/** Connects, says so, and becomes somebody else when it is told to. */
export const BECOMES = `
  require('node:net').connect(process.argv[1], () => process.stdout.write('connected')).on('error', () => {});
  process.stdin.once('data', () => { eval(process.argv[2]); process.stdout.write('became'); });
  process.stdin.on('end', () => process.exit());`;

export class Processes {
  readonly directory: string;
  readonly #children: ChildProcess[] = [];
  readonly #servers: { server: Server; sockets: Set<Socket> }[] = [];
  #paths = 0;

  constructor() {
    this.directory = mkdtempSync(join(tmpdir(), 'writ-peers-'));
    chmodSync(this.directory, 0o755);
  }

  newPath(): string {
    return join(this.directory, `${++this.#paths}.sock`);
  }

  /** Listens; `onConnection` runs in the turn of the accept. */
  async listen(onConnection: (socket: Socket) => void): Promise<string> {
    const path = this.newPath();
    const sockets = new Set<Socket>();
    // Paused: the end of the process goes unnoticed, so that its socket can be looked at.
    const server = createServer({ pauseOnConnect: true }, (socket) => {
      sockets.add(socket.on('error', () => {}));
      onConnection(socket);
    });
    this.#servers.push({ server, sockets });
    server.listen(path);
    await once(server, 'listening');
    chmodSync(path, 0o777);
    return path;
  }

  /** A process that has connected to the path. */
  async connect(
    path: string,
    options: SpawnOptions & { readonly through?: readonly string[] } = {},
  ): Promise<ChildProcess> {
    const { through = [], ...rest } = options;
    const [program = process.execPath, ...args]: readonly string[] = [
      ...through,
      process.execPath,
      '-e',
      CONNECTS,
      path,
    ];
    const child = spawn(program, args, { ...rest, stdio: ['pipe', 'pipe', 'inherit'] });
    this.#children.push(child);
    if (child.stdout === null) throw new Error('no standard output');
    await Promise.race([
      once(child.stdout, 'data'),
      once(child, 'exit').then(([code]) => fail(`it exited: ${code}`)),
    ]);
    return child;
  }

  /** Asks it to end and waits until it was reaped. */
  async end(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.stdin?.end();
    await exited;
  }

  async close(): Promise<void> {
    await Promise.all(this.#children.map((child) => this.end(child)));
    for (const { server, sockets } of this.#servers) {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
    rmSync(this.directory, { recursive: true });
  }
}

const fail = (message: string): never => {
  throw new Error(message);
};

/** Descriptors that this process has open, without the one that counts them. */
export const openDescriptors = (): number => readdirSync('/proc/self/fd').length - 1;
