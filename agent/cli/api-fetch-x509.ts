/** `api fetch x509`: the first answer of FetchX509SVID, printed or written to files. */
import type { X509SVIDResponseOutput } from '../../proto/gen/X509SVIDResponse.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import type { Flags } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { checkSocket, inWords } from '../../shared/cli/socket.ts';
import { readX509Context, type X509Context } from '../../shared/client/x509-context.ts';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import { workloadSocket } from './agent-socket.ts';
import { printX509 } from './print-x509.ts';
import { workloadApi } from './workload-api.ts';
import { writeX509 } from './write-x509.ts';

export const apiFetchX509: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const isSilent = flags.is('silent');
  const startedMs = monotonicMs();
  const response = await fetchOnce(flags, terminal);
  const tookMs = monotonicMs() - startedMs;
  const context = readX509Context(response);
  checkVerifies(context);
  if (!isSilent) terminal.out(asJson ? `${toJson(response)}\n` : printX509(context, tookMs));
  if (flags.has('write')) {
    const say = (line: string): void => (isSilent || asJson ? undefined : terminal.out(line));
    writeX509(context, flags.text('write'), say);
  }
  return 0;
};

async function fetchOnce(flags: Flags, terminal: Terminal): Promise<X509SVIDResponseOutput> {
  const socket = workloadSocket(flags, terminal);
  const api = workloadApi(checkSocket(socket));
  const timeout = AbortSignal.timeout(socket.timeoutMs);
  try {
    for await (const response of api.x509SvidResponses(timeout)) return response;
    throw new Error('the agent ended the stream without an answer');
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

/** Throws when an SVID would be refused by those who trust the bundle that came with it. */
function checkVerifies({ identities, bundles }: X509Context): void {
  for (const { chain } of identities) {
    verifyX509Svid({ chain, authorities: ({ name }) => bundles.get(name), at: systemClock.now() });
  }
}
