/** Which files are written: what the helper's probes answer. Made by helper.ts; told by the writers. */
import type { HealthAnswer, HealthQuestion } from '../../shared/health/checks.ts';

type Status = 'unwritten' | 'written' | 'failed';

/** spiffe-helper's rules: live unless the last write of something failed, ready once everything is written. */
export class FileStatuses {
  readonly #statuses = new Map<string, Status>();

  expect(what: string): void {
    this.#statuses.set(what, 'unwritten');
  }

  tell(what: string, status: 'written' | 'failed'): void {
    this.#statuses.set(what, status);
  }

  get isReady(): boolean {
    return [...this.#statuses.values()].every((status) => status === 'written');
  }

  answer(question: HealthQuestion): HealthAnswer {
    const isLive = ![...this.#statuses.values()].includes('failed');
    return {
      isHealthy: question === 'isReady' ? this.isReady : isLive,
      details: { file_write_statuses: Object.fromEntries(this.#statuses) },
    };
  }
}
