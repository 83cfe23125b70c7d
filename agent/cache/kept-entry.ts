/** Entries with their SVIDs as a kept file holds them, a line each. Used by kept-text, and by sync to compare entries. */
import { toBase64 } from '../../shared/bytes.ts';
import { checkSelector, type Selector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { invalidArgument } from '../../shared/errors.ts';
import type { AgentEntry } from './agent-entry.ts';
import type { HeldSvid } from './x509-kind.ts';
import {
  type Json,
  readBytes,
  readDate,
  readFlag,
  readList,
  readNumber,
  readObject,
  readText,
} from './kept-fields.ts';

export interface EntryWithSvid<S = HeldSvid> {
  readonly entry: AgentEntry;
  readonly svid: S | undefined;
}

/** As it was read: nothing of the SVID has been checked. */
export interface UncheckedEntry {
  readonly entry: AgentEntry;
  readonly svid:
    | {
        /** DER, leaf first. */
        readonly chain: readonly Uint8Array[];
        /** PKCS#8 DER. */
        readonly privateKey: Uint8Array;
        /** It was issued for an older state of the entry. */
        readonly isOutdated: boolean;
      }
    | undefined;
}

export function entryLine({ entry, svid }: EntryWithSvid): string {
  if (svid === undefined) return JSON.stringify({ entry: entryToJson(entry) });
  return JSON.stringify({
    entry: entryToJson(entry),
    svid: {
      chain: svid.chain.map(toBase64),
      privateKey: toBase64(svid.privateKey),
      isOutdated: svid.entry !== entry,
    },
  });
}

/** Of two states that can be told apart by nothing. */
export const isSameEntry = (a: AgentEntry, b: AgentEntry): boolean =>
  JSON.stringify(entryToJson(a)) === JSON.stringify(entryToJson(b));

const entryToJson = (entry: AgentEntry): Json => ({
  ...entry,
  spiffeId: entry.spiffeId.toString(),
  selectors: entry.selectors.map(({ type, value }) => ({ type, value })),
  federatesWith: entry.federatesWith.map(({ name }) => name),
  createdAt: entry.createdAt.getTime(),
});

/** Throws InvalidArgument on anything that was not written by entryLine. */
export function readEntryLine(line: string): UncheckedEntry {
  const json = readObject(JSON.parse(line), 'line');
  const entry = readEntry(readObject(json['entry'], 'entry'));
  if (json['svid'] === undefined) return { entry, svid: undefined };
  const svid = readObject(json['svid'], 'svid');
  return {
    entry,
    svid: {
      chain: readList(svid, 'chain', (one) => readBytes(one, 'chain')),
      privateKey: readBytes(svid['privateKey'], 'privateKey'),
      isOutdated: readFlag(svid, 'isOutdated'),
    },
  };
}

function readEntry(json: Json): AgentEntry {
  const selectors = readList(json, 'selectors', readSelector);
  if (selectors.length === 0) throw invalidArgument('an entry has no selectors');
  return {
    id: readText(json, 'id'),
    spiffeId: SpiffeId.parse(readText(json, 'spiffeId')),
    selectors,
    federatesWith: readList(json, 'federatesWith', (name) => TrustDomain.parse(String(name))),
    hint: readText(json, 'hint'),
    revisionNumber: readNumber(json, 'revisionNumber'),
    createdAt: readDate(json, 'createdAt'),
    admin: readFlag(json, 'admin'),
    downstream: readFlag(json, 'downstream'),
    storeSvid: readFlag(json, 'storeSvid'),
    disableX509SvidPrefetch: readFlag(json, 'disableX509SvidPrefetch'),
    // no earlier program wrote it: theirs are read, too
    jwtSvidIncludeJti: json['jwtSvidIncludeJti'] !== undefined && readFlag(json, 'jwtSvidIncludeJti'),
  };
}

function readSelector(value: unknown): Selector {
  const json = readObject(value, 'selector');
  return checkSelector({ type: readText(json, 'type'), value: readText(json, 'value') });
}
