/** Entries, agents and nodes in few words, for the tests of entries and nodes. */
import { type Entry, PLAIN_ENTRY } from '../../../server/entries/entry.ts';
import type { Agent } from '../../../server/entries/entry-graph.ts';
import type { Node } from '../../../server/nodes/node.ts';
import { normalizeSelectors, parseSelector } from '../../../shared/selectors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

export const td = TrustDomain.parse('td');
export const SERVER = '/spire/server';

/** A path is taken to be in the trust domain `td`. */
export const id = (text: string): SpiffeId =>
  text.startsWith('/') ? SpiffeId.of(td, text) : SpiffeId.parse(text);

export const selectors = (...texts: string[]) => normalizeSelectors(texts.map(parseSelector));

export interface EntrySketch extends Partial<Omit<Entry, 'id' | 'spiffeId' | 'parentId' | 'selectors'>> {
  readonly id: string;
  readonly spiffeId: string;
  readonly parentId: string;
  readonly selectors?: readonly string[];
}

export const makeEntry = (sketch: EntrySketch): Entry => ({
  ...PLAIN_ENTRY,
  revisionNumber: 0,
  createdAt: new Date('2026-01-01T00:00:00Z'),
  ...sketch,
  spiffeId: id(sketch.spiffeId),
  parentId: id(sketch.parentId),
  selectors: selectors(...(sketch.selectors ?? ['unix:uid:1000'])),
});

export const makeAgent = (path: string, ...texts: string[]): Agent => ({
  id: id(path),
  selectors: selectors(...texts),
});

export const makeNode = (path: string, fields: Partial<Node> = {}): Node => ({
  id: id(path),
  attestationType: 'join_token',
  current: { serialNumber: '1', expiresAt: new Date('2026-01-01T01:00:00Z') },
  pending: undefined,
  canReattest: false,
  selectors: [],
  agentVersion: '',
  ...fields,
});
