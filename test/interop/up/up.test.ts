/** `npm start` as a newcomer meets it: real processes, from nothing, twice, through mistakes and kills. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../free-port.ts';

const projectRoot = join(import.meta.dirname, '..', '..', '..');
const TIMEOUT_MS = 90_000;

/** A `writ up` and all that it printed so far. */
class Up {
  readonly child: ChildProcess;
  text = '';

  constructor(...args: readonly string[]) {
    this.child = spawn(join(projectRoot, 'writ'), ['up', ...args], {
      cwd: projectRoot,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    }
  }

  ended(): Promise<number | null> {
    return new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
  }

  async says(pattern: RegExp, times = 1): Promise<void> {
    const startedMs = performance.now();
    const all = new RegExp(pattern, 'g');
    while ((this.text.match(all) ?? []).length < times) {
      if (performance.now() - startedMs > TIMEOUT_MS || this.child.exitCode !== null)
        throw new Error(`waited for ${pattern}:\n${this.text}`);
      await delay(50);
    }
  }

  async interrupt(): Promise<number | null> {
    const ended = this.ended();
    this.child.kill('SIGINT');
    return ended;
  }
}

/** Processes whose command line names this text. */
const processesNaming = (text: string): readonly number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && commandLine(name).includes(text))
    .map(Number);

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it ended
  }
}

/** Waits until the server on this socket says that it is well. */
async function healthy(socketPath: string): Promise<void> {
  const startedMs = performance.now();
  const args = ['server', 'healthcheck', '-socketPath', socketPath];
  while (spawnSync(join(projectRoot, 'writ'), args).status !== 0) {
    assert.ok(performance.now() - startedMs < TIMEOUT_MS, 'the server does not come back');
    await delay(100);
  }
}

describe('writ up', () => {
  const parent = mkdtempSync(join(tmpdir(), 'writ-up-'));
  const state = join(parent, 'state');
  chmodSync(parent, 0o711); // as root, Postgres runs as another user
  after(() => rmSync(parent, { recursive: true, force: true }));

  const start = async (...args: readonly string[]): Promise<Up> =>
    new Up('--state', state, '--port', String(await freePort()), ...args);

  it('brings up everything, lets one service call the other, and stops all of it', async () => {
    const up = await start('--once');
    assert.equal(await up.ended(), 0, up.text);
    assert.match(up.text, /caller has spiffe:\/\/example\.org\/caller, valid until \d{4}-/);
    assert.match(
      up.text,
      /example\.org\/caller called spiffe:\/\/example\.org\/greeter: "hello spiffe:\/\/example\.org\/caller"/,
    );
    assert.deepEqual(processesNaming(state), []);
  });

  it('goes on from what an earlier run left: no new database, no new token', async () => {
    const token = readFileSync(join(state, 'agent', 'join-token'), 'utf8');
    const up = await start('--once');
    assert.equal(await up.ended(), 0, up.text);
    assert.equal(readFileSync(join(state, 'agent', 'join-token'), 'utf8'), token);
  });

  it('starts again what is killed, says so, and its own kill -9 leaves no process behind', async () => {
    const up = await start();
    await up.says(/Everything runs/);
    for (const [part, pattern] of [
      ['agent', /agent ended \(SIGKILL\); starting it again/],
      ['server', /server ended \(SIGKILL\); starting it again/],
    ] as const) {
      const [pid] = processesNaming(`${part}/main.ts`).filter((one) =>
        commandLine(String(one)).includes(state),
      );
      assert.ok(pid !== undefined);
      process.kill(pid, 'SIGKILL');
      await up.says(pattern);
    }
    await healthy(join(state, 'server', 'private', 'api.sock')); // its Postgres has somebody again who stops it
    up.child.kill('SIGKILL');
    const startedMs = performance.now();
    while (processesNaming(state).length > 0) {
      assert.ok(performance.now() - startedMs < TIMEOUT_MS, 'something outlived its supervisor');
      await delay(100);
    }
    const next = await start('--once');
    assert.equal(await next.ended(), 0, next.text);
  });

  it('stops everything on Ctrl-C', async () => {
    const up = await start();
    await up.says(/Everything runs/);
    assert.equal(await up.interrupt(), 0);
    assert.deepEqual(processesNaming(state), []);
  });

  it('refuses a second one on the same state', async () => {
    const up = await start();
    await up.says(/start Postgres and the server/);
    const second = await start('--once');
    assert.equal(await second.ended(), 1);
    assert.match(
      second.text,
      /another 'writ up' \(process \d+\) uses .*: stop it with 'kill \d+', or choose another --state/,
    );
    await up.interrupt();
  });

  it('starts over with --fresh', async () => {
    const keys = readFileSync(join(state, 'server', 'keys.json'), 'utf8');
    const up = await start('--fresh', '--once');
    assert.equal(await up.ended(), 0, up.text);
    assert.notEqual(readFileSync(join(state, 'server', 'keys.json'), 'utf8'), keys);
  });

  it('names the step that failed and what to do when the port is taken', async () => {
    const holder = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => holder.listen(port, '127.0.0.1', resolve));
    const up = new Up('--once', '--state', state, '--port', String(port));
    assert.equal(await up.ended(), 1);
    assert.match(
      up.text,
      /Failed: start Postgres and the server: port \d+ is taken: stop what listens there .* or choose another with --port/,
    );
    holder.close();
  });

  it('leaves a directory alone that it did not make', async () => {
    const foreign = mkdtempSync(join(parent, 'foreign-'));
    writeFileSync(join(foreign, 'precious'), '');
    const up = new Up('--once', '--fresh', '--state', foreign);
    assert.equal(await up.ended(), 1);
    assert.match(up.text, /was not made by 'writ up': it is left alone/);
    assert.ok(existsSync(join(foreign, 'precious')));
  });

  it('says that the path is too long for sockets', async () => {
    const up = new Up('--once', '--state', join(parent, 'x'.repeat(100)));
    assert.equal(await up.ended(), 1);
    assert.match(up.text, /is too long for sockets below it: choose a shorter one with --state/);
  });
});
