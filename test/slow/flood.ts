/**
 * The Workload API while processes of one user connect to it in a loop: what a process of another user waits for its first
 * SVID, before and meanwhile. Real processes, real users, so it needs root. Used by flood.test and the bench of that name.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { workloadAttestation } from '../../agent/attest-workload/attest.ts';
import { workloadAttestors } from '../../agent/attest-workload/registry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { Door, identity, realPeers, update } from '../agent/workload-api/door.ts';

const ROOT = new URL('../../', import.meta.url);
const NOBODY = 65_534;
const SOMEBODY = 65_533;
const FLOODERS = 2;
const FETCHES = 200;
const PAUSE_MS = 10;

/** As fast as one process can; nothing waits for an answer. */
const FLOODS = `
  import koffi from 'koffi';
  const c = koffi.load(null);
  const socket = c.func('int socket(int, int, int)');
  const connect = c.func('int connect(int, void *, unsigned int)');
  const close = c.func('int close(int)');
  const path = process.argv[1];
  const address = Buffer.alloc(110);
  address.writeUInt16LE(1, 0);
  address.write(path, 2);
  const NONBLOCKING_STREAM = 0o4001;
  const round = () => {
    for (let left = 1_000; left > 0; left -= 1) {
      const fd = socket(1, NONBLOCKING_STREAM, 0);
      if (fd < 0) continue;
      connect(fd, address, 3 + Buffer.byteLength(path));
      close(fd);
    }
    setImmediate(round);
  };
  process.stdin.on('end', () => process.exit()).resume();
  console.log('begins');
  round();`;

/** Fetches again and again on new connections; prints how long each took. One that fails is tried again, and counted. */
const FETCHES_OFTEN = `
  import { WorkloadApiClient } from '${new URL('shared/client/index.ts', ROOT).href}';
  let failures = 0;
  const fetchOnce = async () => {
    for (;;) {
      const client = new WorkloadApiClient({ address: 'unix://' + process.argv[1] });
      try {
        for await (const _ of client.x509SvidResponses()) return;
      } catch {
        failures += 1;
        await new Promise((resolve) => setTimeout(resolve, ${PAUSE_MS}));
      } finally {
        client.close();
      }
    }
  };
  const ms = [];
  for (let left = ${FETCHES}; left > 0; left -= 1) {
    const started = performance.now();
    await fetchOnce();
    ms.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, ${PAUSE_MS}));
  }
  console.log(JSON.stringify({ ms, failures }));`;

export interface Waits {
  readonly ms: readonly number[];
  /** Attempts that failed and were repeated. */
  readonly failures: number;
}

export interface FloodFigures {
  readonly idle: Waits;
  readonly flooded: Waits;
  readonly warnings: readonly string[];
}

/** Throws when the other user's process does not get its SVIDs. */
export async function measureFlood(): Promise<FloodFigures> {
  const config = { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } };
  const parts = { clock: systemClock, log: silentLogger };
  const attestation = workloadAttestation({ attestors: workloadAttestors(config, parts), ...parts });
  const door = new Door({ peers: realPeers(), attestation, clock: systemClock });
  await door.start();
  door.identities.push(update([identity('/web')]));
  const flooders: ChildProcess[] = [];
  try {
    const idle = await fetchOften(door.path);
    for (let left = FLOODERS; left > 0; left -= 1) flooders.push(start(FLOODS, door.path, NOBODY));
    const flooded = await fetchOften(door.path);
    return { idle, flooded, warnings: door.log.messages('warn') };
  } finally {
    await Promise.all(flooders.map(end));
    await door.stop();
  }
}

async function fetchOften(path: string): Promise<Waits> {
  const child = start(FETCHES_OFTEN, path, SOMEBODY);
  let output = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(output) as Waits;
}

const start = (program: string, path: string, uid: number): ChildProcess =>
  spawn(process.execPath, ['--input-type=module', '-e', program, path], {
    cwd: ROOT,
    uid,
    gid: uid,
    stdio: ['pipe', 'pipe', 'inherit'],
  });

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.stdin?.end();
  await exited;
}
