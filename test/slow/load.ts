/** A light load on a system: entries are created and deleted all the time, and what was acknowledged is remembered. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../shared/errors.ts';
import { systemRandom } from '../../shared/random.ts';
import type { System } from '../interop/system.ts';

const PAUSE_MS = 20;
const KEPT = 200;
const DELETE_SHARE = 0.3;

export class Load {
  readonly #system: System;
  #isOn = false;
  readonly #kept = new Set<string>();
  readonly #deleted = new Set<string>();
  #done: Promise<void> | undefined;
  #count = 0;
  acknowledged = 0;
  /** Why deeds failed -> how often. */
  failures = new Map<string, number>();

  constructor(system: System) {
    this.#system = system;
  }

  start(): void {
    this.acknowledged = 0;
    this.failures = new Map();
    this.#isOn = true;
    this.#done = this.#run();
  }

  async #run(): Promise<void> {
    while (this.#isOn) {
      await this.#deed().then(
        () => (this.acknowledged += 1),
        (error: unknown) => this.#failed(messageOf(error)),
      );
      await sleep(PAUSE_MS);
    }
  }

  #failed(why: string): void {
    this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
  }

  async #deed(): Promise<void> {
    const [oldest] = this.#kept;
    const isFull = this.#kept.size >= KEPT || systemRandom.fraction() < DELETE_SHARE;
    if (oldest !== undefined && isFull) return this.#delete(oldest);
    this.#count += 1;
    const spiffeId = this.#system.idOf(`/load/${this.#count}`);
    this.#kept.add(await this.#system.register({ spiffeId, selectors: ['unix:uid:4242424'] }));
  }

  /** An entry whose deletion failed may or may not be there: it is forgotten. */
  async #delete(id: string): Promise<void> {
    this.#kept.delete(id);
    await this.#system.admin.deleteEntry(id);
    this.#deleted.add(id);
  }

  async end(): Promise<void> {
    this.#isOn = false;
    await this.#done;
  }

  /** Throws when something that was acknowledged is not so. Call it when the load has ended. */
  async check(): Promise<void> {
    const found = await this.#system.admin.listEntries();
    assert.deepEqual(
      [...this.#kept].filter((id) => !found.has(id)),
      [],
      'acknowledged entries that were lost',
    );
    assert.deepEqual(
      [...this.#deleted].filter((id) => found.has(id)),
      [],
      'deleted entries that came back',
    );
  }
}
