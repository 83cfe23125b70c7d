/** One call of a command to the Workload API: its socket, its time limit, and what went wrong in words. Called by the api-* commands. */
import type { Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { checkSocket, inWords } from '../../shared/cli/socket.ts';
import type { WorkloadApi } from '../../shared/client/workload-api.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { workloadSocket } from './agent-socket.ts';
import { workloadApi } from './workload-api.ts';

/** Rejects with what to do where the socket is dead or silent, and with where to learn more where there is no identity. */
export async function askWorkloadApi<T>(
  { flags, terminal }: { readonly flags: Flags; readonly terminal: Terminal },
  ask: (api: WorkloadApi, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const socket = workloadSocket(flags, terminal);
  const api = workloadApi(checkSocket(socket));
  const timeout = AbortSignal.timeout(socket.timeoutMs);
  try {
    return await ask(api, timeout);
  } catch (error) {
    if (timeout.aborted) throw inWords(new CodedError(Code.deadlineExceeded, 'timeout'), socket);
    throw inWords(hinted(error, terminal.program), socket);
  }
}

function hinted(error: unknown, program: string): unknown {
  if (!(error instanceof CodedError) || !error.message.includes('no identity issued')) return error;
  const hint = `'${program} explain -pid PID' tells what a process lacks`;
  return new CodedError(error.code, `${error.message}; ${hint}`, { cause: error });
}

/** Rejects when the stream ends without one. */
export async function firstOf<T>(stream: AsyncIterable<T>): Promise<T> {
  for await (const message of stream) return message;
  throw new Error('the agent ended the stream without an answer');
}
