/** What the batch RPCs of entries answer for one item. */
import type { Entry as WireEntry } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { type CodedError, invalidArgument } from '../../../shared/errors.ts';
import { statusOf } from '../wire/status.ts';

export interface EntryResult {
  readonly status: StatusOutput;
  readonly entry?: WireEntry;
}

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
  invalidArgument(`unable to find federated bundle "spiffe://${trustDomain}"`);
