/**
 * A load on a system: writers create, change and delete entries all the time, each of which the agent has an SVID signed
 * for and renewed within seconds; a reader fetches SVIDs. What was acknowledged is remembered.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WorkloadApiClient } from '../../shared/client/index.ts';
import { messageOf } from '../../shared/errors.ts';
import type { System } from '../interop/system.ts';

const PAUSE_MS = 20;
const FETCH_PAUSE_MS = 50;
const KEPT = 60;
/** At half of it the agent has a new one signed: two a second for each hundred entries that there are. */
const TTL_SECONDS = 60;
const WRITERS = 2;
const FOLDER = '/load/';

export class Load {
  readonly #system: System;
  readonly #writers: readonly Writer[];
  #isOn = false;
  #done: Promise<unknown> = Promise.resolve();
  /** Of writers. */
  acknowledged = 0;
  fetches = 0;
  /** Why deeds failed -> how often. */
  failures = new Map<string, number>();

  constructor(system: System, chance: () => number) {
    this.#system = system;
    this.#writers = Array.from({ length: WRITERS }, (_, at) => new Writer(system, `writer-${at}`, chance));
  }

  start(): void {
    this.acknowledged = 0;
    this.fetches = 0;
    this.failures = new Map();
    this.#isOn = true;
    this.#done = Promise.all([...this.#writers.map((writer) => this.#write(writer)), this.#fetch()]);
  }

  async #write(writer: Writer): Promise<void> {
    while (this.#isOn) {
      await writer.deed().then(
        () => (this.acknowledged += 1),
        (error: unknown) => this.#failed(messageOf(error)),
      );
      await sleep(PAUSE_MS);
    }
  }

  async #fetch(): Promise<void> {
    const client = new WorkloadApiClient({ address: this.#system.workloadApi });
    try {
      while (this.#isOn) {
        await client.fetchX509Context(AbortSignal.timeout(5_000)).then(
          () => (this.fetches += 1),
          (error: unknown) => this.#failed(`fetch: ${messageOf(error)}`),
        );
        await sleep(FETCH_PAUSE_MS);
      }
    } finally {
      client.close();
    }
  }

  #failed(why: string): void {
    const short = why.replace(/ Last error:.*$/s, '');
    this.failures.set(short, (this.failures.get(short) ?? 0) + 1);
  }

  async end(): Promise<void> {
    this.#isOn = false;
    await this.#done;
  }

  /**
   * Throws when something that was acknowledged is not so. Removes what came of creations that nobody acknowledged. Call
   * it when the load has ended.
   */
  async check(): Promise<void> {
    const found = await this.#system.admin.listEntries();
    const kept = this.#writers.flatMap((writer) => [...writer.kept]);
    const wrong = kept.filter(([id, spiffeId]) => (found.get(id) ?? '') !== (spiffeId ?? found.get(id)));
    assert.deepEqual(wrong, [], 'acknowledged entries that were lost, or changes of them');
    const deleted = this.#writers.flatMap((writer) => writer.takeDeleted());
    const back = deleted.filter((id) => found.has(id));
    assert.deepEqual(back, [], 'deleted entries that came back');
    await this.#removeOthers(found, new Map(kept));
  }

  async #removeOthers(found: ReadonlyMap<string, string>, kept: ReadonlyMap<string, unknown>): Promise<void> {
    const prefix = this.#system.idOf(FOLDER);
    for (const [id, spiffeId] of found)
      if (spiffeId.startsWith(prefix) && !kept.has(id)) await this.#system.admin.deleteEntry(id);
  }

  /** IDs of acknowledged creations, in their order, for each writer; each is told once. */
  takeCreated(): readonly (readonly string[])[] {
    return this.#writers.map((writer) => writer.takeCreated());
  }
}

/** One deed after the other. */
class Writer {
  readonly #system: System;
  readonly #name: string;
  readonly #chance: () => number;
  /** ID -> SPIFFE ID; undefined where it is not known how the last change went. */
  readonly kept = new Map<string, string | undefined>();
  #created: string[] = [];
  #deleted: string[] = [];
  #count = 0;

  constructor(system: System, name: string, chance: () => number) {
    this.#system = system;
    this.#name = name;
    this.#chance = chance;
  }

  async deed(): Promise<void> {
    const [oldest] = this.kept.keys();
    const dice = this.#chance();
    if (oldest !== undefined && (this.kept.size >= KEPT || dice < 0.3)) return this.#delete(oldest);
    if (oldest !== undefined && dice < 0.5) return this.#update(oldest);
    return this.#create();
  }

  async #create(): Promise<void> {
    const spiffeId = this.#nextId();
    const id = await this.#system.register(entryOf(spiffeId));
    this.kept.set(id, spiffeId);
    this.#created.push(id);
  }

  async #update(id: string): Promise<void> {
    const spiffeId = this.#nextId();
    this.kept.set(id, undefined);
    await this.#system.admin.updateEntry(id, { ...entryOf(spiffeId), parentId: this.#system.nodeId });
    this.kept.set(id, spiffeId);
  }

  #nextId(): string {
    this.#count += 1;
    return this.#system.idOf(`${FOLDER}${this.#name}/${this.#count}`);
  }

  /** An entry whose deletion failed may or may not be there: it is forgotten. */
  async #delete(id: string): Promise<void> {
    this.kept.delete(id);
    await this.#system.admin.deleteEntry(id);
    this.#deleted.push(id);
  }

  takeCreated(): readonly string[] {
    return this.#created.splice(0);
  }

  takeDeleted(): readonly string[] {
    return this.#deleted.splice(0);
  }
}

/** Of a user that nobody is: the agent has SVIDs for it, and no workload gets them. */
const entryOf = (spiffeId: string) => ({
  spiffeId,
  selectors: ['unix:uid:4242424'],
  x509SvidTtlSeconds: TTL_SECONDS,
});
