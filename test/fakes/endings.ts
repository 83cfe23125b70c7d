/** What is to be done after a suite, where what is set up in its `before` outlives the hook. */
import type { Ending } from './database.ts';

export class Endings implements Ending {
  readonly #deeds: (() => Promise<void> | void)[] = [];

  after(deed: () => Promise<void> | void): void {
    this.#deeds.push(deed);
  }

  /** Last first. */
  async end(): Promise<void> {
    for (const deed of this.#deeds.splice(0).reverse()) await deed();
  }
}
