/** What the batch RPCs of entries answer for one item. */
import type { Entry as WireEntry } from '../../../proto/gen/spire/api/types/Entry.ts';
import type { StatusOutput } from '../../../proto/gen/spire/api/types/Status.ts';
import { type CodedError, invalidArgument } from '../../../shared/errors.ts';
import { statusOf } from '../wire/status.ts';
import { answerEncoder } from '../../../shared/rpc/encoded.ts';
import type { Entry } from '../../entries/entry.ts';
import { type EntryMask, entryWriter } from '../wire/entry.ts';
import { Room } from '../wire/room.ts';

export interface EntryResult {
  readonly status: StatusOutput;
  /** Of the entry that was made or changed, or is in the way. */
  readonly id?: string;
  /** As it is in the answer. */
  readonly part: Uint8Array;
}

/** Of one that shows nothing but an ID and that all is well. */
const SHORT_RESULT_BYTES = 64;

/**
 * Makes the results of one batch, encoded. Each shows its entry for as long as the answer fits a message, later ones the ID
 * alone: a request for changes is small, and the entries that it changes need not be.
 */
export class EntryResults {
  readonly #encode: (part: { readonly results: readonly EntryShown[] }) => Uint8Array;
  readonly #write: (entry: Entry) => WireEntry;
  readonly #room: Room;

  constructor(rpc: 'BatchCreateEntry' | 'BatchUpdateEntry', mask: EntryMask, count: number) {
    this.#encode = answerEncoder('spire.api.server.entry.v1.Entry', rpc);
    this.#write = entryWriter(mask);
    this.#room = new Room(count * SHORT_RESULT_BYTES);
  }

  failed(status: StatusOutput): EntryResult {
    return { status, part: this.#encode({ results: [{ status }] }) };
  }

  of(status: StatusOutput, entry: Entry): EntryResult {
    const { id } = entry;
    const whole = this.#room.isFull ? undefined : this.#room.take(this.#partOf(status, this.#write(entry)));
    return { status, id, part: whole ?? this.#partOf(status, { id }) };
  }

  #partOf(status: StatusOutput, entry: WireEntry): Uint8Array {
    return this.#encode({ results: [{ status, entry }] });
  }
}

interface EntryShown {
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
