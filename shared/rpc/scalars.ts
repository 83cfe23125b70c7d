/** How the values of fields are written and read, by the name of their type. Used by messages. */
import { Wire, type WireReader, type WireWriter } from './wire-format.ts';

export interface ValueCodec {
  readonly wire: number;
  write(writer: WireWriter, value: unknown): void;
  /** `depth` counts the messages around it. */
  read(reader: WireReader, depth: number): unknown;
  /** What a field has that was not sent. */
  zero(): unknown;
}

const number = (read: (reader: WireReader) => number): ValueCodec => ({
  wire: Wire.varint,
  write: (writer, value) => writer.varint(Number(value)),
  read,
  zero: () => 0,
});

/** Numbers of 64 bits are texts: a JavaScript number would not hold them. */
const long = (read: (value: bigint) => bigint): ValueCodec => ({
  wire: Wire.varint,
  write: (writer, value) => writer.varint(BigInt(value as string | number)),
  read: (reader) => String(read(reader.varint())),
  zero: () => '0',
});

const bool: ValueCodec = {
  wire: Wire.varint,
  write: (writer, value) => writer.varint(value === true ? 1 : 0),
  read: (reader) => reader.varint() !== 0n,
  zero: () => false,
};

const text: ValueCodec = {
  wire: Wire.length,
  write: (writer, value) => writer.bytes(Buffer.from(value as string, 'utf8')),
  read: (reader) => reader.bytes().toString('utf8'),
  zero: () => '',
};

/** Read as copies, which outlive what they came in. */
const bytes: ValueCodec = {
  wire: Wire.length,
  write: (writer, value) =>
    writer.bytes(typeof value === 'string' ? Buffer.from(value, 'base64') : (value as Uint8Array)),
  read: (reader) => Buffer.from(reader.bytes()),
  zero: () => Buffer.alloc(0),
};

const double: ValueCodec = {
  wire: Wire.eightBytes,
  write: (writer, value) => writer.raw(new Uint8Array(new Float64Array([Number(value)]).buffer)),
  read: (reader) => reader.fixed(8).readDoubleLE(),
  zero: () => 0,
};

const float: ValueCodec = {
  wire: Wire.fourBytes,
  write: (writer, value) => writer.raw(new Uint8Array(new Float32Array([Number(value)]).buffer)),
  read: (reader) => reader.fixed(4).readFloatLE(),
  zero: () => 0,
};

/** The types that our protocols use, by protobuf's names. */
export const scalars: Readonly<Record<string, ValueCodec>> = {
  int32: number((reader) => reader.int32()),
  uint32: number((reader) => reader.int32() >>> 0),
  int64: long((value) => BigInt.asIntN(64, value)),
  uint64: long((value) => value),
  bool,
  string: text,
  bytes,
  double,
  float,
};

/** Values by name where they have one; the first is what was not sent. */
export function enumCodec(values: Readonly<Record<string, number>>): ValueCodec {
  const names = new Map(Object.entries(values).map(([name, value]) => [value, name]));
  const [zero = 0] = Object.keys(values);
  return {
    wire: Wire.varint,
    write: (writer, value) => writer.varint(typeof value === 'string' ? (values[value] ?? 0) : Number(value)),
    read: (reader) => {
      const value = reader.int32();
      return names.get(value) ?? value;
    },
    zero: () => zero,
  };
}
