/**
 * Protobuf messages by the prebuilt descriptor of proto/gen, in the shapes of the generated types: the work of
 * @grpc/proto-loader for programs that live for a moment, where loading it would take longer than all the rest. Only what
 * is used is looked at. Used by
 * local/client, status-details and reflection.
 */
import root from '../../proto/gen/root.json' with { type: 'json' };
import { internal } from '../errors.ts';
import { enumCodec, scalars, type ValueCodec } from './scalars.ts';
import { Wire, WireReader, WireWriter } from './wire-format.ts';

/** What the descriptor says of a package, message, enumeration or service. */
export interface Described {
  readonly nested?: Readonly<Record<string, Described>>;
  readonly fields?: Readonly<Record<string, DescribedField>>;
  readonly oneofs?: Readonly<Record<string, { readonly oneof: readonly string[] }>>;
  readonly values?: Readonly<Record<string, number>>;
  readonly methods?: Readonly<Record<string, DescribedMethod>>;
}

export interface DescribedMethod {
  readonly requestType: string;
  readonly responseType: string;
  readonly requestStream?: boolean;
  readonly responseStream?: boolean;
}

export interface DescribedField {
  readonly type: string;
  readonly id: number;
  readonly rule?: string;
  readonly keyType?: string;
  readonly options?: { readonly proto3_optional?: boolean };
}

const DEPTH_MAX = 100; // protobuf's own bound

/** The codecs of a method's two messages; throws when the descriptor has no such method. */
export function methodTypes(
  service: string,
  rpc: string,
): { readonly request: MessageType; readonly response: MessageType } {
  const { described, path } = findDescribed([], service);
  const method = described.methods?.[rpc];
  if (method === undefined) throw new Error(`no RPC ${rpc} in ${service}`);
  return { request: typeAt(path, method.requestType), response: typeAt(path, method.responseType) };
}

/** The message of this full name; throws when the descriptor has none. */
export const messageType = (name: string): MessageType => typeAt([], name);

export interface Found {
  readonly described: Described;
  readonly path: readonly string[];
}

/** Names count from where they are written, or from further out (protobuf's rule). Throws when there is none. */
export function findDescribed(scope: readonly string[], name: string): Found {
  for (let length = scope.length; length >= 0; length -= 1) {
    const path = [...scope.slice(0, length), ...name.split('.')];
    const described = path.reduce<Described | undefined>((at, word) => at?.nested?.[word], root);
    if (described !== undefined) return { described, path };
  }
  throw new Error(`no ${name} in the descriptor`);
}

const types = new Map<string, MessageType>();

function typeAt(scope: readonly string[], name: string): MessageType {
  const { described, path } = findDescribed(scope, name);
  const key = path.join('.');
  const type = types.get(key) ?? new MessageType(described, path);
  types.set(key, type);
  return type;
}

/** A message type: writes what the generated `Message` holds, reads a `MessageOutput`. */
export class MessageType {
  readonly #fields: readonly Field[];
  readonly #byId: ReadonlyMap<number, Field>;

  constructor({ fields = {}, oneofs = {} }: Described, scope: readonly string[]) {
    const choices = Object.entries(oneofs).map(([name, { oneof }]) => ({ name, members: oneof }));
    this.#fields = Object.entries(fields).map(
      ([name, described]) =>
        new Field(name, { described, scope, choice: choices.find(({ members }) => members.includes(name)) }),
    );
    this.#byId = new Map(this.#fields.map((field) => [field.id, field]));
  }

  encode(message: object): Uint8Array {
    const values = new Map<string, unknown>(Object.entries(message));
    const writer = new WireWriter();
    for (const field of this.#fields) field.write(writer, values.get(field.name));
    return writer.finish();
  }

  /** Throws Internal on what is no such message. `depth` counts the messages around it. */
  decode(bytes: Uint8Array, depth = 0): object {
    if (depth > DEPTH_MAX) throw internal('a message holds messages too deep');
    const message: Values = {};
    for (const field of this.#fields) field.reset(message);
    const reader = new WireReader(bytes);
    while (!reader.isAtEnd) {
      const tag = reader.int32() >>> 0;
      const place = { message, wire: tag & 7, depth };
      if (this.#byId.get(tag >>> 3)?.read(reader, place) !== true) reader.skip(place.wire);
    }
    return message;
  }
}

type Values = Record<string, unknown>;

interface Place {
  readonly message: Values;
  readonly wire: number;
  readonly depth: number;
}

interface FieldNeeds {
  readonly described: DescribedField;
  readonly scope: readonly string[];
  /** The `oneof` that it belongs to. */
  readonly choice: { readonly name: string; readonly members: readonly string[] } | undefined;
}

class Field {
  readonly name: string;
  readonly id: number;
  readonly #kind: 'one' | 'list' | 'map';
  readonly #needs: FieldNeeds;
  #found: ValueCodec | undefined;

  constructor(name: string, needs: FieldNeeds) {
    const { id, keyType, rule } = needs.described;
    this.name = name;
    this.id = id;
    this.#needs = needs;
    this.#kind = keyType !== undefined ? 'map' : rule === 'repeated' ? 'list' : 'one';
  }

  /** Looked up when it is first used: messages may hold themselves. */
  get #value(): ValueCodec {
    this.#found ??= codecOf(this.#needs.scope, this.#needs.described.type);
    return this.#found;
  }

  get #key(): ValueCodec {
    return scalar(this.#needs.described.keyType ?? 'string');
  }

  /** Numbers of a list go into one field, without tags (protobuf's `packed`). */
  get #isPacked(): boolean {
    return this.#kind === 'list' && this.#value.wire !== Wire.length;
  }

  write(writer: WireWriter, value: unknown): void {
    if (value === undefined || value === null) return;
    if (this.#kind === 'map') this.#writeMap(writer, value);
    else if (this.#isPacked) this.#writePacked(writer, value as readonly unknown[]);
    else
      for (const one of this.#kind === 'list' ? (value as readonly unknown[]) : [value])
        this.#writeOne(writer, one);
  }

  #writeOne(writer: WireWriter, value: unknown): void {
    writer.tag(this.id, this.#value.wire);
    this.#value.write(writer, value);
  }

  #writePacked(writer: WireWriter, values: readonly unknown[]): void {
    if (values.length === 0) return;
    const packed = new WireWriter();
    for (const value of values) this.#value.write(packed, value);
    writer.tag(this.id, Wire.length);
    writer.bytes(packed.finish());
  }

  #writeMap(writer: WireWriter, values: unknown): void {
    for (const [key, value] of Object.entries(values as object)) {
      const pair = new WireWriter();
      pair.tag(1, this.#key.wire);
      this.#key.write(pair, key);
      pair.tag(2, this.#value.wire);
      this.#value.write(pair, value);
      writer.tag(this.id, Wire.length);
      writer.bytes(pair.finish());
    }
  }

  /** What the field has that was not sent; members of a choice are then not there at all. */
  reset(message: Values): void {
    if (this.#kind === 'list') message[this.name] = [];
    else if (this.#kind === 'map') message[this.name] = {};
    else if (this.#needs.choice === undefined) message[this.name] = this.#value.zero();
  }

  /** False where the value is of another kind than the field, as one of an unknown field. */
  read(reader: WireReader, { message, wire, depth }: Place): boolean {
    if (this.#kind === 'map') return wire === Wire.length && this.#readPair(reader, { message, wire, depth });
    if (wire === Wire.length && this.#isPacked) return this.#readPacked(reader, { message, wire, depth });
    if (wire !== this.#value.wire) return false;
    this.#keep(message, this.#value.read(reader, depth + 1));
    return true;
  }

  #readPacked(reader: WireReader, { message, depth }: Place): true {
    const packed = new WireReader(reader.bytes());
    while (!packed.isAtEnd) this.#keep(message, this.#value.read(packed, depth + 1));
    return true;
  }

  #keep(message: Values, value: unknown): void {
    const { choice } = this.#needs;
    if (this.#kind === 'list') {
      (message[this.name] as unknown[]).push(value);
      return;
    }
    for (const member of choice?.members ?? []) delete message[member]; // the last one counts
    message[this.name] = value;
    if (choice !== undefined) message[choice.name] = this.name;
  }

  #readPair(reader: WireReader, { message, depth }: Place): true {
    const pair = new WireReader(reader.bytes());
    let [key, value] = [this.#key.zero(), this.#value.zero()];
    while (!pair.isAtEnd) {
      const tag = pair.int32() >>> 0;
      if (tag === 8 + this.#key.wire) key = this.#key.read(pair, depth + 1);
      else if (tag === 16 + this.#value.wire) value = this.#value.read(pair, depth + 1);
      else pair.skip(tag & 7);
    }
    const one = { value, enumerable: true, writable: true, configurable: true };
    Object.defineProperty(message[this.name], String(key), one); // a key may be named as what every object has
    return true;
  }
}

function scalar(name: string): ValueCodec {
  const found = scalars[name];
  if (found === undefined) throw new Error(`fields of type ${name} are not known here`);
  return found;
}

function codecOf(scope: readonly string[], name: string): ValueCodec {
  if (name in scalars) return scalar(name);
  const { described, path } = findDescribed(scope, name);
  if (described.values !== undefined) return enumCodec(described.values);
  const type = (): MessageType => typeAt([], path.join('.'));
  return {
    wire: Wire.length,
    write: (writer, value) => writer.bytes(type().encode(value as object)),
    read: (reader, depth) => type().decode(reader.bytes(), depth),
    zero: () => null,
  };
}
