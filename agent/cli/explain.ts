/** `explain`: why a process has, or lacks, an identity. */
import type { ExplainDefinition } from '../../proto/gen/writ/explain/v1/Explain.ts';
import type { ExplainProcessResponseOutput } from '../../proto/gen/writ/explain/v1/ExplainProcessResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { withSocket } from '../../shared/cli/socket.ts';
import { timeoutMsOf } from '../../shared/cli/timeout.ts';
import { LocalClient } from '../../shared/rpc/local/client.ts';
import { adminSocketPath } from './admin-socket.ts';
import { explanationText } from './print-explanation.ts';

export const explain: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const pid = flags.number('pid');
  const timeoutMs = timeoutMsOf(flags);
  if (pid === 0) throw new UsageError('a -pid is needed');
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
  terminal.out(asJson ? `${toJson(response)}\n` : explanationText(pid, response));
  return 0;
};
