/**
 * Wakes readers on NOTIFY, over one connection of its own. A hint only: readers also poll. Behind a transaction pooler
 * nothing arrives, and nothing breaks. Made by open.ts; used by changes.ts and bundles.ts.
 */
import type { ClientConfig } from 'pg';
import { Client } from 'pg';
import { Backoff } from '../../shared/backoff.ts';
import type { Clock } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';

export interface HintsOptions {
  readonly client: ClientConfig;
  readonly channels: readonly string[];
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RECONNECT = { initialMs: 500, maxMs: 30_000 };
const LISTEN_TIMEOUT_MS = 10_000;

export class Hints {
  readonly #options: HintsOptions;
  readonly #listeners = new Map<string, Set<() => void>>();
  readonly #abort = new AbortController();
  #client: Client | undefined;
  #loop: Promise<void> = Promise.resolve();

  constructor(options: HintsOptions) {
    this.#options = options;
  }

  /** Listens, and reconnects when the connection ends; resolves once the first attempt was made. */
  async start(): Promise<void> {
    const first = this.#listen();
    await first.ready;
    this.#loop = this.#follow(first.ended);
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'));
    await this.#client?.end().catch(() => {});
    await this.#loop;
  }

  /** Calls back on every notification of the channel, and after a reconnect. Returns the way to stop. */
  on(channel: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(channel) ?? new Set();
    this.#listeners.set(channel, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  async #follow(firstEnded: Promise<void>): Promise<void> {
    const { clock, random } = this.#options;
    const backoff = new Backoff(random, RECONNECT);
    for (let ended = firstEnded; ; ) {
      await ended;
      const isStopping = await clock.sleep(backoff.next(), this.#abort.signal).then(
        () => false,
        () => true,
      );
      if (isStopping) return;
      const next = this.#listen();
      if (await next.ready) backoff.reset();
      for (const channel of this.#options.channels) this.#wake(channel);
      ended = next.ended;
    }
  }

  /** `ready` never rejects: true once the channels are listened to; `ended` resolves when the connection is gone. */
  #listen(): { ready: Promise<boolean>; ended: Promise<void> } {
    const client = new Client({ ...this.#options.client, query_timeout: LISTEN_TIMEOUT_MS });
    this.#client = client;
    const ended = new Promise<void>((resolve) => {
      client.once('end', () => resolve());
      client.once('error', () => resolve());
    });
    client.on('error', (error) =>
      this.#options.log.debug('notification connection ended', { reason: messageOf(error) }),
    );
    client.on('notification', ({ channel }) => this.#wake(channel));
    const ready = this.#subscribe(client).catch(async (error: unknown) => {
      this.#options.log.debug('cannot listen for notifications', { reason: messageOf(error) });
      await client.end().catch(() => {});
      return false;
    });
    return { ready, ended: Promise.race([ended, ready.then((ok) => (ok ? ended : undefined))]) };
  }

  async #subscribe(client: Client): Promise<boolean> {
    await client.connect();
    for (const channel of this.#options.channels)
      await client.query(`listen ${client.escapeIdentifier(channel)}`);
    return !this.#abort.signal.aborted;
  }

  #wake(channel: string): void {
    for (const listener of this.#listeners.get(channel) ?? []) listener();
  }
}
