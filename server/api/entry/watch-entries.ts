/** writ.entry.v1.EntryChanges/WatchEntries: what becomes of entries, as it happens, or since a position. */
import type { WatchEntriesRequestOutput } from '../../../proto/gen/writ/entry/v1/WatchEntriesRequest.ts';
import type {
  _writ_entry_v1_WatchEntriesResponse_Kind as Kind,
  WatchEntriesResponse,
} from '../../../proto/gen/writ/entry/v1/WatchEntriesResponse.ts';
import type { Clock } from '../../../shared/clock.ts';
import { Code, CodedError, permissionDenied } from '../../../shared/errors.ts';
import { type Handler, type Send, serverStream } from '../../../shared/rpc/handler.ts';
import type { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { Entry } from '../../entries/entry.ts';
import type { EntryChange, EntryHistory, Step } from '../../entries/entry-history.ts';
import type { EntryFilter } from '../../entries/entry-store.ts';
import { passesFilter } from '../../entries/passes-filter.ts';
import type { SeenPosition } from '../../entries/refresh.ts';
import type { CallContext } from '../gate/context.ts';
import { type Limits, readableBy } from '../gate/roles.ts';
import { type IndexRefresh, parsePosition, positionText } from '../sync/position.ts';
import { entryFilterFromWire, entryWriter } from '../wire/entry.ts';

/** How often whoever watches is judged anew, and told of a position that moved on without it. */
const RECHECK_MS = 5_000;
const CATCH_UP_MS = 3_000;
const STREAMS_MAX = 32;

export interface WatchEntriesNeeds {
  readonly trustDomain: TrustDomain;
  readonly history: Pick<EntryHistory, 'after' | 'onStep'>;
  readonly refresh: IndexRefresh;
  readonly clock: Clock;
}

export function watchEntries(needs: WatchEntriesNeeds): Handler<CallContext> {
  let open = 0;
  return serverStream(
    async (request: WatchEntriesRequestOutput, context: CallContext, send: Send<WatchEntriesResponse>) => {
      if (open >= STREAMS_MAX)
        throw new CodedError(Code.resourceExhausted, `more than ${STREAMS_MAX} watches of entries`);
      open += 1;
      try {
        await new EntryWatch(needs, request, context).run(send);
      } finally {
        open -= 1;
      }
    },
  );
}

class EntryWatch {
  readonly #needs: WatchEntriesNeeds;
  readonly #context: CallContext;
  readonly #asked: EntryFilter;
  readonly #from: string;
  readonly #write: ReturnType<typeof entryWriter>;
  #filter: EntryFilter;
  /** What the caller was told. */
  #told = '';

  constructor(needs: WatchEntriesNeeds, request: WatchEntriesRequestOutput, context: CallContext) {
    this.#needs = needs;
    this.#context = context;
    this.#asked = entryFilterFromWire(request.filter, needs.trustDomain);
    this.#filter = readableBy(context.limits, this.#asked);
    this.#from = request.from;
    this.#write = entryWriter(request.output_mask);
  }

  /** Never resolves: throws when the caller leaves, may watch no more, or what it has not read yet is forgotten. */
  async run(send: Send<WatchEntriesResponse>): Promise<never> {
    const { signal } = this.#context.call;
    let seen = await this.#start();
    await this.#tellPosition(seen, send);
    for (;;) {
      const steps = this.#needs.history.after(seen);
      if (steps === undefined) throw lost(seen);
      for (const step of steps) {
        await this.#tellStep(step, seen, send);
        seen = step.to;
      }
      signal.throwIfAborted();
      if (steps.length > 0 || (await this.#grown(seen, signal))) continue;
      this.#filter = readableBy(await this.#judgeAgain(), this.#asked);
      await this.#tellPosition(seen, send);
    }
  }

  async #start(): Promise<SeenPosition> {
    const { refresh } = this.#needs;
    const from = this.#from === '' ? undefined : parsePosition(this.#from);
    await refresh.ensureFresh(CATCH_UP_MS);
    if (from === undefined) return refresh.position();
    await refresh.catchUp(from, CATCH_UP_MS);
    const here = refresh.position();
    return from.epoch === here.epoch && from.n > here.n ? here : from;
  }

  /** The last of a step's answers has its position: who goes on from an earlier one is told some of the step again. */
  async #tellStep(step: Step, seen: SeenPosition, send: Send<WatchEntriesResponse>): Promise<void> {
    const events = step.changes.flatMap((change) => this.#eventOf(change));
    for (const [at, { kind, entry }] of events.entries()) {
      this.#told = positionText(at === events.length - 1 ? step.to : seen);
      await send({ kind, entry: this.#write(entry), position: this.#told });
    }
  }

  #eventOf({ before, after }: EntryChange): readonly { readonly kind: Kind; readonly entry: Entry }[] {
    const was = before !== undefined && passesFilter(before, this.#filter) ? before : undefined;
    const is = after !== undefined && passesFilter(after, this.#filter) ? after : undefined;
    if (is !== undefined) return [{ kind: was === undefined ? 'CREATED' : 'UPDATED', entry: is }];
    return was === undefined ? [] : [{ kind: 'DELETED', entry: was }];
  }

  async #tellPosition(seen: SeenPosition, send: Send<WatchEntriesResponse>): Promise<void> {
    const position = positionText(seen);
    if (position === this.#told) return;
    this.#told = position;
    await send({ kind: 'NOTHING', position });
  }

  /** True when there is more to tell; false after a while. */
  async #grown(seen: SeenPosition, signal: AbortSignal): Promise<boolean> {
    const { history, clock } = this.#needs;
    const woken = new AbortController();
    const forget = history.onStep(() => woken.abort());
    try {
      if (history.after(seen)?.length !== 0) return true; // a step came before we listened
      await clock.sleep(RECHECK_MS, AbortSignal.any([signal, woken.signal])).catch(() => {});
      signal.throwIfAborted();
      return woken.signal.aborted;
    } finally {
      forget();
    }
  }

  /** What the caller is held to now. Throws when it may not watch any more. */
  async #judgeAgain(): Promise<Limits | undefined> {
    const { limits, agent } = await this.#context.admitAgain();
    if (agent !== undefined) throw permissionDenied('agents do not watch entries');
    return limits;
  }
}

const lost = (seen: SeenPosition): CodedError =>
  new CodedError(
    Code.aborted,
    `what came after position ${positionText(seen)} is not known any more: list the entries, and watch from now on`,
  );
