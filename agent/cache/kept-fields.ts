/** Reads the members of a kept file one by one, each for what it must be. Used by kept-text. */
import { fromBase64 } from '../../shared/bytes.ts';
import { type CodedError, invalidArgument } from '../../shared/errors.ts';

export type Json = Readonly<Record<string, unknown>>;

/** All of them throw InvalidArgument with the member's name. */
export function readObject(value: unknown, name: string): Json {
  if (!isRecord(value)) throw wrong(name, 'an object');
  return value;
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function readText(json: Json, name: string): string {
  const value = json[name];
  if (typeof value !== 'string') throw wrong(name, 'a text');
  return value;
}

export function readNumber(json: Json, name: string): number {
  const value = json[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) throw wrong(name, 'a whole number');
  return value;
}

export function readFlag(json: Json, name: string): boolean {
  const value = json[name];
  if (typeof value !== 'boolean') throw wrong(name, 'true or false');
  return value;
}

export function readDate(json: Json, name: string): Date {
  const value = json[name];
  const date = new Date(typeof value === 'number' ? value : Number.NaN);
  if (Number.isNaN(date.getTime())) throw wrong(name, 'a time');
  return date;
}

export function readList<Item>(json: Json, name: string, read: (item: unknown) => Item): readonly Item[] {
  const value = json[name];
  if (!Array.isArray(value)) throw wrong(name, 'a list');
  return value.map((item: unknown) => read(item));
}

export function readBytes(value: unknown, name: string): Uint8Array {
  const bytes = typeof value === 'string' ? fromBase64(value) : undefined;
  if (bytes === undefined) throw wrong(name, 'base64');
  return bytes;
}

const wrong = (name: string, what: string): CodedError => invalidArgument(`"${name}" is not ${what}`);
