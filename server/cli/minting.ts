/** What the commands that mint have in common. */
import type { Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { systemClock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { durationOf } from './duration-flag.ts';

/** `-spiffeID`; throws UsageError without it, and on anything that is none. */
export function neededSpiffeId(flags: Flags): SpiffeId {
  const text = flags.text('spiffeID');
  if (text === '') throw new UsageError('spiffeID must be specified');
  try {
    return SpiffeId.parse(text);
  } catch (error) {
    throw new UsageError(`-spiffeID "${text}" is not a SPIFFE ID: ${messageOf(error)}`);
  }
}

export interface AskedLife {
  /** `-ttl` in whole seconds, 0 without it. */
  readonly ttlSeconds: number;
  /** The least that fulfils it: times are cut to seconds. */
  readonly until: Date;
}

/** Throws UsageError on anything but a duration. */
export function askedLife(flags: Flags): AskedLife {
  const ttlSeconds = Math.ceil(durationOf(flags, 'ttl'));
  return { ttlSeconds, until: new Date(systemClock.now().getTime() + (ttlSeconds - 1) * 1_000) };
}

export interface Capped {
  readonly kind: string;
  readonly expiresAt: Date;
  readonly asked: AskedLife;
}

/** Says so when the server gave less than was asked for (SPIRE's words). */
export function warnWhenCapped(terminal: Terminal, { kind, expiresAt, asked }: Capped): void {
  if (expiresAt >= asked.until) return;
  const time = expiresAt.toISOString().replace('.000Z', 'Z');
  terminal.err(`${kind} lifetime was capped shorter than specified ttl; expires "${time}"\n`);
}
