/** Plans of entries on the fake entry store: tried on a copy first, so that a plan that fails changes nothing. */
import type {
  Changed,
  EntryPlan,
  EntryPlanStore,
  KnownEntry,
  PlanOptions,
  PlanResult,
} from '../../server/entries/entry-plan.ts';
import { unixSeconds } from '../../shared/clock.ts';
import type { FakeEntryStore } from './entry-store.ts';

export class FakeEntryPlans implements EntryPlanStore {
  readonly #entries: FakeEntryStore;
  #last: Promise<unknown> = Promise.resolve();

  constructor(entries: FakeEntryStore) {
    this.#entries = entries;
  }

  /** One after the other, as row locks have it. */
  apply(plan: EntryPlan, options: PlanOptions): Promise<PlanResult> {
    const result = this.#last.then(() => this.#apply(plan, options));
    this.#last = result.catch(() => {});
    return result;
  }

  async #apply(plan: EntryPlan, options: PlanOptions): Promise<PlanResult> {
    const tried = await carryOut(this.#entries.copy(), plan, options);
    const { isApplied: _, ...outcomes } = tried;
    const isWhole = Object.values(outcomes)
      .flat()
      .every(({ kind }) => ['created', 'updated', 'deleted', 'unchanged'].includes(kind));
    if (!isWhole || options.isDryRun) return tried;
    return { ...(await carryOut(this.#entries, plan, options)), isApplied: true };
  }
}

async function carryOut(store: FakeEntryStore, plan: EntryPlan, { guard }: PlanOptions): Promise<PlanResult> {
  const changedSince = (known: KnownEntry): Changed | undefined => {
    const entry = store.feed.items.get(known.id);
    const isSame =
      entry?.revisionNumber === known.revisionNumber &&
      (known.createdAtSeconds === undefined || known.createdAtSeconds === unixSeconds(entry.createdAt));
    return isSame ? undefined : { kind: 'changed', revisionNumber: entry?.revisionNumber };
  };
  const unchanged: PlanResult['unchanged'][number][] = plan.unchanged.map(
    (known) => changedSince(known) ?? { kind: 'unchanged' },
  );
  const deletes: PlanResult['deletes'][number][] = [];
  for (const known of plan.deletes) {
    const entry = store.feed.items.get(known.id);
    const changed = changedSince(known);
    const denied = store.denial(guard, entry);
    if (denied !== undefined) deletes.push(denied);
    else if (changed !== undefined || entry === undefined)
      deletes.push(changed ?? { kind: 'changed', revisionNumber: undefined });
    else {
      await store.delete([known.id]);
      deletes.push({ kind: 'deleted', entry });
    }
  }
  const updates: PlanResult['updates'][number][] = [];
  for (const { known, changes } of plan.updates) {
    const changed = store.denial(guard, store.feed.items.get(known.id)) ?? changedSince(known);
    if (changed === undefined) updates.push(...(await store.update([{ id: known.id, changes }], guard)));
    else updates.push(changed);
  }
  return { isApplied: false, unchanged, deletes, updates, creates: await store.create(plan.creates, guard) };
}
