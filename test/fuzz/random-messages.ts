/**
 * Messages that a descriptor allows, with values that nobody expects, and the same with their bytes damaged. Used by the random
 * tests of the doors.
 */
import root from '../../proto/gen/root.json' with { type: 'json' };
import type { Dice } from '../interop/go-x509/dice.ts';

interface Described {
  readonly nested?: Readonly<Record<string, Described>>;
  readonly fields?: Readonly<Record<string, Field>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly methods?: Readonly<
    Record<string, { readonly requestType: string; readonly responseStream?: boolean }>
  >;
}

interface Field {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
}

/** Texts and bytes by field name: what leads further in than a text of chance. */
export type Words = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

const DEPTH_MAX = 6;
const NUMBERS = [0, 1, -1, 2, 60, 500, 86_400, 2 ** 31 - 1, -(2 ** 31)];
const WIDE = [...NUMBERS.map(BigInt), 2n ** 63n - 1n, -(2n ** 63n), 4_102_444_800n];
const ENUMS = [0, 1, 2, 3, 4, 7, -1, 2 ** 31 - 1];

const TEXTS: readonly (string | Uint8Array)[] = [
  '',
  'a',
  '\0',
  'ü𐍈',
  '\u202e\u2028',
  'a\nlevel=error msg="forged"',
  "' or 1=1 --",
  '__proto__',
  'constructor',
  '%s%n{0}${x}',
  '../../etc',
  'x'.repeat(256),
  'y'.repeat(5_000),
  Uint8Array.of(0xff, 0xfe, 0x41), // no UTF-8
  Uint8Array.of(0xed, 0xa0, 0x80), // half of a surrogate pair
  Uint8Array.of(0xf4, 0x90, 0x80, 0x80), // beyond the last character
];

export interface Rpc {
  /** `/service/Rpc`. */
  readonly path: string;
  readonly service: string;
  readonly name: string;
  /** The full name of its message. */
  readonly request: string;
  /** Answers with a stream, which may go on for ever. */
  readonly isStream: boolean;
}

/** What the descriptor has of a service, served or not. */
export function rpcsOf(service: string): readonly Rpc[] {
  const { described, path } = find([], service);
  return Object.entries(described.methods ?? {}).map(([name, { requestType, responseStream }]) => ({
    path: `/${service}/${name}`,
    service,
    name,
    request: find(path, requestType).path.join('.'),
    isStream: responseStream === true,
  }));
}

export class RandomMessages {
  readonly #dice: Dice;
  readonly #words: Words;

  constructor(dice: Dice, words: Words) {
    this.#dice = dice;
    this.#words = words;
  }

  /** A message by its schema. */
  valid(name: string): Buffer {
    const { described, path } = find([], name);
    return this.#message(described, path, 0);
  }

  /** Bytes that are such a message, nearly, or not at all. */
  any(name: string): Buffer {
    const valid = this.valid(name);
    return this.#dice.once(2) ? valid : this.#dice.pick(DAMAGES)(valid, this.#dice);
  }

  #message(described: Described, path: readonly string[], depth: number): Buffer {
    if (depth > DEPTH_MAX) return Buffer.alloc(0);
    const parts: Buffer[] = [];
    for (const [name, field] of Object.entries(described.fields ?? {})) {
      for (let times = this.#timesOf(field); times > 0; times -= 1)
        parts.push(this.#field(name, field, { path, depth }));
    }
    return Buffer.concat(parts);
  }

  #timesOf({ rule }: Field): number {
    if (rule !== 'repeated') return this.#dice.once(4) ? 0 : this.#dice.once(20) ? 2 : 1;
    return this.#dice.pick([0, 1, 1, 2, 3, 40]);
  }

  #field(name: string, { type, id }: Field, at: { path: readonly string[]; depth: number }): Buffer {
    const text = (): Buffer => lengthDelimited(id, this.#text(name));
    const scalars: Readonly<Record<string, () => Buffer>> = {
      string: text,
      bytes: text,
      bool: () => varintField(id, BigInt(this.#dice.pick([0, 1, 1, 2]))),
      int32: () => varintField(id, BigInt(this.#dice.pick(NUMBERS))),
      uint32: () => varintField(id, BigInt(this.#dice.pick(NUMBERS))),
      int64: () => varintField(id, this.#dice.pick(WIDE)),
      uint64: () => varintField(id, this.#dice.pick(WIDE)),
    };
    const scalar = scalars[type];
    if (scalar !== undefined) return scalar();
    const { described, path } = find(at.path, type);
    if (described.values !== undefined) return varintField(id, BigInt(this.#dice.pick(ENUMS)));
    return lengthDelimited(id, this.#message(described, path, at.depth + 1));
  }

  #text(name: string): Buffer {
    const words = this.#words[name];
    const text = words !== undefined && !this.#dice.once(4) ? this.#dice.pick(words) : this.#dice.pick(TEXTS);
    return typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
  }
}

type Damage = (valid: Buffer, dice: Dice) => Buffer;

const randomBytes = (dice: Dice, length: number): Buffer =>
  Buffer.from(Array.from({ length }, () => dice.below(256)));

const DAMAGES: readonly Damage[] = [
  (valid, dice) => valid.subarray(0, dice.below(valid.length + 1)),
  (valid, dice) => {
    const bytes = Buffer.from(valid);
    for (let flips = 1 + dice.below(8); flips > 0 && bytes.length > 0; flips -= 1) {
      const at = dice.below(bytes.length);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << dice.below(8));
    }
    return bytes;
  },
  (valid, dice) => {
    const at = dice.below(valid.length + 1);
    return Buffer.concat([valid.subarray(0, at), randomBytes(dice, 1 + dice.below(20)), valid.subarray(at)]);
  },
  (valid) => Buffer.concat([valid, valid, valid]),
  (valid) =>
    Buffer.concat([valid, varintField(536_870_911, 5n), lengthDelimited(20_000, Buffer.alloc(5_000))]),
  (_, dice) => randomBytes(dice, dice.below(300)),
  (valid, dice) =>
    Buffer.concat([
      valid,
      lengthDelimited(1 + dice.below(4), Buffer.alloc(0)),
      Buffer.from([0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]),
    ]),
  (valid) => Buffer.concat([valid, Buffer.alloc(20_000, 0x0b)]), // groups in groups
  (_, dice) => nested(1 + dice.below(4), 2_000),
  (_, dice) =>
    Buffer.concat(Array.from({ length: 3_000 }, () => lengthDelimited(1 + dice.below(4), Buffer.alloc(0)))),
  (_, dice) => Buffer.concat(Array.from({ length: 50 }, () => varintField(1 + dice.below(20), -1n))),
  () => Buffer.alloc(0),
];

function nested(id: number, depth: number): Buffer {
  let bytes: Buffer = Buffer.alloc(0);
  for (let n = 0; n < depth; n += 1) bytes = lengthDelimited(id, bytes);
  return bytes;
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  for (let left = BigInt.asUintN(64, value); ; left >>= 7n) {
    if (left < 0x80n) return Buffer.from([...bytes, Number(left)]);
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
}

const varintField = (id: number, value: bigint): Buffer =>
  Buffer.concat([varint(BigInt(id) << 3n), varint(value)]);

const lengthDelimited = (id: number, bytes: Buffer): Buffer =>
  Buffer.concat([varint((BigInt(id) << 3n) | 2n), varint(BigInt(bytes.length)), bytes]);

interface Found {
  readonly described: Described;
  readonly path: readonly string[];
}

/** Names count from where they are written, or from further out. */
function find(scope: readonly string[], name: string): Found {
  for (let length = scope.length; length >= 0; length -= 1) {
    const path = [...scope.slice(0, length), ...name.split('.')];
    const described = path.reduce<Described | undefined>((at, word) => at?.nested?.[word], root as Described);
    if (described !== undefined) return { described, path };
  }
  throw new Error(`no ${name} in the descriptor`);
}
