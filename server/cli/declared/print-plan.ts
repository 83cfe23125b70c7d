/** A plan in words, and what became of it. Called by `entry apply`. */
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { printable } from '../../../shared/cli/printable.ts';
import { statusText } from '../status-text.ts';
import type { EntryText } from './entry-text.ts';
import type { Plan } from './plan.ts';

/** A line for each entry that changes, with the fields that do, and a line that counts. */
export const planText = (plan: Plan): string =>
  [
    ...plan.creates.map((entry) => `+ create ${nameOf(entry)} below ${printable(entry.parent_id)}\n`),
    ...plan.updates.map(
      ({ entry, after, fields }) =>
        `~ update ${nameOf(entry)}\n${fields.map((field) => fieldText(field, entry, after)).join('')}`,
    ),
    ...plan.deletes.map(({ entry }) => `- delete ${nameOf(entry)}\n`),
    `${plan.creates.length} to create, ${plan.updates.length} to update, ${plan.deletes.length} to delete, ${plan.unchanged.length} unchanged\n`,
  ].join('');

const nameOf = ({ id, spiffe_id }: EntryText): string =>
  `${printable(spiffe_id)}${id === '' ? '' : ` (${printable(id)})`}`;

const fieldText = (field: keyof EntryText, before: EntryText, after: EntryText): string =>
  `    ${field}: ${valueText(before[field])} -> ${valueText(after[field])}\n`;

const valueText = (value: EntryText[keyof EntryText]): string =>
  printable(Array.isArray(value) ? `[${value.join(', ')}]` : JSON.stringify(value));

export interface Failure {
  readonly deed: string;
  readonly entry: EntryText;
  readonly status: StatusOutput | null;
}

export const failureText = ({ deed, entry, status }: Failure): string =>
  `Failed to ${deed} ${nameOf(entry)} ${statusText(status)}\n`;

/** For programs: the plan, and how it ended. */
export const planJson = (plan: Plan, applied: boolean, failures: readonly Failure[]): object => ({
  applied,
  create: plan.creates,
  update: plan.updates.map(({ entry, after, fields }) => ({ id: entry.id, fields, before: entry, after })),
  delete: plan.deletes.map(({ entry }) => entry),
  unchanged: plan.unchanged.length,
  failures: failures.map(({ deed, entry, status }) => ({ deed, entry, status })),
});
