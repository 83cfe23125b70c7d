/** A server with the command line that is tried on it, and what that prints, made comparable. Used by commands.test.ts. */
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';

export interface World {
  readonly name: string;
  /** The program `spire-server`. */
  readonly command: string;
  readonly socket: string;
  /** An empty folder that commands may write into. */
  readonly folder: string;
  /** What stands for what in the words of a step. */
  readonly known: Map<string, string>;
}

export interface Printed {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const LIMIT_MS = 30_000;

/** Runs a command to its end on the world's server. */
export async function type(
  { command, socket, folder }: World,
  words: readonly string[],
  input = '',
): Promise<Printed> {
  const child = spawn(command, [...words, '-socketPath', socket], { cwd: folder, timeout: LIMIT_MS });
  child.stdin.on('error', () => {}); // it may not read any
  child.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, out, err };
}

/** What differs from run to run, by what it is called instead. */
const UNSTEADY: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['pem', /-----BEGIN [A-Z ]+-----\n[^-]+-----END [A-Z ]+-----\n/g],
  ['jwt', /eyJ[\w-]+\.[\w-]+\.[\w-]+/g],
  ['base64', /"[A-Za-z0-9+/]{60,}={0,2}"/g],
  ['coordinate', /(?<="[xy]":")[\w-]{43}(?=")/g],
  ['uuid', /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g],
  ['key', /\b[0-9a-f]{40}\b/g],
  ['kid', /\b[A-Za-z0-9]{32}\b/g],
  ['serial', /\b\d{30,40}\b/g],
  ['time', /\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+-]\d{4} [A-Z0-9+-]+)?/g],
  ['seconds', /\b1[789]\d{8}\b/g],
  ['number', /(?<="(?:sequence_number|spiffe_sequence)":"?)\d+/g],
];

/** Fields that the protocol of 1.13 does not have. */
const NEWER = new Set(['agent_version', 'wit_authorities', 'additional_attributes']);

/** Which of them it is counts for these. */
const NUMBERED = new Set(['uuid', 'key', 'kid']);

/**
 * The same text for the same things, whoever made them. What is passed over everywhere: how wide labels are padded (24
 * columns since SPIRE 1.14, 18 before), how JSON is laid out, newer fields, empty lines at the end, and what gRPC's Go
 * library and the command line put before the server's own words about a failure.
 */
export function steady(printed: Printed, { socket, folder, known }: World): Printed {
  const places = [
    [socket, '<socket>'],
    [folder, '<folder>'],
    ...[...known].map(([name, value]) => [value, name]),
  ];
  const clean = (raw: string): string => {
    const named = places.reduce((whole, [found = '', name = '']) => whole.replaceAll(found, name), raw);
    return numbered(withPlainJson(named))
      .replaceAll(/^([A-Z][\w. -]*?) +: /gm, '$1: ')
      .replaceAll(/^Error: .*rpc error: code = \w+ desc = /gm, 'Error: ')
      .trimEnd();
  };
  return { code: printed.code, out: clean(printed.out), err: clean(printed.err) };
}

function numbered(raw: string): string {
  const seen = new Map<string, string>();
  return UNSTEADY.reduce(
    (whole, [name, pattern]) =>
      whole.replace(pattern, (found) => {
        if (!NUMBERED.has(name)) return `<${name}>`;
        const known = seen.get(found) ?? `<${name} ${seen.size + 1}>`;
        seen.set(found, known);
        return known;
      }),
    raw,
  );
}

function withPlainJson(raw: string): string {
  if (!/^[[{]/.test(raw)) return raw;
  try {
    return JSON.stringify(plain(JSON.parse(raw)));
  } catch {
    return raw;
  }
}

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const fields = Object.entries(value).filter(([name]) => !NEWER.has(name));
  return Object.fromEntries(
    fields.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, field]) => [name, plain(field)]),
  );
}
