/** What became of a batch of one. Used by commands that set or delete one thing. */
import type { StatusOutput } from '../../proto/gen/spire/api/types/Status.ts';
import type { Terminal } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { isOk } from './status-text.ts';

interface Answer {
  readonly results: readonly { readonly status: StatusOutput | null }[];
}

export interface Told {
  readonly asJson: boolean;
  /** Printed when it went well. */
  readonly done: string;
  /** Stands before the reason when it did not. */
  readonly failed: string;
}

/** The exit code: as with entry-results, also with JSON output it says whether it went well. */
export function tellOnlyResult(answer: Answer, { asJson, done, failed }: Told, terminal: Terminal): number {
  const [result] = answer.results;
  const isDone = result !== undefined && isOk(result);
  if (asJson) terminal.out(`${toJson(answer)}\n`);
  else if (isDone) terminal.out(`${done}\n`);
  if (!isDone) terminal.err(`Error: ${failed}: ${result?.status?.message ?? 'no answer'}\n`);
  return isDone ? 0 : 1;
}
