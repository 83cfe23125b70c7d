/** `api fetch x509`: the first answer of FetchX509SVID, printed or written to files. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { readX509Context, type X509Context } from '../../shared/client/x509-context.ts';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import { askWorkloadApi, firstOf } from './ask-workload-api.ts';
import { printX509 } from './print-x509.ts';
import { writeX509 } from './write-x509.ts';

export const apiFetchX509: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const isSilent = flags.is('silent');
  const startedMs = monotonicMs();
  const response = await askWorkloadApi({ flags, terminal }, (api, signal) =>
    firstOf(api.x509SvidResponses(signal)),
  );
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

/** Throws when an SVID would be refused by those who trust the bundle that came with it. */
function checkVerifies({ identities, bundles }: X509Context): void {
  for (const { chain } of identities) {
    verifyX509Svid({ chain, authorities: ({ name }) => bundles.get(name), at: systemClock.now() });
  }
}
