/** Where a program's socket is: the flag, the instance, the environment, or the usual place, in SPIRE's order. */
import type { Terminal } from './command.ts';
import { type Flag, type Flags, UsageError } from './flag.ts';

export interface SocketNames {
  /** What listens there, as the help says it. */
  readonly what: string;
  /** The environment variable that names the socket; with `_TEMPLATE` behind it, the one for instances. */
  readonly variable: string;
  readonly otherwise: string;
}

export const socketFlags = ({ what, variable, otherwise }: SocketNames): readonly Flag[] => [
  { name: 'socketPath', kind: 'text', doc: `${what}; also ${variable}`, otherwise, isPath: true },
  { name: 'instance', kind: 'text', doc: `put in the place of %i in ${variable}_TEMPLATE` },
];

/** Undefined when neither the flags nor the environment name one. */
export function namedSocket(
  flags: Flags,
  { environment }: Pick<Terminal, 'environment'>,
  { variable }: SocketNames,
): string | undefined {
  if (flags.has('socketPath')) return flags.text('socketPath');
  if (flags.has('instance')) return ofInstance(flags.text('instance'), environment, `${variable}_TEMPLATE`);
  return environment[variable] || undefined;
}

/**
 * DIVERGES: without a usable template SPIRE falls back to the usual socket. A command that was meant for another
 * instance must not reach this one.
 */
function ofInstance(instance: string, environment: Terminal['environment'], variable: string): string {
  const template = environment[variable];
  if (!template?.includes('%i'))
    throw new UsageError(`-instance needs ${variable} in the environment, with %i in it`);
  return template.replaceAll('%i', () => instance);
}
