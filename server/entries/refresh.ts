/**
 * Keeps an index at the head of its change feed: a snapshot first, then the changes, woken by hints and
 * each second besides. Started by server.ts, one for entries and one for nodes; request handlers ask it how fresh the
 * index is and have it catch up.
 */
import { Backoff } from '../../shared/backoff.ts';
import { type Clock, inTime, isWithin, type Moment, momentOf } from '../../shared/clock.ts';
import type { Reason } from '../../shared/errors.ts';
import { messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Change, ChangeFeed, Position } from './change-feed.ts';
import { FreshRun } from './fresh-run.ts';
import type { Replica } from './replica.ts';

const POLL_MS = 1_000; // hints may be lost
const FRESH_MS = 5_000; // for so long it may go on without the database
const RETRY_INITIAL_MS = 100;
const RETRY_MAX_MS = 2_000; // well below FRESH_MS: a database that is back is seen before the index counts as stale
const RELOADS_MAX = 3; // in one run, before it counts as failed
const COLLECTED_MAX = 200_000; // changes; a reload is then the cheaper way
const LOG_EVERY_MS = 60_000;

/** A position as agents carry it. */
export type SeenPosition = Pick<Position, 'epoch' | 'n'>;

export interface IndexRefresherParts<Item> {
  /** What is kept fresh, for logs and messages: `entries`, `nodes`. */
  readonly name: string;
  readonly feed: ChangeFeed<Item>;
  readonly replica: Replica<Item>;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export class IndexRefresher<Item> implements Part {
  readonly name: string;
  readonly #feed: ChangeFeed<Item>;
  readonly #replica: Replica<Item>;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #backoff: Backoff;
  readonly #toHead = new FreshRun(() => this.#readToHead());
  readonly #stop = new AbortController();
  #confirmed: Moment | undefined;
  #hinted = false;
  #wakesOnHint = true;
  #wake: () => void = () => {};
  #loop: Promise<void> = Promise.resolve();
  #aheadLoggedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: IndexRefresherParts<Item>) {
    this.name = `refresh of ${parts.name}`;
    this.#feed = parts.feed;
    this.#replica = parts.replica;
    this.#clock = parts.clock;
    this.#log = parts.log.child({ index: parts.name });
    this.#backoff = new Backoff(parts.random, { initialMs: RETRY_INITIAL_MS, maxMs: RETRY_MAX_MS });
  }

  /** Resolves once the index holds a first content; until then it tries again and again. Rejects when aborted. */
  async start(signal: AbortSignal): Promise<void> {
    const ended = AbortSignal.any([signal, this.#stop.signal]);
    const unhint = this.#feed.onHint(() => this.#onHint());
    const onEnded = (): void => {
      unhint();
      this.#wake();
    };
    ended.addEventListener('abort', onEnded, { once: true });
    while (!(await this.#refresh())) await this.#clock.sleep(this.#backoff.next(), ended);
    this.#loop = this.#follow(ended);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopping'));
    await this.#loop;
  }

  /** Throws Unavailable before the first content. */
  position(): Position {
    const { position } = this.#replica;
    if (position === undefined) throw unavailable(`${this.name} has not begun`, { reason: 'SERVER_BEHIND' });
    return position;
  }

  /** Confirmed within `maxAgeMs` (an older index decides nothing). */
  isFresh(maxAgeMs = FRESH_MS): boolean {
    return this.#confirmed !== undefined && isWithin(maxAgeMs, this.#confirmed, momentOf(this.#clock));
  }

  /** Resolves if the index is fresh, else reads the feed; throws Unavailable (DATABASE_UNAVAILABLE) if that fails. */
  async ensureFresh(timeoutMs: number): Promise<void> {
    if (!this.isFresh()) await this.#readWithin(timeoutMs, 'DATABASE_UNAVAILABLE');
  }

  /** Brings the index to the head as of now: before a denial. Throws Unavailable (SERVER_BEHIND) if that fails. */
  async readNow(timeoutMs: number): Promise<void> {
    await this.#readWithin(timeoutMs, 'SERVER_BEHIND');
  }

  /**
   * Resolves when the index is not behind what a caller has seen. A position beyond the head, or of another
   * epoch than the head's, counts as the head. Throws Unavailable (SERVER_BEHIND) when the feed cannot be read.
   */
  async catchUp(seen: SeenPosition, timeoutMs: number): Promise<void> {
    if (this.#covers(seen)) return;
    await this.readNow(timeoutMs);
    if (!this.#covers(seen)) this.#logAhead(seen);
  }

  #covers(seen: SeenPosition): boolean {
    const position = this.#replica.position;
    return position !== undefined && position.epoch === seen.epoch && position.n >= seen.n;
  }

  #logAhead(seen: SeenPosition): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#aheadLoggedAtMs < LOG_EVERY_MS) return;
    this.#aheadLoggedAtMs = nowMs;
    const { epoch, n } = this.position();
    this.#log.warn('a caller has seen a position that is not in this history', { seen, head: { epoch, n } });
  }

  async #follow(ended: AbortSignal): Promise<void> {
    let succeeded = true;
    while (!ended.aborted) {
      await this.#rest(succeeded);
      if (!ended.aborted) succeeded = await Promise.race([this.#refresh(), aborted(ended)]);
    }
  }

  #onHint(): void {
    this.#hinted = true;
    if (this.#wakesOnHint) this.#wake();
  }

  /** Sleeps until the next poll; a hint ends the sleep, unless the last attempt failed. */
  async #rest(succeeded: boolean): Promise<void> {
    if (succeeded && this.#hinted) return;
    const woken = new AbortController();
    this.#wakesOnHint = succeeded;
    this.#wake = () => woken.abort();
    await this.#clock.sleep(succeeded ? POLL_MS : this.#backoff.next(), woken.signal).catch(() => {});
    this.#wake = () => {};
  }

  /** True if it worked; what failed is logged. */
  async #refresh(): Promise<boolean> {
    this.#hinted = false;
    try {
      await this.#toHead.run();
      this.#backoff.reset();
      return true;
    } catch (error) {
      this.#log.warn('index could not be refreshed', { error: messageOf(error) });
      return false;
    }
  }

  async #readWithin(timeoutMs: number, reason: Reason): Promise<void> {
    try {
      await inTime(this.#clock, timeoutMs, this.#toHead.run());
    } catch (cause) {
      throw unavailable(`${this.name}: the database does not answer`, { reason, cause });
    }
  }

  async #readToHead(): Promise<void> {
    for (let reloads = 0; reloads <= RELOADS_MAX; reloads += 1) {
      const asked = momentOf(this.#clock);
      const from = this.#replica.position ?? (await this.#reload(undefined));
      const read = await this.#collect(from);
      if (read !== undefined) {
        if (read.position.n !== from.n) this.#replica.apply(read.changes, read.position);
        this.#confirmed = asked;
        return;
      }
      this.#log.warn('position left the history, reloading', { epoch: from.epoch, n: from.n });
      await this.#reload(from);
    }
    throw new Error('the history was lost again and again');
  }

  /**
   * All changes up to the head, or undefined when they cannot be had. They are applied together: between pages an
   * item may be newer than the position says, and positions of servers are compared.
   */
  async #collect(
    from: Position,
  ): Promise<{ changes: readonly Change<Item>[]; position: Position } | undefined> {
    const changes: Change<Item>[] = [];
    for (let position = from; changes.length <= COLLECTED_MAX; ) {
      const answer = await this.#feed.changesAfter(position);
      if (answer.kind === 'lost') return undefined;
      changes.push(...answer.changes);
      if (answer.atHead) return { changes, position: answer.position };
      if (answer.position.n <= position.n) throw new Error('the change feed does not advance');
      position = answer.position;
    }
    return undefined;
  }

  async #reload(lost: Position | undefined): Promise<Position> {
    const loading = this.#replica.load();
    const position = await this.#feed.snapshot((items) => loading.add(items), lost);
    loading.install(position);
    return position;
  }
}

/** So that a read that hangs does not hold up stopping. */
const aborted = (signal: AbortSignal): Promise<false> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(false), { once: true });
  });
