/** Plans of entries in Postgres: everything in one transaction, or nothing. Made by open.ts. */
import { type Clock, unixSeconds } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import type { Entry } from '../entries/entry.ts';
import type {
  Changed,
  EntryPlan,
  EntryPlanStore,
  KnownEntry,
  PlanOptions,
  PlanResult,
} from '../entries/entry-plan.ts';
import type { CreateOutcome, Denied } from '../entries/entry-store.ts';
import { recordChanges } from './changes.ts';
import type { Database, Queryable } from './database.ts';
import { applyUpdate, deleteEntries, denialOf, lockEntries } from './entry-changes.ts';
import { createEntries, lockBundles } from './entry-creation.ts';
import { toRecord, UPDATE_ENTRIES } from './entry-rows.ts';
import { type Judge, judgeOf } from './entry-surroundings.ts';

export interface EntryPlansOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly random: Random;
}

/** Takes the transaction back, and its outcomes out of it. */
class NotApplied extends CodedError {
  readonly result: PlanResult;

  constructor(result: PlanResult) {
    super(Code.aborted, 'the plan is not carried out');
    this.result = result;
  }
}

export class PostgresEntryPlans implements EntryPlanStore {
  readonly #options: EntryPlansOptions;

  constructor(options: EntryPlansOptions) {
    this.#options = options;
  }

  async apply(plan: EntryPlan, options: PlanOptions): Promise<PlanResult> {
    try {
      return await this.#options.database.transaction('read committed', async (tx) => {
        const result = await this.#carryOut(tx, plan, options);
        if (!result.isApplied) throw new NotApplied(result);
        return result;
      });
    } catch (error) {
      if (error instanceof NotApplied) return error.result;
      throw error;
    }
  }

  /** What is known is locked first, bundles before entries, each in their order; a change that nobody waits for is recorded last. */
  async #carryOut(tx: Queryable, plan: EntryPlan, { guard, isDryRun }: PlanOptions): Promise<PlanResult> {
    const { updates, deletes, unchanged } = plan;
    const known = [...updates.map((update) => update.known), ...deletes, ...unchanged];
    const bundles = await lockBundles(
      tx,
      updates.flatMap(({ changes }) => changes.federatesWith ?? []),
    );
    const current = await lockEntries(
      tx,
      known.map(({ id }) => id),
    );
    const named = updates.flatMap(({ changes: { spiffeId } }) =>
      spiffeId === undefined ? [] : { spiffeId },
    );
    const judge = await judgeOf(tx, guard, [...current.values(), ...named, ...plan.creates]);
    const done = {
      deletes: deletes.map((one) => deletionOf(one, current, judge)),
      updates: updates.map(
        ({ known: one, changes }) =>
          refusalOf(one, current, judge) ??
          applyUpdate({ id: one.id, changes }, current.get(one.id), { bundles, judge }),
      ),
      unchanged: unchanged.map(
        (one) => changedSince(one, current.get(one.id)) ?? ({ kind: 'unchanged' } as const),
      ),
    };
    await write(tx, done);
    const result = { ...done, creates: await this.#create(tx, plan, judge) };
    const isWhole = Object.values(result).every((outcomes) => outcomes.every(({ kind }) => GOOD.has(kind)));
    if (isWhole && !isDryRun) await recordChanges(tx, { entries: changedIds(result) });
    return { ...result, isApplied: isWhole && !isDryRun };
  }

  /** After the others, so that an entry may take the place of one that the plan deletes. */
  async #create(tx: Queryable, { creates }: EntryPlan, judge: Judge): Promise<readonly CreateOutcome[]> {
    const { clock, random } = this.#options;
    const denied = creates.map((entry) => denialOf(judge(entry)));
    const allowed = creates.filter((_, at) => denied[at] === undefined);
    const made = await createEntries(tx, allowed, { now: clock.now(), newId: () => random.uuid() });
    const next = made.values();
    return denied.flatMap((denial) => denial ?? next.next().value ?? []);
  }
}

const GOOD: ReadonlySet<string> = new Set(['created', 'updated', 'deleted', 'unchanged']);

type Outcomes = Pick<PlanResult, 'deletes' | 'updates'>;

function deletionOf(
  known: KnownEntry,
  current: ReadonlyMap<string, Entry>,
  judge: Judge,
): PlanResult['deletes'][number] {
  const entry = current.get(known.id);
  const refusal = refusalOf(known, current, judge);
  return refusal !== undefined || entry === undefined ? (refusal ?? gone) : { kind: 'deleted', entry };
}

/** Who may not write an entry does not learn whether it has changed. */
function refusalOf(
  known: KnownEntry,
  current: ReadonlyMap<string, Entry>,
  judge: Judge,
): Denied | Changed | undefined {
  const entry = current.get(known.id);
  return (entry === undefined ? undefined : denialOf(judge(entry))) ?? changedSince(known, entry);
}

const gone: Changed = { kind: 'changed', revisionNumber: undefined };

function changedSince(known: KnownEntry, entry: Entry | undefined): Changed | undefined {
  if (entry === undefined) return gone;
  const isSame =
    entry.revisionNumber === known.revisionNumber &&
    (known.createdAtSeconds === undefined || known.createdAtSeconds === unixSeconds(entry.createdAt));
  return isSame ? undefined : { kind: 'changed', revisionNumber: entry.revisionNumber };
}

async function write(tx: Queryable, { deletes, updates }: Outcomes): Promise<void> {
  await deleteEntries(
    tx,
    deletes.flatMap((outcome) => (outcome.kind === 'deleted' ? [outcome.entry.id] : [])),
  );
  const records = updates.flatMap((outcome) => (outcome.kind === 'updated' ? [toRecord(outcome.entry)] : []));
  if (records.length > 0) await tx.query(UPDATE_ENTRIES, [JSON.stringify(records)]);
}

const changedIds = ({ deletes, updates, creates }: Omit<PlanResult, 'isApplied'>): readonly string[] =>
  [...deletes, ...updates, ...creates].flatMap((outcome) => ('entry' in outcome ? [outcome.entry.id] : []));
