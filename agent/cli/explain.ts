/** `explain`: why a process has, or lacks, an identity; without a pid, why this command itself would. */
import type { ExplainDefinition } from '../../proto/gen/writ/explain/v1/Explain.ts';
import type { ExplainProcessResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';
import type { ExplainSelfDefinition } from '../../proto/gen/writ/explain/v1/ExplainSelf.ts';
import type { ExplainSelfResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainSelfResponse.ts';
import type { RunCommand, Terminal } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { timeoutMsOf } from '../../shared/cli/timeout.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import { adminSocketPath } from './admin-socket.ts';
import { workloadSocket } from './agent-socket.ts';
import { explanationText } from './print-explanation.ts';
import { ownExplanationText } from './print-own-explanation.ts';

export const explain: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const [response, text] = flags.has('pid')
    ? await ofProcess(flags, terminal)
    : await ofThisCommand(flags, terminal);
  terminal.out(asJson ? `${toJson(response)}\n` : text);
  return 0;
};

/** As the agent sees it: from the admin socket. */
async function ofProcess(flags: Flags, terminal: Terminal): Promise<readonly [object, string]> {
  const pid = flags.number('pid');
  if (pid === 0) throw new UsageError('a -pid is above 0');
  const timeoutMs = timeoutMsOf(flags);
  const path = await adminSocketPath(flags, terminal);
  const response = await withSocket<ExplainProcessResponseOutput>(
    { path, flag: 'adminSocketPath', program: terminal.program, timeoutMs },
    (absolute) =>
      new LocalClient<ExplainDefinition>('writ.explain.v1.Explain', absolute).unary(
        'ExplainProcess',
        { pid },
        { timeoutMs },
      ),
  );
  return [response, explanationText(pid, response)];
}

/** As any workload may ask: from the Workload API's socket. */
async function ofThisCommand(flags: Flags, terminal: Terminal): Promise<readonly [object, string]> {
  for (const name of ['adminSocketPath', 'config'])
    if (flags.has(name)) throw new UsageError(`-${name} is for explaining another process: give its -pid`);
  const socket = workloadSocket(flags, terminal);
  const { timeoutMs } = socket;
  const response = await withSocket<ExplainSelfResponseOutput>(socket, (absolute) =>
    new LocalClient<ExplainSelfDefinition>('writ.explain.v1.ExplainSelf', absolute).unary(
      'ExplainSelf',
      {},
      { timeoutMs, metadata: { 'workload.spiffe.io': 'true' } },
    ),
  );
  return [response, ownExplanationText(response)];
}
