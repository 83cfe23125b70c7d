/** Small valid things to store. Used by the contract suites and the tests of the datastore. */
import { type Entry, type NewEntry, PLAIN_ENTRY } from '../../server/entries/entry.ts';
import type { CreateOutcome, EntryStore } from '../../server/entries/entry-store.ts';
import type { Node } from '../../server/nodes/node.ts';
import { parseSelector } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export const id = (path: string): SpiffeId => SpiffeId.parse(`spiffe://example.org${path}`);
export const trustDomain = (name: string): TrustDomain => TrustDomain.parse(name);
export const selectors = (...texts: readonly string[]) => texts.map(parseSelector);

/** A workload below /agent with one selector, all named after `name`. */
export const newEntry = (name: string, fields: Partial<NewEntry> = {}): NewEntry => ({
  id: undefined,
  spiffeId: id(`/${name}`),
  parentId: id('/agent'),
  selectors: selectors(`unix:user:${name}`),
  ...PLAIN_ENTRY,
  ...fields,
});

export const newNode = (name: string, fields: Partial<Node> = {}): Node => ({
  id: id(`/spire/agent/test/${name}`),
  attestationType: 'test',
  current: { serialNumber: '1', expiresAt: new Date('2026-01-01T01:00:00Z') },
  pending: undefined,
  canReattest: false,
  selectors: selectors(`test:name:${name}`),
  agentVersion: '',
  ...fields,
});

/** The created entry; throws when the outcome is another. */
export function created(outcome: CreateOutcome | undefined): Entry {
  if (outcome?.kind !== 'created') throw new Error(`expected a created entry, got ${outcome?.kind}`);
  return outcome.entry;
}

export async function createOne(entries: EntryStore, entry: NewEntry): Promise<Entry> {
  return created((await entries.create([entry]))[0]);
}
