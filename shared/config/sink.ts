/** Gathers faults and warnings while shapes are read, so that all are told at once. Used by read-shape and load. */
import { ConfigFaults, formatFault, inOrder, type ConfigFault } from './faults.ts';
import type { ConfigNode, Position } from './node.ts';

/** More help nobody, and a file of nothing but faults must not cost more than a good one. */
const MAX_FAULTS = 100;

export interface SinkOptions {
  /** Reads a file that the configuration names (plugin_data_file). */
  readonly readFile: (path: string) => string;
  /** Values that replace those of the file, by scope ("server") and key. */
  readonly overrides: ReadonlyMap<string, ReadonlyMap<string, ConfigNode>>;
}

export class Sink {
  readonly readFile: (path: string) => string;
  readonly overrides: SinkOptions['overrides'];
  readonly warnings: string[] = [];
  readonly #faults: ConfigFault[] = [];

  constructor(options: SinkOptions) {
    this.readFile = options.readFile;
    this.overrides = options.overrides;
  }

  get isFull(): boolean {
    return this.#faults.length >= MAX_FAULTS;
  }

  fault(at: Position, message: string): void {
    if (!this.isFull) this.#faults.push({ at, message });
  }

  warn(at: Position, message: string): void {
    if (this.warnings.length < MAX_FAULTS) this.warnings.push(formatFault({ at, message }));
  }

  /** Throws ConfigFaults if there was any. */
  throwFaults(): void {
    if (this.#faults.length > 0) throw new ConfigFaults(inOrder(this.#faults));
  }
}
