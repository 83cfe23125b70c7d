/**
 * Reads the configuration again while the program runs: what can be changed now is, the rest is named. Made by `run` of
 * either program, which calls it on SIGHUP.
 */
import { messageOf } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { FileKeys } from './file-keys.ts';
import type { Loaded } from './load.ts';

/** Something that a running program takes another value of. */
export interface ReloadablePart<T> {
  /** The key, or the block, from the top of the file: `server.log_level`. */
  readonly key: string;
  /** Called when its key says something else than what was taken last. A throw leaves it as it is. */
  take(config: T): Promise<void>;
}

export interface ConfigReloadNeeds<T> {
  /** What the program was started with. */
  readonly loaded: Loaded<T>;
  /** Reads and checks everything again; throws with every fault. */
  readonly load: () => Loaded<T>;
  readonly parts: readonly ReloadablePart<T>[];
  /** Keys that flags stand above: what the file says of them changes nothing. */
  readonly overridden: readonly string[];
  readonly log: Logger;
}

export class ConfigReload<T> {
  readonly #needs: ConfigReloadNeeds<T>;
  /** The file as it was when a part last took its value. */
  readonly #taken: Map<ReloadablePart<T>, FileKeys>;
  #running: Promise<void> = Promise.resolve();

  constructor(needs: ConfigReloadNeeds<T>) {
    this.#needs = needs;
    this.#taken = new Map(needs.parts.map((part) => [part, needs.loaded.keys]));
  }

  /** One at a time. Never rejects: what went wrong is logged, and what was in force stays so. */
  reload(): Promise<void> {
    this.#running = this.#running.then(() => this.#reload());
    return this.#running;
  }

  async #reload(): Promise<void> {
    const { load, log } = this.#needs;
    let next: Loaded<T>;
    try {
      next = load();
    } catch (error) {
      log.error('configuration not reloaded: what was in force stays so', { error: messageOf(error) });
      return;
    }
    for (const warning of next.warnings) log.warn('configuration', { warning });
    const taken: string[] = [];
    for (const part of this.#needs.parts) if (await this.#takeIfChanged(part, next)) taken.push(part.key);
    this.#tell(taken, this.#needingRestart(next.keys));
  }

  async #takeIfChanged(part: ReloadablePart<T>, { config, keys }: Loaded<T>): Promise<boolean> {
    const before = this.#taken.get(part) ?? this.#needs.loaded.keys;
    if (!this.#changed(before, keys).some((key) => isOf(part, key))) return false;
    try {
      await part.take(config);
      this.#taken.set(part, keys);
      return true;
    } catch (error) {
      this.#needs.log.error('part of the configuration not reloaded: what was in force stays so', {
        key: part.key,
        error: messageOf(error),
      });
      return false;
    }
  }

  /** Those that differ from the start: they count again only after a restart, however often the file is read. */
  #needingRestart(keys: FileKeys): readonly string[] {
    const { parts, loaded } = this.#needs;
    return this.#changed(loaded.keys, keys).filter((key) => !parts.some((part) => isOf(part, key)));
  }

  #changed(before: FileKeys, after: FileKeys): readonly string[] {
    return after.changedSince(before).filter((key) => !this.#needs.overridden.includes(key));
  }

  #tell(taken: readonly string[], needingRestart: readonly string[]): void {
    const { log } = this.#needs;
    log.info('configuration reloaded', { changed: taken });
    if (needingRestart.length > 0)
      log.warn('configuration changed where only a restart helps', { keys: needingRestart });
  }
}

const isOf = ({ key }: Pick<ReloadablePart<unknown>, 'key'>, changed: string): boolean =>
  changed === key || changed.startsWith(`${key}.`);
