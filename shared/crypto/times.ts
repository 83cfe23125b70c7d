/** Certificate times (RFC 5280 4.1.2.5): UTCTime until 2049, GeneralizedTime from 2050, whole seconds, always Z. */
import { fromUnixSeconds } from '../clock.ts';
import { invalidArgument } from '../errors.ts';
import { type Der, text } from './der-writer.ts';
import { type DerReader, Tag } from './der.ts';

const UTC_TIME_FIRST_YEAR = 1950;
const UTC_TIME_LAST_YEAR = 2049;

/** Reads a Time; throws InvalidArgument on the wrong form for its year, a fraction, an offset or an impossible date. */
export function readTime(reader: DerReader): Date {
  const isUtcTime = reader.isAt(Tag.utcTime);
  const yearDigits = isUtcTime ? 2 : 4;
  const bytes = reader.contents(isUtcTime ? Tag.utcTime : Tag.generalizedTime);
  if (bytes.length !== yearDigits + 11 || bytes[bytes.length - 1] !== 0x5a) throw badTime();
  const year = isUtcTime ? fullYear(digits(bytes, 0, 2)) : digits(bytes, 0, 4);
  if (!isUtcTime && year <= UTC_TIME_LAST_YEAR)
    throw invalidArgument(`time of year ${year} must be a UTCTime`);
  return timeOf(year, bytes, yearDigits);
}

const badTime = (): Error => invalidArgument('time is malformed');

const fullYear = (year: number): number => (year >= UTC_TIME_FIRST_YEAR % 100 ? 1900 : 2000) + year;

function timeOf(year: number, bytes: Uint8Array, at: number): Date {
  const month = digits(bytes, at, 2);
  const day = digits(bytes, at + 2, 2);
  const hour = digits(bytes, at + 4, 2);
  const minute = digits(bytes, at + 6, 2);
  const second = digits(bytes, at + 8, 2);
  const time = fromUnixSeconds(Date.UTC(year, month - 1, day, hour, minute, second) / 1_000);
  const isReal = time.getUTCMonth() === month - 1 && time.getUTCDate() === day;
  if (!isReal || hour > 23 || minute > 59 || second > 59) throw badTime();
  return time;
}

function digits(bytes: Uint8Array, from: number, count: number): number {
  let value = 0;
  for (let at = from; at < from + count; at++) {
    const digit = (bytes[at] ?? 0) - 0x30;
    if (digit < 0 || digit > 9) throw badTime();
    value = value * 10 + digit;
  }
  return value;
}

/** A Time; what is below a second is cut off. Throws InvalidArgument outside the years 1950 to 9999. */
export function timeElement(at: Date): Der {
  const year = at.getUTCFullYear();
  if (!(year >= UTC_TIME_FIRST_YEAR && year <= 9999))
    throw invalidArgument('time is outside the years 1950 to 9999');
  const iso = at.toISOString(); // 2026-01-31T23:59:59.000Z
  const compact = `${iso.slice(0, 4)}${iso.slice(5, 7)}${iso.slice(8, 10)}${iso.slice(11, 13)}${iso.slice(14, 16)}${iso.slice(17, 19)}Z`;
  return year <= UTC_TIME_LAST_YEAR
    ? text(Tag.utcTime, compact.slice(2))
    : text(Tag.generalizedTime, compact);
}
