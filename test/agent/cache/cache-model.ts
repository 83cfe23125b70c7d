/**
 * The agent's cache beside a slow model of it, which searches for everything: what is held, given up and asked for. Used by
 * the cache's properties.
 */
import assert from 'node:assert/strict';
import { type AgentEntry, byAge } from '../../../agent/cache/agent-entry.ts';
import type { HeldSvid } from '../../../agent/cache/x509-kind.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { isSubset } from '../../../shared/selectors.ts';
import { type CacheStream, CacheTestbed } from './cache-testbed.ts';

export const LIFE_SECONDS = 100;
export const RENEWAL_SECONDS = 50;
export const ALL = Number.POSITIVE_INFINITY;

interface Stream extends CacheStream {
  readonly traits: ReadonlySet<string>;
}

/** What is known of an entry, as plainly as it can be said. */
interface Known {
  entry: AgentEntry;
  svid: HeldSvid | undefined;
  /** The turn since which it has an SVID that no stream uses. */
  idleSince: number | undefined;
  retryAt: number;
  failures: number;
}

export class CacheModel {
  readonly bed: CacheTestbed;
  readonly maxSvids: number;
  readonly known = new Map<string, Known>();
  readonly streams: Stream[] = [];
  /** SVIDs that may be held: since the server answered last, nobody had to give his up. */
  #bound = 0;
  #turn = 0;

  constructor(maxSvids: number) {
    this.maxSvids = maxSvids;
    this.bed = new CacheTestbed(maxSvids, ({ issuedAt }) => addSeconds(issuedAt, RENEWAL_SECONDS));
  }

  get now(): number {
    return this.bed.clock.now().getTime();
  }

  isUsed({ entry }: Known): boolean {
    return this.streams.some(({ traits }) => isSubset(entry.selectors, traits));
  }

  get cached(): readonly Known[] {
    return [...this.known.values()].filter(({ svid }) => svid !== undefined);
  }

  apply(entries: readonly AgentEntry[]): void {
    this.bed.cache.apply(entries);
    for (const id of this.known.keys()) if (!entries.some((entry) => entry.id === id)) this.known.delete(id);
    for (const entry of entries) {
      const known = this.known.get(entry.id);
      if (known === undefined)
        this.known.set(entry.id, { entry, svid: undefined, idleSince: undefined, retryAt: 0, failures: 0 });
      else if (known.entry !== entry) Object.assign(known, { entry, retryAt: 0 });
    }
    this.bed.cache.syncSucceeded(this.bed.clock.now());
    this.#evict();
  }

  subscribe(traits: readonly string[]): void {
    this.streams.push({ ...this.bed.subscribe(...traits), traits: new Set(traits) });
    this.#nextTurn();
  }

  unsubscribe(at: number): void {
    const [stream] = this.streams.splice(at % Math.max(1, this.streams.length), 1);
    if (stream === undefined) return;
    stream.close();
    stream.close(); // twice is once
    this.#nextTurn();
  }

  sign(limit: number): number {
    const wanted = this.bed.cache.wanted(limit);
    for (const entry of wanted) {
      const known = this.known.get(entry.id) ?? assert.fail(`${entry.id} is gone`);
      Object.assign(known, { svid: this.bed.svidFor(entry, LIFE_SECONDS), retryAt: 0, failures: 0 });
    }
    this.bed.cache.putSvids(
      wanted.map(({ id }) => this.known.get(id)?.svid).filter((svid) => svid !== undefined),
    );
    this.#evict();
    return wanted.length;
  }

  fail(limit: number): void {
    const wanted = this.bed.cache.wanted(limit);
    this.bed.cache.svidsFailed(wanted);
    for (const { id } of wanted) {
      const known = this.known.get(id) ?? assert.fail(`${id} is gone`);
      known.retryAt = this.now + Math.min(5_000 * 2 ** known.failures, 240_000);
      known.failures += 1;
    }
  }

  wait(seconds: number): void {
    this.bed.clock.stall(seconds * 1_000);
    const ids = this.cached
      .filter(({ svid }) => svid !== undefined && svid.expiresAt.getTime() <= this.now)
      .map(({ entry }) => entry.id);
    assert.deepEqual([...this.bed.cache.withdrawExpired()].sort(), ids.sort());
    // what has expired is held for the case that clocks are wrong, which is told elsewhere: here these begin anew
    const entries = [...this.known.values()].map(({ entry }) => entry);
    this.apply(entries.filter(({ id }) => !ids.includes(id)));
    this.apply(entries);
  }

  /** Notes what became idle. */
  #nextTurn(): void {
    this.#turn += 1;
    for (const known of this.known.values()) {
      if (known.svid === undefined || this.isUsed(known)) known.idleSince = undefined;
      else known.idleSince ??= this.#turn;
    }
  }

  /** As many as there have to be have gone, none before one that was idle longer; of the same turn it may be any. */
  #evict(): void {
    this.#nextTurn();
    const idle = this.cached.filter(({ idleSince }) => idleSince !== undefined);
    const surplus = Math.max(0, Math.min(this.cached.length - this.maxSvids, idle.length));
    const isHeld = new Map(
      this.bed.cache.snapshot().map(({ entry, svid }) => [entry.id, svid !== undefined]),
    );
    const gone = idle.filter(({ entry }) => isHeld.get(entry.id) === false);
    assert.equal(gone.length, surplus);
    const since = (some: readonly Known[]): readonly number[] => some.map(({ idleSince }) => idleSince ?? 0);
    const left = idle.filter((known) => !gone.includes(known));
    assert.ok(
      Math.max(0, ...since(gone)) <= Math.min(ALL, ...since(left)),
      'one that was used later has gone',
    );
    for (const known of gone) Object.assign(known, { svid: undefined, idleSince: undefined });
    this.#bound = Math.max(this.maxSvids, this.cached.filter((known) => this.isUsed(known)).length);
  }

  expectedWanted(): readonly string[] {
    const all = [...this.known.values()].filter(({ retryAt }) => retryAt <= this.now);
    const isDue = ({ svid }: Known): boolean =>
      svid !== undefined && svid.issuedAt.getTime() + RENEWAL_SECONDS * 1_000 <= this.now;
    const needed = all.filter(
      (known) =>
        (this.isUsed(known) && known.svid?.entry !== known.entry) ||
        (known.svid !== undefined && (known.svid.entry !== known.entry || isDue(known))),
    );
    return needed.map(({ entry }) => entry.id).sort();
  }

  check(): void {
    const { cache } = this.bed;
    const held = cache.snapshot();
    assert.equal(held.length, this.known.size);
    assert.deepEqual(
      held.flatMap(({ entry, svid }) => (svid === undefined ? [] : [entry.id])).sort(),
      this.cached.map(({ entry }) => entry.id).sort(),
    );
    assert.equal(cache.svidCount, this.cached.length);
    const inUse = this.cached.filter((known) => this.isUsed(known)).length;
    assert.ok(this.cached.length <= Math.max(this.#bound, inUse), 'more are held than were ever in use');
    this.#checkWanted();
  }

  #checkWanted(): void {
    const wanted = this.bed.cache.wanted(ALL).map(({ id }) => id);
    assert.equal(new Set(wanted).size, wanted.length);
    const expected = this.expectedWanted();
    const prefetched = wanted.filter((id) => !expected.includes(id));
    assert.deepEqual(wanted.filter((id) => expected.includes(id)).sort(), expected);
    const urgent = expected.filter((id) => {
      const known = this.known.get(id) ?? assert.fail();
      return this.isUsed(known) && known.svid?.entry !== known.entry;
    });
    assert.deepEqual(wanted.slice(0, urgent.length).sort(), urgent, 'who waits comes first');
    const may = [...this.known.values()].filter(
      (known) =>
        known.svid === undefined &&
        !known.entry.disableX509SvidPrefetch &&
        !this.isUsed(known) &&
        known.retryAt <= this.now,
    );
    const room = Math.max(0, this.maxSvids - this.cached.length - urgent.length);
    assert.equal(prefetched.length, Math.min(room, may.length));
    assert.ok(prefetched.every((id) => may.some(({ entry }) => entry.id === id)));
  }

  /** Signs whatever is wanted, for as long as something is; every stream then has just what matches. */
  async serve(): Promise<void> {
    this.wait(250); // whatever failed is tried again
    for (let times = 0; this.sign(3) > 0; times += 1) assert.ok(times < 1_000, 'it never has enough');
    await new Promise((resolve) => setImmediate(resolve));
    for (const stream of this.streams) {
      const matches = [...this.known.values()].filter(({ entry }) =>
        isSubset(entry.selectors, stream.traits),
      );
      const expected = matches.map(({ entry }) => entry).sort(byAge);
      assert.deepEqual(
        stream.ids(),
        expected.map(({ id }) => id),
      );
    }
  }

  leave(): void {
    while (this.streams.length > 0) this.unsubscribe(0);
    this.apply([]);
    const { cache } = this.bed;
    assert.equal(cache.svidCount, 0);
    assert.deepEqual(cache.snapshot(), []);
    assert.deepEqual(cache.wanted(ALL), []);
    assert.equal(cache.nextExpiry, undefined);
  }
}
