/** `api fetch jwt`: JWT-SVIDs for some audience, and the bundles to validate others with. */
import type { JWTBundlesResponseOutput } from '../../proto/gen/JWTBundlesResponse.ts';
import type { JWTSVIDResponseOutput } from '../../proto/gen/JWTSVIDResponse.ts';
import type { RunCommand } from '../../shared/cli/command.ts';
import { type Flags, UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { printable } from '../../shared/cli/printable.ts';
import { messageOf } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { askWorkloadApi, firstOf } from './ask-workload-api.ts';

export const apiFetchJwt: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags, flags.has('format') ? 'format' : 'output');
  const audience = audienceOf(flags);
  const id = idOf(flags);
  const answers = await askWorkloadApi({ flags, terminal }, async (api, signal) => ({
    bundles: await firstOf(api.jwtBundlesResponses(signal)),
    svids: await api.jwtSvidResponse({ audience, id, signal }),
  }));
  const { svids, bundles } = answers;
  terminal.out(asJson ? `[${toJson(svids)},${toJson(bundles)}]\n` : print(svids, bundles));
  return 0;
};

/** Throws UsageError on what is none. */
function idOf(flags: Flags): SpiffeId | undefined {
  const text = flags.text('spiffeID');
  try {
    return text === '' ? undefined : SpiffeId.parse(text);
  } catch (error) {
    throw new UsageError(`-spiffeID: ${messageOf(error)}`);
  }
}

/** Commas separate, as with SPIRE; given more than once, all of them count. */
function audienceOf(flags: Flags): string[] {
  const audience = flags.list('audience').flatMap((text) => text.split(','));
  if (audience.length === 0) throw new UsageError('audience must be specified');
  return audience;
}

const print = ({ svids }: JWTSVIDResponseOutput, { bundles }: JWTBundlesResponseOutput): string =>
  [
    ...svids.flatMap(({ spiffe_id: id, svid, hint }) => [
      `token(${printable(id)}):\n\t${printable(svid)}\n`,
      ...(hint === '' ? [] : [`hint(${printable(id)}):\n\t${printable(hint)}\n`]),
    ]),
    ...Object.keys(bundles)
      .sort()
      .map((id) => `bundle(${printable(id)}):\n\t${bundles[id]?.toString() ?? ''}\n`),
  ].join('');
