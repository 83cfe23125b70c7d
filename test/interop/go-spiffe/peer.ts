/** Builds the Go workload of this folder, runs it, and reads what it prints. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { provide } from '../install.ts';
import { eventually, Program } from '../program.ts';
import type { System } from '../system.ts';

/** One line of the workload's output. */
export interface PeerEvent {
  readonly event: 'svid' | 'update' | 'error' | 'listening' | 'accepted' | 'refused' | 'answer' | 'failed';
  readonly id?: string;
  readonly serial?: string;
  readonly chain?: number;
  readonly bundles?: readonly string[];
  readonly address?: string;
  readonly text?: string;
  /** By gRPC's name. */
  readonly code?: string;
  readonly error?: string;
}

/** Path of the program. Throws with what the compiler said. */
export function buildPeer(system: System): string {
  const go = provide({ command: 'go', debianPackage: 'golang-go' });
  const path = join(system.files.directory, 'peer');
  const { status, stderr } = spawnSync(go, ['build', '-o', path, '.'], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { ...process.env, CGO_ENABLED: '0' },
  });
  if (status !== 0) throw new Error(`go build failed: ${stderr}`);
  return path;
}

let count = 0;

export class Peer {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  static start(system: System, path: string, args: readonly string[]): Peer {
    count += 1;
    return new Peer(
      Program.start({
        name: `peer ${args.join(' ')}`,
        command: path,
        args,
        logPath: join(system.files.directory, `peer-${count}.log`),
        environment: { SPIFFE_ENDPOINT_SOCKET: system.workloadApi },
        isTied: false,
      }),
    );
  }

  /** All that it has printed, oldest first. */
  events(): readonly PeerEvent[] {
    const lines = this.#program.output().split('\n').slice(0, -1); // the last one may not be whole yet
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as PeerEvent);
  }

  /** The first event that fits, after the first `skip` ones. */
  next(
    what: string,
    fits: (event: PeerEvent) => boolean,
    { skip = 0, limitMs = 30_000 } = {},
  ): Promise<PeerEvent> {
    return eventually(`${what} from the Go workload`, () => this.events().slice(skip).find(fits), limitMs);
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
