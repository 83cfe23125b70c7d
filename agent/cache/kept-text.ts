/**
 * The format of a kept file: a line that says whose it is, a line for each entry, and a checksum, which finds what was
 * damaged, not what was forged. Used by kept.
 */
import { hash } from 'node:crypto';
import type { Bundle } from '../../shared/bundle/bundle.ts';
import { utf8 } from '../../shared/bytes.ts';
import { invalidArgument, messageOf } from '../../shared/errors.ts';
import { bundleFromJson, bundleToJson } from './kept-bundle.ts';
import { entryLine, type EntryWithSvid, readEntryLine, type UncheckedEntry } from './kept-entry.ts';
import { type Json, readDate, readList, readNumber, readObject, readText } from './kept-fields.ts';

/** Whose file it is: no other agent uses it. */
export interface KeptFor {
  readonly trustDomain: string;
  readonly agentId: string;
  readonly dataDir: string;
}

/** How far along the server's changes the entries are. */
export interface KeptPosition {
  readonly epoch: string;
  readonly n: number;
}

export interface KeptHead {
  /** When they were known to be so. */
  readonly keptAt: Date;
  readonly position: KeptPosition | undefined;
  readonly ownBundle: Bundle;
  readonly federatedBundles: readonly Bundle[];
}

export interface KeptState extends KeptHead {
  readonly entries: readonly EntryWithSvid[];
}

export interface UncheckedState extends KeptHead {
  readonly entries: readonly UncheckedEntry[];
}

const FORMAT = 'writ agent kept 1';

export class KeptText {
  /** What an entry with that SVID is written as: a change of one costs the encoding of one. */
  readonly #lines = new WeakMap<object, { readonly svid: object | undefined; readonly line: string }>();

  encode(keptFor: KeptFor, state: KeptState): Uint8Array {
    const lines = state.entries.map((one) => this.#line(one));
    const body = [JSON.stringify(headToJson(keptFor, state)), ...lines, ''].join('\n');
    return utf8(`${body}${checksum(body)}\n`);
  }

  #line(one: EntryWithSvid): string {
    const known = this.#lines.get(one.entry);
    if (known !== undefined && known.svid === one.svid) return known.line;
    const line = entryLine(one);
    this.#lines.set(one.entry, { svid: one.svid, line });
    return line;
  }
}

const headToJson = (keptFor: KeptFor, { keptAt, position, ownBundle, federatedBundles }: KeptHead): Json => ({
  format: FORMAT,
  ...keptFor,
  keptAt: keptAt.getTime(),
  ...(position === undefined ? {} : { position }),
  bundles: [ownBundle, ...federatedBundles].map(bundleToJson),
});

const checksum = (body: string): string => hash('sha256', body, 'hex');

/** Throws InvalidArgument unless the text is whole, and was written for this agent. */
export function decodeKept(keptFor: KeptFor, bytes: Uint8Array): UncheckedState {
  const text = new TextDecoder().decode(bytes);
  const bodyEnd = text.lastIndexOf('\n', text.length - 2) + 1;
  const body = text.slice(0, bodyEnd);
  if (text.slice(bodyEnd) !== `${checksum(body)}\n`) throw invalidArgument('its checksum is wrong');
  const [head = '', ...lines] = body.slice(0, -1).split('\n');
  const at = { line: 1 };
  try {
    const read = readHead(keptFor, head);
    const entries = lines.map((line) => {
      at.line += 1;
      return readEntryLine(line);
    });
    return { ...read, entries };
  } catch (error) {
    // what JSON.parse says could quote a key
    const why = error instanceof SyntaxError ? 'not JSON' : messageOf(error);
    throw invalidArgument(`line ${at.line}: ${why}`);
  }
}

function readHead(keptFor: KeptFor, line: string): KeptHead {
  const json = readObject(JSON.parse(line), 'head');
  if (json['format'] !== FORMAT) throw invalidArgument('it is of another format');
  for (const [name, expected] of Object.entries(keptFor)) {
    if (json[name] !== expected) throw invalidArgument(`it was kept for another ${NAMES[name] ?? name}`);
  }
  const [ownBundle, ...federatedBundles] = readList(json, 'bundles', bundleFromJson);
  if (ownBundle?.trustDomain.name !== keptFor.trustDomain)
    throw invalidArgument('it lacks the bundle of its trust domain');
  const position = json['position'] === undefined ? undefined : readObject(json['position'], 'position');
  return {
    keptAt: readDate(json, 'keptAt'),
    position: position && { epoch: readText(position, 'epoch'), n: readNumber(position, 'n') },
    ownBundle,
    federatedBundles,
  };
}

const NAMES: Readonly<Record<string, string>> = {
  trustDomain: 'trust domain',
  agentId: 'agent',
  dataDir: 'data_dir',
};
