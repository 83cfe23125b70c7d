/** `api fetch x509`: the first answer of FetchX509SVID, printed or written to files. */
import { monotonicMs } from '../../shared/clock.ts';
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { openSocket } from '../../shared/cli/socket.ts';
import { WorkloadApiClient } from '../../shared/client/workload-api-client.ts';
import { readX509Context } from '../../shared/client/x509-context.ts';
import { parseDurationSeconds } from '../../shared/config/duration.ts';
import { messageOf } from '../../shared/errors.ts';
import { socketPath, wantsJson } from './agent-socket.ts';
import { printX509 } from './print-x509.ts';
import { writeX509 } from './write-x509.ts';

export const apiFetchX509: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const startedMs = monotonicMs();
  const response = await fetchOnce(socketPath(flags, terminal), timeoutOf(flags));
  const isSilent = flags.is('silent');
  if (asJson) terminal.out(`${toJson(response)}\n`);
  else if (!isSilent) terminal.out(printX509(response, monotonicMs() - startedMs));
  if (flags.has('write'))
    writeX509(readX509Context(response), { directory: flags.text('write'), isSilent }, terminal);
  return 0;
};

function timeoutOf(flags: Flags): number {
  try {
    return parseDurationSeconds(flags.text('timeout')) * 1_000;
  } catch (error) {
    throw new UsageError(`-timeout: ${messageOf(error)}`);
  }
}

async function fetchOnce(path: string, timeoutMs: number): Promise<X509SVIDResponseOutput> {
  openSocket({ owner: 'agent', path }).close(); // says what is wrong with the socket before gRPC would
  const client = new WorkloadApiClient({ address: `unix:${path}` });
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    for await (const response of client.x509SvidResponses(timeout)) return response;
    throw new Error('the agent ended the stream without an answer');
  } catch (error) {
    throw timeout.aborted
      ? new Error(`no answer from the agent within ${timeoutMs / 1_000} s`)
      : hinted(error);
  } finally {
    client.close();
  }
}

function hinted(error: unknown): Error {
  const message = messageOf(error);
  const hint = message.includes('no identity issued')
    ? `\nNo registration entry matches this process. To see why: writ agent explain -pid ${process.pid} (while it runs), or give the PID of your workload`
    : '';
  return new Error(message + hint, { cause: error });
}
