/** A workload of the interop suites that is written with a foreign SDK: runs it, and reads the JSON lines that it prints. */
import { join } from 'node:path';
import { eventually, Program } from './program.ts';

/** Whoever serves the workload: an agent, ours or not. */
export interface Serving {
  /** The address of its Workload API. */
  readonly workloadApi: string;
  /** Where what the workload prints is kept. */
  readonly files: { readonly directory: string };
}

/** One line of the workload's output. */
export interface PeerEvent {
  readonly event:
    | 'svid'
    | 'update'
    | 'error'
    | 'listening'
    | 'accepted'
    | 'refused'
    | 'answer'
    | 'token'
    | 'failed';
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

let count = 0;

export class Peer {
  readonly #program: Program;

  private constructor(program: Program) {
    this.#program = program;
  }

  /** Starts the program, which finds the Workload API in its environment. */
  static start(serving: Serving, command: string, args: readonly string[]): Peer {
    count += 1;
    return new Peer(
      Program.start({
        name: `peer ${args.join(' ')}`,
        command,
        args,
        logPath: join(serving.files.directory, `peer-${count}.log`),
        environment: { SPIFFE_ENDPOINT_SOCKET: serving.workloadApi },
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
    return eventually(`${what} from the workload`, () => this.events().slice(skip).find(fits), limitMs);
  }

  /** How many events there are up to the last one with this serial number: what to skip to see later ones. */
  seenUpTo(serial: string | undefined): number {
    return this.events().findLastIndex((event) => event.serial === serial) + 1;
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
