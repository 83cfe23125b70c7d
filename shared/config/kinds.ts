/** The types of value that configurations hold. Values are taken as SPIRE takes them: "8081" is a number, too. */
import { messageOf } from '../errors.ts';
import { SpiffeId } from '../spiffe/spiffe-id.ts';
import { TrustDomain } from '../spiffe/trust-domain.ts';
import { formatDuration, parseDurationSeconds } from './duration.ts';
import type { ConfigNode } from './node.ts';
import { SecretText } from './secret-text.ts';
import type { Kind } from './shape.ts';

/** sockaddr_un holds 108 bytes with the closing zero (unix(7)). */
const SOCKET_PATH_MAX_BYTES = 107;
/** One value of a list is enough for most; a bound for all. */
const LIST_MAX_LENGTH = 10_000;

export const text: Kind<string> = parsed('text', '', (value) => value);

/** Text that is never printed. */
export const secret: Kind<SecretText> = parsed('text', new SecretText(''), (value) => new SecretText(value));

/** The path of a Unix socket, short enough to bind. */
export const socketPath: Kind<string> = parsed('path', '', (value) => {
  if (Buffer.byteLength(value) <= SOCKET_PATH_MAX_BYTES) return value;
  throw new Error(`must be at most ${SOCKET_PATH_MAX_BYTES} bytes long to be bound as a Unix socket`);
});

export const path: Kind<string> = parsed('path', '', (value) => {
  if (!value.includes('\0')) return value;
  throw new Error('must not hold a zero byte');
});

export const trustDomain: Kind<TrustDomain> = parsed(
  'trust domain',
  TrustDomain.parse('placeholder'),
  (value) => {
    return because('must be a trust domain name', () => TrustDomain.parse(value));
  },
);

export const spiffeId: Kind<SpiffeId> = parsed(
  'SPIFFE ID',
  SpiffeId.parse('spiffe://placeholder'),
  (value) => {
    return because('must be a SPIFFE ID', () => SpiffeId.parse(value));
  },
);

export const boolean: Kind<boolean> = {
  type: 'boolean',
  placeholder: false,
  read: (node, report) => {
    if (node.kind === 'boolean') return node.value;
    if (node.kind === 'string' && (node.value === 'true' || node.value === 'false'))
      return node.value === 'true';
    report(node.at, `must be true or false, not ${nameOf(node)}`);
    return false;
  },
};

export function integer(min: number, max: number = Number.MAX_SAFE_INTEGER): Kind<number> {
  const range =
    max === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${min}`
      : `a whole number from ${min} to ${max}`;
  return {
    type: 'integer',
    placeholder: min,
    read: (node, report) => {
      const value = integerOf(node);
      if (value !== undefined && value >= min && value <= max) return value;
      report(node.at, `must be ${range}, not ${value ?? nameOf(node)}`);
      return min;
    },
  };
}

export const port: Kind<number> = { ...integer(1, 65_535), type: 'port' };

/** Seconds of a duration such as "1h30m", at least `minSeconds`. */
export function duration(minSeconds: number): Kind<number> {
  return {
    type: 'duration',
    placeholder: minSeconds,
    read: (node, report) => {
      const seconds = secondsOf(node);
      if (seconds !== undefined && seconds >= minSeconds) return seconds;
      const atLeast = minSeconds > 0 ? ` of at least ${formatDuration(minSeconds)}` : '';
      report(node.at, `must be a duration${atLeast} such as "1h30m", "10s" or "500ms"`);
      return minSeconds;
    },
  };
}

/** One of a few words. With `also`, other spellings of them. */
export function oneOf<const T extends string>(
  words: readonly [T, ...T[]],
  also: Readonly<Record<string, T>> = {},
): Kind<T> {
  const list = words.map((word) => `"${word}"`);
  return {
    type: list.join(' or '),
    placeholder: words[0],
    read: (node, report) => {
      const found = node.kind === 'string' ? words.find((word) => word === node.value) : undefined;
      const other = node.kind === 'string' && Object.hasOwn(also, node.value) ? also[node.value] : undefined;
      const value = found ?? other;
      if (value === undefined) report(node.at, `must be ${list.join(' or ')}`);
      return value ?? words[0];
    },
  };
}

export function listOf<T>(kind: Kind<T>): Kind<readonly T[]> {
  return {
    type: `list of ${kind.type}`,
    placeholder: [],
    read: (node, report) => {
      if (node.kind === 'list' && node.items.length <= LIST_MAX_LENGTH)
        return node.items.map((item) => kind.read(item, report));
      report(
        node.at,
        node.kind === 'list'
          ? `must have at most ${LIST_MAX_LENGTH} values`
          : `must be a list, not ${nameOf(node)}`,
      );
      return [];
    },
  };
}

/** What a value is, for messages: the value itself is only shown where it is a number. */
export function nameOf(node: ConfigNode): string {
  switch (node.kind) {
    case 'number':
      return node.text.slice(0, 40);
    case 'boolean':
      return String(node.value);
    case 'object':
      return 'a block';
    case 'list':
      return 'a list';
    default:
      return node.value === '' ? 'empty' : 'text';
  }
}

/** Text, or a number as it is written; `parse` throws the predicate that it breaks. */
export function parsed<T>(type: string, placeholder: T, parse: (value: string) => T): Kind<T> {
  return {
    type,
    placeholder,
    read: (node, report) => {
      if (node.kind !== 'string' && node.kind !== 'number') {
        report(node.at, `must be text, not ${nameOf(node)}`);
        return placeholder;
      }
      try {
        return parse(node.kind === 'string' ? node.value : node.text);
      } catch (error) {
        report(node.at, messageOf(error));
        return placeholder;
      }
    },
  };
}

/** What `parse` gives; throws the predicate with the reason behind it. */
export function because<T>(predicate: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new Error(`${predicate}: ${messageOf(error)}`, { cause: error });
  }
}

function integerOf(node: ConfigNode): number | undefined {
  const value =
    node.kind === 'number' ? node.value : node.kind === 'string' ? wholeOf(node.value) : undefined;
  return value !== undefined && Number.isSafeInteger(value) ? value : undefined;
}

const wholeOf = (value: string): number | undefined =>
  /^[+-]?\d{1,16}$/.test(value) ? Number(value) : undefined;

function secondsOf(node: ConfigNode): number | undefined {
  if (node.kind === 'number') return node.value === 0 ? 0 : undefined;
  if (node.kind !== 'string') return undefined;
  try {
    return parseDurationSeconds(node.value);
  } catch {
    return undefined;
  }
}
