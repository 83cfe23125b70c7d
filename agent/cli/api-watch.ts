/** `api watch`: follows FetchX509SVID until it is interrupted, also over restarts of the agent. */
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { checkSocket } from '../../shared/cli/socket.ts';
import type { Watcher } from '../../shared/client/watch-stream.ts';
import type { X509Context } from '../../shared/client/x509-context.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { Code, type CodedError } from '../../shared/errors.ts';
import { socketPath } from './agent-socket.ts';
import { printX509 } from './print-x509.ts';
import { workloadApi } from './workload-api.ts';

export const apiWatch: RunCommand = async (flags, terminal) => {
  const path = checkSocket({
    path: socketPath(flags, terminal),
    flag: 'socketPath',
    program: terminal.program,
  });
  const over = new AbortController();
  await workloadApi(path).watchX509Context(printer(terminal, over), over.signal);
  throw over.signal.reason;
};

/** Prints every update, and an error once as long as it stays the same. */
function printer(terminal: Terminal, over: AbortController): Watcher<X509Context> {
  let sinceMs = monotonicMs();
  let lastError = '';
  return {
    onUpdate: (context) => {
      lastError = '';
      const tookMs = monotonicMs() - sinceMs;
      sinceMs = monotonicMs();
      try {
        terminal.out(printX509(context, tookMs));
      } catch (error) {
        over.abort(error);
      }
    },
    onError: (error) => {
      if (!isFinal(error) && error.message !== lastError)
        terminal.err(`Warning: ${error.message}; trying again\n`);
      lastError = error.message;
    },
  };
}

/** After these the client gives up, and throws them. */
const isFinal = ({ code }: CodedError): boolean =>
  code === Code.invalidArgument || code === Code.unimplemented;
