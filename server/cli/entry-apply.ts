/** `entry apply`: shows what has to change so that entries are as a file says, and changes it as one deed. */
import type { EntryDefinition } from '../../proto/gen/spire/api/server/entry/v1/Entry.ts';
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import type { ApplyEntriesRequest } from '../../proto/gen/writ/entry/v1/ApplyEntriesRequest.ts';
import type { ApplyEntriesResponseOutput } from '../../proto/gen/writ/entry/v1/ApplyEntriesResponse.ts';
import type { EntryChangesDefinition } from '../../proto/gen/writ/entry/v1/EntryChanges.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { ENTRY, ENTRY_CHANGES, type Typed, withService } from './call-server.ts';
import { wireOfText } from './declared/entry-text.ts';
import { findExisting } from './declared/find-existing.ts';
import { type Existing, isEmpty, type Plan, planOf } from './declared/plan.ts';
import { type Failure, failureText, planJson, planText } from './declared/print-plan.ts';
import { readDeclared } from './declared/read.ts';
import { isOk } from './status-text.ts';
import { warnOfSelectors } from './warn-of-selectors.ts';

/** Of a dry run alone: there is something to do. */
const WOULD_CHANGE = 2;

export const entryApply: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const typed = { flags, terminal };
  const plan = await makePlan(typed);
  if (!asJson) terminal.out(planText(plan));
  const isDryRun = flags.is('dryRun');
  const { applied, failures } = await carryOut(typed, plan, isDryRun);
  if (asJson) terminal.out(`${toJson(planJson(plan, applied, failures))}\n`);
  for (const failure of failures) terminal.err(failureText(failure));
  if (failures.length > 0) {
    terminal.err('Error: nothing was done; if entries have changed meanwhile, apply the file again\n');
    return 1;
  }
  if (!asJson)
    terminal.out(isEmpty(plan) ? 'Nothing to do.\n' : isDryRun ? 'Dry run: nothing was done.\n' : 'Done.\n');
  return isDryRun && !isEmpty(plan) ? WOULD_CHANGE : 0;
};

async function makePlan(typed: Typed): Promise<Plan> {
  const { flags, terminal } = typed;
  const prune = flags.is('prune');
  if (!flags.has('file')) throw new UsageError('a -file is needed, or - for standard input');
  const declared = await readDeclared(flags.text('file'), terminal);
  if (prune && declared.scope === undefined)
    throw new UsageError(
      '-prune needs a scope in the file, which says what else is its own: scope: {spiffe_ids: [...]}',
    );
  const found = await withService<EntryDefinition, readonly EntryOutput[]>(ENTRY, typed, (client) =>
    findExisting(client, declared, prune),
  );
  const plan = planOf(declared, found, prune);
  warnOfSelectors([...plan.creates, ...plan.updates.map(({ after }) => after)].map(wireOfText), terminal);
  return plan;
}

interface Ending {
  readonly applied: boolean;
  readonly failures: readonly Failure[];
}

async function carryOut(typed: Typed, plan: Plan, isDryRun: boolean): Promise<Ending> {
  if (isEmpty(plan)) return { applied: false, failures: [] };
  const answer = await withService<EntryChangesDefinition, ApplyEntriesResponseOutput>(
    ENTRY_CHANGES,
    typed,
    (client) => client.unary('ApplyEntries', requestOf(plan, isDryRun)),
  );
  return { applied: answer.applied, failures: failuresOf(plan, answer) };
}

function requestOf({ creates, updates, deletes, unchanged }: Plan, isDryRun: boolean): ApplyEntriesRequest {
  const known = ({ known: { id, revision_number, created_at } }: Existing) => ({
    id,
    revision_number,
    created_at,
  });
  return {
    create: creates.map(wireOfText),
    update: updates.map((update) => ({ known: known(update), entry: wireOfText(update.after) })),
    delete: deletes.map(known),
    unchanged: unchanged.map(known),
    dry_run: isDryRun,
  };
}

function failuresOf(plan: Plan, answer: ApplyEntriesResponseOutput): readonly Failure[] {
  const entriesOf = (list: readonly Existing[]) => list.map(({ entry }) => entry);
  const table = [
    ['create', plan.creates, answer.created],
    ['update', entriesOf(plan.updates), answer.updated],
    ['delete', entriesOf(plan.deletes), answer.deleted],
    ['keep', entriesOf(plan.unchanged), answer.unchanged],
  ] as const;
  return table.flatMap(([deed, entries, results]) =>
    entries.flatMap((entry, at) => {
      const result = results[at];
      return result === undefined || isOk(result) ? [] : [{ deed, entry, status: result.status }];
    }),
  );
}
