/**
 * Messages, enumerations and services as google/protobuf/descriptor.proto describes them, written from the prebuilt
 * descriptor. Used by file-descriptors.
 */
import {
  type Described,
  type DescribedField,
  type DescribedMethod,
  findDescribed,
  type Found,
} from '../messages.ts';
import { Wire, WireWriter } from '../wire-format.ts';

/** Field numbers of descriptor.proto, those that are written. */
const MESSAGE = { name: 1, field: 2, nestedType: 3, enumType: 4, options: 7, oneofDecl: 8 };
const FIELD = {
  name: 1,
  number: 3,
  label: 4,
  type: 5,
  typeName: 6,
  oneofIndex: 9,
  jsonName: 10,
  proto3Optional: 17,
};
const ENUM = { name: 1, value: 2 };
const ENUM_VALUE = { name: 1, number: 2 };
const SERVICE = { name: 1, method: 2 };
const METHOD = { name: 1, inputType: 2, outputType: 3, clientStreaming: 5, serverStreaming: 6 };
const MAP_ENTRY = 7; // of MessageOptions
const NAME = 1; // of OneofDescriptorProto

const LABEL = { optional: 1, repeated: 3 };
const TYPE_MESSAGE = 11;
const TYPE_ENUM = 14;
const SCALAR_TYPES: Readonly<Record<string, number>> = {
  double: 1,
  float: 2,
  int64: 3,
  uint64: 4,
  int32: 5,
  fixed64: 6,
  fixed32: 7,
  bool: 8,
  string: 9,
  bytes: 12,
  uint32: 13,
  sfixed32: 15,
  sfixed64: 16,
  sint32: 17,
  sint64: 18,
};

export class DescriptorWriter {
  readonly #writer = new WireWriter();

  text(id: number, value: string): this {
    return this.bytes(id, Buffer.from(value));
  }

  bytes(id: number, value: Uint8Array): this {
    this.#writer.tag(id, Wire.length);
    this.#writer.bytes(value);
    return this;
  }

  number(id: number, value: number): this {
    this.#writer.tag(id, Wire.varint);
    this.#writer.varint(value);
    return this;
  }

  flag(id: number, value: boolean | undefined): this {
    return value === true ? this.number(id, 1) : this;
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/** Told of each type that is named, by its path. */
export type OnType = (path: readonly string[]) => void;

const lastOf = (path: readonly string[]): string => path.at(-1) ?? '';

/** An EnumDescriptorProto. */
export function describeEnum({ described, path }: Found): Uint8Array {
  const writer = new DescriptorWriter().text(ENUM.name, lastOf(path));
  for (const [name, number] of Object.entries(described.values ?? {})) {
    const value = new DescriptorWriter().text(ENUM_VALUE.name, name).number(ENUM_VALUE.number, number);
    writer.bytes(ENUM.value, value.finish());
  }
  return writer.finish();
}

/** A ServiceDescriptorProto. */
export function describeService({ described, path }: Found, onType: OnType): Uint8Array {
  const writer = new DescriptorWriter().text(SERVICE.name, lastOf(path));
  for (const [name, method] of Object.entries(described.methods ?? {}))
    writer.bytes(
      SERVICE.method,
      describeMethod(name, method, (type) => typeName(path, type, onType)),
    );
  return writer.finish();
}

const describeMethod = (
  name: string,
  { requestType, responseType, requestStream, responseStream }: DescribedMethod,
  nameOf: (type: string) => string,
): Uint8Array =>
  new DescriptorWriter()
    .text(METHOD.name, name)
    .text(METHOD.inputType, nameOf(requestType))
    .text(METHOD.outputType, nameOf(responseType))
    .flag(METHOD.clientStreaming, requestStream)
    .flag(METHOD.serverStreaming, responseStream)
    .finish();

/** A DescriptorProto, with what it holds. */
export function describeMessage({ described, path }: Found, onType: OnType): Uint8Array {
  const writer = new DescriptorWriter().text(MESSAGE.name, lastOf(path));
  const oneofs = oneofsOf(described);
  for (const [name, field] of Object.entries(described.fields ?? {})) {
    const oneof = oneofs.findIndex(({ members }) => members.includes(name));
    writer.bytes(MESSAGE.field, describeField({ name, field, path, oneof, onType }));
    if (field.keyType !== undefined)
      writer.bytes(MESSAGE.nestedType, describePair({ name, field, path, onType }));
  }
  for (const [name, nested] of Object.entries(described.nested ?? {})) {
    const found = { described: nested, path: [...path, name] };
    if (nested.values === undefined) writer.bytes(MESSAGE.nestedType, describeMessage(found, onType));
    else writer.bytes(MESSAGE.enumType, describeEnum(found));
  }
  for (const { name } of oneofs)
    writer.bytes(MESSAGE.oneofDecl, new DescriptorWriter().text(NAME, name).finish());
  return writer.finish();
}

/** Those that `optional` makes come last (descriptor.proto: proto3_optional). */
function oneofsOf({
  oneofs = {},
  fields = {},
}: Described): readonly { name: string; members: readonly string[] }[] {
  const all = Object.entries(oneofs).map(([name, { oneof }]) => ({ name, members: oneof }));
  const isMade = ({ members }: { members: readonly string[] }): boolean =>
    members.some((member) => fields[member]?.options?.proto3_optional === true);
  return [...all.filter((oneof) => !isMade(oneof)), ...all.filter(isMade)];
}

interface FieldAt {
  readonly name: string;
  readonly field: DescribedField;
  /** Of the message that it is in. */
  readonly path: readonly string[];
  readonly onType: OnType;
}

function describeField({ name, field, path, onType, oneof }: FieldAt & { oneof: number }): Uint8Array {
  const isMap = field.keyType !== undefined;
  const isRepeated = isMap || field.rule === 'repeated';
  const type = isMap
    ? { type: TYPE_MESSAGE, name: `.${[...path, pairName(name)].join('.')}` }
    : typeOf(path, field.type, onType);
  const writer = new DescriptorWriter()
    .text(FIELD.name, name)
    .number(FIELD.number, field.id)
    .number(FIELD.label, isRepeated ? LABEL.repeated : LABEL.optional)
    .number(FIELD.type, type.type);
  if (type.name !== undefined) writer.text(FIELD.typeName, type.name);
  if (oneof >= 0) writer.number(FIELD.oneofIndex, oneof);
  return writer
    .text(FIELD.jsonName, jsonName(name))
    .flag(FIELD.proto3Optional, field.options?.proto3_optional)
    .finish();
}

/** A map is a list of messages with a key and a value. */
function describePair({ name, field, path, onType }: FieldAt): Uint8Array {
  const part = (partName: string, type: string, id: number): Uint8Array =>
    describeField({ name: partName, field: { type, id }, path, onType, oneof: -1 });
  return new DescriptorWriter()
    .text(MESSAGE.name, pairName(name))
    .bytes(MESSAGE.field, part('key', field.keyType ?? 'string', 1))
    .bytes(MESSAGE.field, part('value', field.type, 2))
    .bytes(MESSAGE.options, new DescriptorWriter().flag(MAP_ENTRY, true).finish())
    .finish();
}

function typeOf(
  scope: readonly string[],
  type: string,
  onType: OnType,
): { readonly type: number; readonly name?: string } {
  const scalar = Object.hasOwn(SCALAR_TYPES, type) ? SCALAR_TYPES[type] : undefined;
  if (scalar !== undefined) return { type: scalar };
  const { described } = findDescribed(scope, type);
  const kind = described.values === undefined ? TYPE_MESSAGE : TYPE_ENUM;
  return { type: kind, name: typeName(scope, type, onType) };
}

function typeName(scope: readonly string[], type: string, onType: OnType): string {
  const { path } = findDescribed(scope, type);
  onType(path);
  return `.${path.join('.')}`;
}

/** `federates_with` -> `federatesWith` (protobuf.dev: JSON names). */
const jsonName = (name: string): string =>
  name.replaceAll(/_+(.?)/g, (_all, letter: string) => letter.toUpperCase());

const pairName = (name: string): string => {
  const camel = jsonName(name);
  return `${camel.slice(0, 1).toUpperCase()}${camel.slice(1)}Entry`;
};
