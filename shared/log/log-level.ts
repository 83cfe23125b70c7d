/** Levels of the log, and the one that is in force while the program runs. Made by `run`, asked by the logger. */

/** SPIRE's, the fewest lines first; nothing here writes lines of the first two. */
export const LOG_LEVELS = ['panic', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The least level that is written. Who holds it can change it: the Logger API, and a reload of the configuration. */
export class LogThreshold {
  #launch: LogLevel;
  #current: LogLevel;

  constructor(launch: LogLevel) {
    this.#launch = launch;
    this.#current = launch;
  }

  get current(): LogLevel {
    return this.#current;
  }

  /** What `reset` goes back to. */
  get launch(): LogLevel {
    return this.#launch;
  }

  set(level: LogLevel): void {
    this.#current = level;
  }

  reset(): void {
    this.#current = this.#launch;
  }

  /** As if it had been started with this level. */
  relaunch(level: LogLevel): void {
    this.#launch = level;
    this.#current = level;
  }

  writes(level: LogLevel): boolean {
    return LOG_LEVELS.indexOf(level) <= LOG_LEVELS.indexOf(this.#current);
  }
}
