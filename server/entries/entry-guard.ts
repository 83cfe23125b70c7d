/**
 * Who may write some entries only: asked inside the transaction that writes, of what is there then. The interface that
 * entry-store takes; implemented by api/gate/registrar.
 */
import type { Subtree } from '../../shared/spiffe/subtree.ts';
import type { EntryFields } from './entry.ts';

/** What else the store knows of an ID. */
export interface Surroundings {
  /** Whether an entry gives this ID rights of its own: admin or downstream. */
  isPrivileged(spiffeId: string): boolean;
  /** Entries whose chain of parents begins at this ID; undefined when they are too many to look at. */
  below(spiffeId: string): readonly EntryFields[] | undefined;
}

export interface EntryGuard {
  /** Why this entry may be neither made nor touched; undefined when it may. An update is asked for both its sides. */
  whyNot(entry: EntryFields, around: Surroundings): string | undefined;
}

/** A part of all entries: those whose SPIFFE ID and whose parent are in one of the trees each. */
export interface EntryScope {
  readonly ids: readonly Subtree[];
  /** Empty: any parent. */
  readonly parents: readonly Subtree[];
}
