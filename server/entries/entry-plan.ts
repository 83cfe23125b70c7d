/** Many changes of entries as one deed, by what was known when they were thought of. Implemented by datastore/entry-plans. */
import type { Entry, NewEntry } from './entry.ts';
import type { EntryGuard } from './entry-guard.ts';
import type { CreateOutcome, Denied, EntryUpdate, UpdateOutcome } from './entry-store.ts';

/** An entry as it was when the plan was made. */
export interface KnownEntry {
  readonly id: string;
  readonly revisionNumber: number;
  /** Seconds; an entry that was deleted and made again is another. Absent: not known. */
  readonly createdAtSeconds: number | undefined;
}

/** No entry is named twice. */
export interface EntryPlan {
  readonly creates: readonly NewEntry[];
  readonly updates: readonly { readonly known: KnownEntry; readonly changes: EntryUpdate['changes'] }[];
  readonly deletes: readonly KnownEntry[];
  readonly unchanged: readonly KnownEntry[];
}

/** The entry is another by now, or gone. */
export interface Changed {
  readonly kind: 'changed';
  /** Undefined: there is none. */
  readonly revisionNumber: number | undefined;
}

/** One outcome for each item, as if it were the only one. */
export interface PlanResult {
  readonly isApplied: boolean;
  readonly creates: readonly CreateOutcome[];
  readonly updates: readonly (UpdateOutcome | Changed)[];
  readonly deletes: readonly (Denied | Changed | { readonly kind: 'deleted'; readonly entry: Entry })[];
  readonly unchanged: readonly (Changed | { readonly kind: 'unchanged' })[];
}

export interface PlanOptions {
  readonly guard?: EntryGuard | undefined;
  /** Judge everything, and do nothing. */
  readonly isDryRun: boolean;
}

export interface EntryPlanStore {
  /** One transaction: everything is done, or one outcome tells why nothing is. Deletes come first, creates last. */
  apply(plan: EntryPlan, options: PlanOptions): Promise<PlanResult>;
}
