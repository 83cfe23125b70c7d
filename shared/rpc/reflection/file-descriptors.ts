/** The .proto files as google.protobuf.FileDescriptorProto, made from the prebuilt descriptor. Used by server-reflection-info. */
import files from '../../../proto/gen/files.json' with { type: 'json' };
import { findDescribed, type Found } from '../messages.ts';
import { describeEnum, describeMessage, DescriptorWriter, describeService } from './descriptor-writer.ts';

export interface FileDescriptor {
  /** `spire/api/types/types.proto`. */
  readonly name: string;
  /** A serialized FileDescriptorProto. */
  readonly bytes: Uint8Array;
  /** Names of the files that it imports. */
  readonly dependencies: readonly string[];
}

/** Field numbers of FileDescriptorProto. */
const FILE = { name: 1, package: 2, dependency: 3, messageType: 4, enumType: 5, service: 6, syntax: 12 };

const definedBy: ReadonlyMap<string, readonly string[]> = new Map(Object.entries(files));
const fileByName: ReadonlyMap<string, string> = new Map(
  Object.entries(files).flatMap(([file, names]) => names.map((name) => [name, file] as const)),
);
const made = new Map<string, FileDescriptor>();

/** The file of this name; undefined when there is none. */
export function findFile(name: string): FileDescriptor | undefined {
  const names = definedBy.get(name);
  if (names === undefined) return undefined;
  const file = made.get(name) ?? describeFile(name, names);
  made.set(name, file);
  return file;
}

/** The file that defines a message, an enumeration, a service, or a part of one, by its full name. */
export function findFileOf(symbol: string): FileDescriptor | undefined {
  for (let name = symbol; name !== ''; name = name.slice(0, Math.max(name.lastIndexOf('.'), 0))) {
    const file = fileByName.get(name);
    if (file !== undefined) return has(name, symbol.slice(name.length + 1)) ? findFile(file) : undefined;
  }
  return undefined;
}

/** Whether a message has this full name. */
export const isMessage = (name: string): boolean =>
  findFileOf(name) !== undefined && found(name)?.described.fields !== undefined;

function found(name: string): Found | undefined {
  try {
    return findDescribed([], name);
  } catch {
    return undefined;
  }
}

function has(name: string, rest: string): boolean {
  if (rest === '') return true;
  const at = rest.lastIndexOf('.');
  const described = found(at === -1 ? name : `${name}.${rest.slice(0, at)}`)?.described;
  const last = rest.slice(at + 1);
  return [
    described?.nested,
    described?.fields,
    described?.oneofs,
    described?.values,
    described?.methods,
  ].some((members) => members !== undefined && Object.hasOwn(members, last));
}

function describeFile(name: string, names: readonly string[]): FileDescriptor {
  const dependencies = new Set<string>();
  const onType = (path: readonly string[]): void => {
    const file = fileOfPath(path);
    if (file !== name) dependencies.add(file);
  };
  const parts = new DescriptorWriter();
  for (const one of names) {
    const item = findDescribed([], one);
    if (item.described.methods !== undefined) parts.bytes(FILE.service, describeService(item, onType));
    else if (item.described.values !== undefined) parts.bytes(FILE.enumType, describeEnum(item));
    else parts.bytes(FILE.messageType, describeMessage(item, onType));
  }
  const head = new DescriptorWriter().text(FILE.name, name);
  const packageName = names[0]?.split('.').slice(0, -1).join('.') ?? '';
  if (packageName !== '') head.text(FILE.package, packageName);
  for (const dependency of dependencies) head.text(FILE.dependency, dependency);
  const tail = new DescriptorWriter().text(FILE.syntax, 'proto3');
  const bytes = Buffer.concat([head.finish(), parts.finish(), tail.finish()]);
  return { name, bytes, dependencies: [...dependencies] };
}

function fileOfPath(path: readonly string[]): string {
  for (let length = path.length; length > 0; length -= 1) {
    const file = fileByName.get(path.slice(0, length).join('.'));
    if (file !== undefined) return file;
  }
  throw new Error(`no file defines ${path.join('.')}`);
}
