/** Programs that call the Workload API in ways that no library does, as other processes. Used by tests of its door. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** `call(socket)`: one FetchX509SVID; resolves with `message` at the first one, or with the status that it ends with. */
const CALL = `
  const net = require('node:net');
  const http2 = require('node:http2');
  const { spawn } = require('node:child_process');
  setTimeout(() => process.exit(3), 25_000).unref();
  const call = (socket, untilEnd = false) => new Promise((resolve) => {
    const session = http2.connect('http://localhost', { createConnection: () => socket });
    session.on('error', (error) => resolve(error.code));
    session.on('close', () => resolve('closed'));
    const request = session.request({
      ':method': 'POST', ':path': '/SpiffeWorkloadAPI/FetchX509SVID',
      'content-type': 'application/grpc', te: 'trailers', 'workload.spiffe.io': 'true',
    });
    const status = (headers) => {
      if (headers['grpc-status'] !== undefined) resolve(headers['grpc-status'] + ' ' + decodeURIComponent(headers['grpc-message']));
    };
    request.on('response', status).on('trailers', status).on('error', () => {});
    request.on('data', () => { if (untilEnd) console.log('message'); else resolve('message'); });
    request.end(Buffer.alloc(5));
  });`;

/** On connections of its own, one after the other, which it keeps until its standard input ends. */
const CALLS_OFTEN = `${CALL}
  process.stdin.on('end', () => process.exit()).resume();
  (async () => {
    for (let left = Number(process.argv[2]); left > 0; left--) console.log(await call(net.connect(process.argv[1])));
  })();`;

/** What its child does with the connection: at once, or when the parent is gone. */
const HELD = `${CALL}
  const parent = process.ppid;
  const begin = async () => { console.log(await call(new net.Socket({ fd: 3 }), true)); process.exit(); };
  if (process.argv[1] === 'at once') {
    begin();
  } else {
    console.log('held');
    setInterval(function () { if (process.ppid !== parent) { clearInterval(this); begin(); } }, 5);
  }`;

/** Connects, reads nothing, leaves the connection to a child, and lives until it is killed. */
const FORKS = `${CALL}
  const socket = net.connect(process.argv[1], () =>
    spawn(process.execPath, ['-e', ${JSON.stringify(HELD)}, process.argv[2]], { stdio: ['ignore', 'inherit', 'inherit', socket] })
      .on('spawn', () => console.log('forked'))).pause();`;

/** Calls on a connection that another process passes to it (SCM_RIGHTS), and again when it is told. */
const TAKES = `${CALL}
  process.on('disconnect', () => {}).once('message', async (_, socket) => { console.log(await call(socket, true)); process.exit(); });`;

/** Connects, passes the connection to a process of another user that it did not make a child's, and lives on. */
const PASSES = `
  const net = require('node:net');
  const { spawn } = require('node:child_process');
  const uid = Number(process.argv[2]);
  const other = spawn(process.execPath, ['-e', ${JSON.stringify(TAKES)}], { uid, gid: uid, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const socket = net.connect(process.argv[1], () => {
    console.log('pid ' + process.pid);
    other.send('yours', socket, { keepOpen: false });
  }).pause();
  setTimeout(() => process.exit(3), 25_000);`;

/** Connects as fast as it can, closing at once, so many times; says what it was refused with, and ends. */
const CONNECTS = `
  const net = require('node:net');
  (async () => {
    for (let at = 0; at < Number(process.argv[2]);) {
      const code = await new Promise((resolve) => {
        const socket = net.connect(process.argv[1], () => { socket.destroy(); resolve(''); }).on('error', ({ code }) => resolve(code));
      });
      if (code === '') at += 1;
      else if (code !== 'EAGAIN') return console.log(code);
    }
    console.log('let in');
  })();`;

/** Sends frames that are no calls, as fast as they are taken; says so after 8 MiB, and when it was cut off. */
const FEEDS = `
  const net = require('node:net');
  setTimeout(() => process.exit(3), 25_000).unref();
  const settings = Buffer.from('000000040000000000', 'hex');
  const windowUpdate = Buffer.from('00000408000000000000000001', 'hex');
  const chunk = Buffer.concat(Array.from({ length: 5_000 }, () => windowUpdate));
  const socket = net.connect(process.argv[1]).resume();
  socket.write(Buffer.concat([Buffer.from('PRI * HTTP/2.0\\r\\n\\r\\nSM\\r\\n\\r\\n'), settings]));
  let isTold = false;
  const feed = () => {
    if (!isTold && socket.bytesWritten > 8 * 1_048_576) { isTold = true; console.log('fed'); }
    socket.write(chunk, () => { if (!socket.destroyed) feed(); });
  };
  socket.on('error', () => {}).on('close', () => console.log('cut off'));
  feed();`;

export const programs = {
  callsOften: CALLS_OFTEN,
  forks: FORKS,
  passes: PASSES,
  connects: CONNECTS,
  feeds: FEEDS,
} as const;

export class Caller {
  readonly process: ChildProcess;
  readonly #lines: string[] = [];
  readonly #waiting: ((line: string) => void)[] = [];

  private constructor(child: ChildProcess) {
    this.process = child;
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) (this.#waiting.shift() ?? ((one) => this.#lines.push(one)))(line);
    });
  }

  /** As the user `uid`, else as this one. */
  static start(program: keyof typeof programs, args: readonly string[], uid?: number): Caller {
    const ids = uid === undefined ? {} : { uid, gid: uid };
    const child = spawn(process.execPath, ['-e', programs[program], ...args], {
      ...ids,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    return new Caller(child);
  }

  /** The next line that it, or what it forked, prints. */
  says(): Promise<string> {
    const line = this.#lines.shift();
    return line === undefined ? new Promise((resolve) => this.#waiting.push(resolve)) : Promise.resolve(line);
  }

  async kill(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.kill('SIGKILL');
    await exited;
  }

  /** Ends by itself when its standard input does. */
  async end(): Promise<void> {
    const exited = once(this.process, 'exit');
    this.process.stdin?.end();
    await exited;
  }
}
