/**
 * writ.entry.v1.EntryChanges/ApplyEntries: makes, changes and deletes entries as one deed, by what the caller knows of
 * them: everything is done, or an item says why nothing is.
 */
import type { ApplyEntriesRequestOutput } from '../../../proto/gen/writ/entry/v1/ApplyEntriesRequest.ts';
import type {
  _writ_entry_v1_ApplyEntriesResponse_Result as Result,
  ApplyEntriesResponse,
} from '../../../proto/gen/writ/entry/v1/ApplyEntriesResponse.ts';
import type { KnownEntryOutput } from '../../../proto/gen/writ/entry/v1/KnownEntry.ts';
import type { EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { assertNever, Code, invalidArgument, messageOf } from '../../../shared/errors.ts';
import { type Handler, unary } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { AuthorizedEntries } from '../../entries/authorized-entries.ts';
import type { EntryPlan, EntryPlanStore, KnownEntry, PlanResult } from '../../entries/entry-plan.ts';
import { entryFields, entryIdFields } from '../gate/audit-fields.ts';
import type { AuditTrail, CallContext } from '../gate/context.ts';
import type { Registrar } from '../gate/registrar.ts';
import { entryChangesFromWire, newEntryFromWire } from '../wire/entry.ts';
import { OK } from '../wire/status.ts';
import { readableCurrent } from './current-entry.ts';

/** A message holds no more that say anything; one transaction of so many takes seconds. */
const ITEMS_MAX = 10_000;

export interface ApplyEntriesNeeds {
  readonly trustDomain: TrustDomain;
  readonly plans: EntryPlanStore;
  /** The entries as they are, for rules that look at more than the changed fields. */
  readonly index: Pick<AuthorizedEntries, 'find'>;
}

export const applyEntries = (needs: ApplyEntriesNeeds): Handler<CallContext> =>
  unary(async (request: ApplyEntriesRequestOutput, context: CallContext): Promise<ApplyEntriesResponse> => {
    const guard = context.limits?.registrar;
    const plan = readPlan(request, { ...needs, guard });
    const result = await needs.plans.apply(plan, { guard, isDryRun: request.dry_run });
    const response = toResponse(plan, result);
    if (!request.dry_run) audit(request, response, context.trail);
    return response;
  });

type Reading = ApplyEntriesNeeds & { readonly guard: Registrar | undefined };

/** Throws InvalidArgument that names the item; nothing is done then. */
function readPlan(request: ApplyEntriesRequestOutput, { trustDomain, index, guard }: Reading): EntryPlan {
  const { create, update, delete: gone, unchanged } = request;
  if (create.length + update.length + gone.length + unchanged.length > ITEMS_MAX)
    throw invalidArgument(`more than ${ITEMS_MAX} entries at once`);
  const plan: EntryPlan = {
    creates: create.map((wire, at) => naming(`create ${at}`, () => newEntryFromWire(wire, trustDomain))),
    updates: update.map(({ known, entry, input_mask: mask }, at) =>
      naming(`update ${at}`, () => {
        const one = knownFromWire(known);
        const current = readableCurrent(index, one.id, guard);
        return { known: one, changes: entryChangesFromWire(given(entry), mask, { trustDomain, current }) };
      }),
    ),
    deletes: gone.map((known, at) => naming(`delete ${at}`, () => knownFromWire(known))),
    unchanged: unchanged.map((known, at) => naming(`unchanged ${at}`, () => knownFromWire(known))),
  };
  checkNamedOnce(plan);
  return plan;
}

function checkNamedOnce({ updates, deletes, unchanged }: EntryPlan): void {
  const named = new Set<string>();
  for (const { id } of [...updates.map(({ known }) => known), ...deletes, ...unchanged]) {
    if (named.has(id)) throw invalidArgument(`entry "${id}" is named twice`);
    named.add(id);
  }
}

function naming<T>(item: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`${item}: ${messageOf(cause)}`, { cause });
  }
}

function given(entry: EntryOutput | null): EntryOutput {
  if (entry === null) throw invalidArgument('missing entry');
  return entry;
}

function knownFromWire(wire: KnownEntryOutput | null): KnownEntry {
  if (wire === null || wire.id === '') throw invalidArgument('missing entry ID');
  return {
    id: wire.id,
    revisionNumber: Number(wire.revision_number),
    createdAtSeconds: wire.created_at === '0' ? undefined : Number(wire.created_at),
  };
}

type Outcome = { [List in keyof Omit<PlanResult, 'isApplied'>]: PlanResult[List][number] }[keyof Omit<
  PlanResult,
  'isApplied'
>];

function toResponse(plan: EntryPlan, result: PlanResult): ApplyEntriesResponse {
  const { creates, updates, deletes, unchanged, isApplied } = result;
  const known = (list: readonly KnownEntry[]) => (outcome: Outcome, at: number) =>
    toResult(outcome, list[at]?.id ?? '');
  return {
    applied: isApplied,
    created: creates.map((outcome, at) => toResult(outcome, plan.creates[at]?.id ?? '')),
    updated: updates.map(known(plan.updates.map((update) => update.known))),
    deleted: deletes.map(known(plan.deletes)),
    unchanged: unchanged.map(known(plan.unchanged)),
  };
}

function toResult(outcome: Outcome, id: string): Result {
  if (outcome.kind === 'created' || outcome.kind === 'updated')
    return { status: OK, id: outcome.entry.id, revision_number: outcome.entry.revisionNumber };
  return { status: statusOf(outcome), id };
}

function statusOf(outcome: Exclude<Outcome, { kind: 'created' | 'updated' }>): StatusOutput {
  switch (outcome.kind) {
    case 'deleted':
    case 'unchanged':
      return OK;
    case 'similar':
      return { code: Code.alreadyExists, message: `similar entry already exists: "${outcome.entry.id}"` };
    case 'duplicate-id':
      return { code: Code.alreadyExists, message: 'an entry with this ID exists' };
    case 'no-bundle':
      return {
        code: Code.invalidArgument,
        message: `unable to find federated bundle "${outcome.trustDomain}"`,
      };
    case 'denied':
      return { code: Code.permissionDenied, message: outcome.why };
    case 'not-found':
      return { code: Code.notFound, message: 'entry not found' };
    case 'changed':
      return { code: Code.aborted, message: changeText(outcome.revisionNumber) };
    default:
      return assertNever(outcome);
  }
}

const changeText = (revision: number | undefined): string =>
  revision === undefined
    ? 'entry is gone meanwhile'
    : `entry has changed meanwhile: it is at revision ${revision}`;

const NOT_DONE: StatusOutput = { code: Code.aborted, message: 'nothing was done: another item failed' };

/** A line for each item but the unchanged. */
function audit(request: ApplyEntriesRequestOutput, response: ApplyEntriesResponse, trail: AuditTrail): void {
  const statusOf = (result: Result | undefined): StatusOutput => {
    const { code = 0, message = '' } = result?.status ?? {};
    return code === 0 && response.applied !== true ? NOT_DONE : { code, message };
  };
  request.create.forEach((wire, at) => {
    const result = response.created?.[at];
    trail.item(
      () => ({ deed: 'create', ...entryFields({ ...wire, id: result?.id ?? wire.id }) }),
      statusOf(result),
    );
  });
  request.update.forEach(({ known, entry, input_mask: mask }, at) => {
    const fields = () => (entry === null ? {} : entryFields({ ...entry, id: known?.id ?? '' }, mask));
    trail.item(() => ({ deed: 'update', ...fields() }), statusOf(response.updated?.[at]));
  });
  request.delete.forEach((known, at) =>
    trail.item(() => ({ deed: 'delete', ...entryIdFields(known) }), statusOf(response.deleted?.[at])),
  );
}
