/** Keeps a file of a JWT-SVID, and the file of the JWT bundles. Made by helper.ts. */
import { utf8 } from '../../shared/bytes.ts';
import type { Clock } from '../../shared/clock.ts';
import { Backoff } from '../../shared/backoff.ts';
import { messageOf, notFound } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Random } from '../../shared/random.ts';
import type { HelperConfig } from './config.ts';
import type { JwtSvidFile } from './config/jwt-svids.ts';
import type { FileStatuses } from './file-statuses.ts';
import { writeTogether } from './write-together.ts';

export interface HelperToken {
  readonly token: string;
  readonly hint: string;
  readonly expiresAt: Date;
}

/** What the helper asks of the Workload API, besides X.509. */
export interface JwtApi {
  fetchTokens(audiences: readonly string[], signal: AbortSignal): Promise<readonly HelperToken[]>;
  /** Trust domain name -> JWKS document, as it came; ends with an error. */
  bundles(signal: AbortSignal): AsyncIterable<ReadonlyMap<string, Uint8Array>>;
}

export interface JwtWriterNeeds {
  readonly config: HelperConfig;
  readonly api: JwtApi;
  readonly statuses: FileStatuses;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RETRY = { initialMs: 1_000, maxMs: 60_000, factor: 2 }; // spiffe-helper's
const SECOND_MS = 1_000;

export class JwtSvidWriter {
  readonly #needs: JwtWriterNeeds;
  readonly #file: JwtSvidFile;

  constructor(needs: JwtWriterNeeds, file: JwtSvidFile) {
    this.#needs = needs;
    this.#file = file;
    needs.statuses.expect(file.fileName);
  }

  /** Gives when it expires. Throws when there is no token, or the file cannot be written. */
  async once(signal: AbortSignal): Promise<Date> {
    const { api, config, log } = this.#needs;
    const { fileName: path, audiences } = this.#file;
    return telling(this.#needs.statuses, path, async () => {
      const tokens = await api.fetchTokens(audiences, signal);
      const found = config.hint === '' ? tokens[0] : tokens.find(({ hint }) => hint === config.hint);
      if (found === undefined) throw notFound(`no JWT-SVID has the hint "${config.hint}"`);
      writeTogether([{ path, bytes: utf8(found.token), mode: config.modes.jwtSvid }], config.owner);
      log.info('a JWT-SVID is written', { path, expiresAt: found.expiresAt });
      return found.expiresAt;
    });
  }

  /** A new one at half of each one's life. Never throws. */
  async follow(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#needs;
    const backoff = new Backoff(random, RETRY);
    while (!signal.aborted) {
      let waitMs = 0;
      try {
        const expiresAt = await this.once(signal);
        backoff.reset();
        waitMs = Math.max(0, expiresAt.getTime() - clock.now().getTime()) / 2 + SECOND_MS;
      } catch (error) {
        waitMs = backoff.next();
        if (!signal.aborted) log.warn('no JWT-SVID; its file stays as it is', { error: messageOf(error) });
      }
      await clock.sleep(waitMs, signal).catch(() => {});
    }
  }
}

export class JwtBundleWriter {
  readonly #needs: JwtWriterNeeds;
  readonly #path: string;

  constructor(needs: JwtWriterNeeds, path: string) {
    this.#needs = needs;
    this.#path = path;
    needs.statuses.expect(path);
  }

  /** Throws when there are none, or the file cannot be written. */
  async once(signal: AbortSignal): Promise<void> {
    await telling(this.#needs.statuses, this.#path, async () => {
      for await (const bundles of this.#needs.api.bundles(signal)) return this.#write(bundles);
      throw notFound('the Workload API has no JWT bundles');
    });
  }

  /** Never throws. */
  async follow(signal: AbortSignal): Promise<void> {
    const { api, clock, random, statuses, log } = this.#needs;
    const backoff = new Backoff(random, RETRY);
    while (!signal.aborted) {
      try {
        for await (const bundles of api.bundles(signal)) {
          await telling(statuses, this.#path, async () => this.#write(bundles));
          backoff.reset();
        }
      } catch (error) {
        if (!signal.aborted)
          log.warn('no news of the JWT bundles; the file stays as it is', { error: messageOf(error) });
      }
      await clock.sleep(backoff.next(), signal).catch(() => {});
    }
  }

  /** spiffe-helper's format: trust domain -> its JWKS document in base64. */
  #write(bundles: ReadonlyMap<string, Uint8Array>): void {
    const { config, log } = this.#needs;
    const encoded = [...bundles].map(([name, jwks]) => [name, Buffer.from(jwks).toString('base64')]);
    const bytes = utf8(JSON.stringify(Object.fromEntries(encoded)));
    if (writeTogether([{ path: this.#path, bytes, mode: config.modes.jwtBundle }], config.owner))
      log.info('JWT bundles are written', { path: this.#path });
  }
}

async function telling<T>(statuses: FileStatuses, what: string, deed: () => Promise<T>): Promise<T> {
  try {
    const result = await deed();
    statuses.tell(what, 'written');
    return result;
  } catch (error) {
    statuses.tell(what, 'failed');
    throw error;
  }
}
