/** Keeps the X.509 files as the Workload API says, and tells processes of each change. Made by helper.ts. */
import type { WorkloadApi } from '../../shared/client/workload-api.ts';
import type { X509Context } from '../../shared/client/x509-context.ts';
import type { Clock } from '../../shared/clock.ts';
import { type CodedError, messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { HelperConfig } from './config.ts';
import type { X509Files } from './config/file-fields.ts';
import type { FileStatuses } from './file-statuses.ts';
import { writeTogether } from './write-together.ts';
import { x509Files } from './x509-files.ts';

export interface X509WriterNeeds {
  readonly config: HelperConfig;
  readonly names: X509Files;
  readonly workloadApi: Pick<WorkloadApi, 'fetchX509Context' | 'watchX509Context'>;
  readonly statuses: FileStatuses;
  /** After each change of the files, and once when they are there at first. */
  readonly onChange: () => Promise<void>;
  readonly clock: Clock;
  readonly log: Logger;
}

export const X509 = 'x509';

export class X509Writer {
  readonly #needs: X509WriterNeeds;
  #isFirst = true;
  #next: X509Context | undefined;
  #working: Promise<void> | undefined;

  constructor(needs: X509WriterNeeds) {
    this.#needs = needs;
    needs.statuses.expect(X509);
  }

  /** Throws when there is no SVID, or a file cannot be written. */
  async once(signal: AbortSignal): Promise<void> {
    this.#write(await this.#needs.workloadApi.fetchX509Context(signal));
  }

  /** Until the signal aborts. Throws only what no later try can mend (SPIFFE_Workload_Endpoint 6). */
  async follow(signal: AbortSignal): Promise<void> {
    const { workloadApi, log } = this.#needs;
    const onError = ({ message }: CodedError): void =>
      log.warn('no news of the X.509-SVID; the files stay as they are', { error: message });
    await workloadApi.watchX509Context({ onUpdate: (context) => this.#take(context), onError }, signal);
    await this.#working;
  }

  /** One after the other, and of several that wait only the last. */
  #take(context: X509Context): void {
    this.#next = context;
    this.#working ??= this.#work();
  }

  async #work(): Promise<void> {
    while (this.#next !== undefined) {
      const context = this.#next;
      this.#next = undefined;
      await this.#renew(context);
    }
    this.#working = undefined; // in the same turn as the last look, so that nothing comes between
  }

  async #renew(context: X509Context): Promise<void> {
    const { log, onChange } = this.#needs;
    try {
      const hasChanged = this.#write(context);
      if (!hasChanged && !this.#isFirst) return;
      this.#isFirst = false;
      await onChange();
    } catch (error) {
      log.error('the X.509 files could not be renewed', { error: messageOf(error) });
    }
  }

  #write(context: X509Context): boolean {
    const { config, names, statuses, clock, log } = this.#needs;
    try {
      const hasChanged = writeTogether(
        x509Files(context, { ...config, names, at: clock.now() }),
        config.owner,
      );
      statuses.tell(X509, 'written');
      if (hasChanged) log.info('X.509 files are written', { id: context.identities[0]?.svid.id.toString() });
      return hasChanged;
    } catch (error) {
      statuses.tell(X509, 'failed');
      throw error;
    }
  }
}
