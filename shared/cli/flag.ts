/** Flags of commands, in SPIRE's spelling (`-spiffeID`) and the usual one (`--spiffe-id`). */

export type FlagKind = 'text' | 'number' | 'boolean' | 'list';

/** What a shell offers for a value. */
export interface Completed {
  /** The words that it can be. */
  readonly values?: readonly string[];
  /** It is the path of a file, directory or socket. */
  readonly isPath?: true;
}

export interface Flag extends Completed {
  /** SPIRE's spelling. */
  readonly name: string;
  /** A further spelling, where everybody expects one. */
  readonly short?: string;
  readonly kind: FlagKind;
  readonly doc: string;
  /** Shown in the help, and what the accessors answer when the flag is not given. */
  readonly otherwise?: string;
}

/** What is typed wrongly cannot be meant: told with exit code 1. */
export class UsageError extends Error {}

/** `x509SVIDTTL` -> `x509-svid-ttl`, `spiffeID` -> `spiffe-id`. */
export function kebab(name: string): string {
  return name
    .replaceAll('SVIDTTL', 'SvidTtl')
    .replaceAll('SVID', 'Svid')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase();
}

const INT32_MAX = 2_147_483_647; // what the wire carries; more would come out as another number

/** The values given to one command. */
export class Flags {
  readonly #values: ReadonlyMap<string, readonly string[]>;
  readonly #flags: readonly Flag[];

  constructor(flags: readonly Flag[], values: ReadonlyMap<string, readonly string[]>) {
    this.#flags = flags;
    this.#values = values;
  }

  /** Whether it was given. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** The last value given, the flag's own default, or the empty text. */
  text(name: string): string {
    return this.#values.get(name)?.at(-1) ?? this.#flags.find((flag) => flag.name === name)?.otherwise ?? '';
  }

  /** Every value given. */
  list(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  is(name: string): boolean {
    return this.text(name) === 'true';
  }

  /** Throws UsageError on anything but a whole number from 0 to `max`; 0 when it was not given and has no default. */
  number(name: string, max = INT32_MAX): number {
    const text = this.text(name);
    if (text === '') return 0;
    if (!/^\d{1,15}$/.test(text)) throw new UsageError(`-${name} takes a whole number, not "${text}"`);
    if (Number(text) > max) throw new UsageError(`-${name} is at most ${max}, not ${text}`);
    return Number(text);
  }
}
