/** What is wrong with a configuration: every fault found, each with its place, in one error. */
import { Code, CodedError } from '../errors.ts';
import { formatPosition, type Position } from './node.ts';

export interface ConfigFault {
  readonly at: Position;
  readonly message: string;
}

/** Thrown when a configuration cannot be used; its message has one line for each fault. */
export class ConfigFaults extends CodedError {
  readonly faults: readonly ConfigFault[];

  constructor(faults: readonly ConfigFault[]) {
    super(Code.invalidArgument, faults.map(formatFault).join('\n'));
    this.name = 'ConfigFaults';
    this.faults = faults;
  }
}

/** `server.conf:12:3: unknown key …`. */
export function formatFault(fault: ConfigFault): string {
  return `${formatPosition(fault.at)}: ${fault.message}`;
}

/** The order of reading: by file, then line, then column. */
export function inOrder(faults: readonly ConfigFault[]): ConfigFault[] {
  return faults.toSorted(
    (a, b) => a.at.source.localeCompare(b.at.source) || a.at.line - b.at.line || a.at.column - b.at.column,
  );
}
