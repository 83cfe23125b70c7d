/** What the batch RPCs of entries answer for one item, and what the audit log says of it. */
import type { Entry as WireEntry, EntryOutput } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { type CodedError, invalidArgument } from '../../../shared/errors.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { statusOf } from '../wire/status.ts';

export interface EntryResult {
  readonly status: StatusOutput;
  readonly entry?: WireEntry;
}

const AUDITED_SELECTORS_MAX = 100;

/** `failed to <deed> entry: …` where the deed failed; what could not be read says so itself. */
export function failureStatus(
  deed: 'create' | 'update' | 'delete',
  error: unknown,
  stage: 'read' | 'deed',
): StatusOutput {
  const { code, message } = statusOf(error);
  return { code, message: stage === 'read' ? message : `failed to ${deed} entry: ${message}` };
}

export const noBundle = (trustDomain: string): CodedError =>
  invalidArgument(`unable to find federated bundle "${trustDomain}"`);

/** What the audit log says of an entry as it was asked for. */
export const auditedEntry = (wire: EntryOutput): LogFields => ({
  ...(wire.id === '' ? {} : { entry_id: wire.id }),
  spiffe_id: textOf(wire.spiffe_id),
  parent_id: textOf(wire.parent_id),
  selectors: wire.selectors.slice(0, AUDITED_SELECTORS_MAX).map(({ type, value }) => `${type}:${value}`),
  ...(wire.admin ? { admin: true } : {}),
  ...(wire.downstream ? { downstream: true } : {}),
});

const textOf = (id: EntryOutput['spiffe_id']): string | undefined =>
  id === null ? undefined : `spiffe://${id.trust_domain}${id.path}`;
