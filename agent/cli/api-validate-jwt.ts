/** `api validate jwt`: has the agent validate a JWT-SVID, as a workload would. */
import type { RunCommand } from '../../shared/cli/command.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { toJson } from '../../shared/cli/json.ts';
import { wantsJson } from '../../shared/cli/output.ts';
import { Code, CodedError, withContext } from '../../shared/errors.ts';
import { fromStruct } from '../../shared/rpc/struct.ts';
import { askWorkloadApi } from './ask-workload-api.ts';

export const apiValidateJwt: RunCommand = async (flags, terminal) => {
  const asJson = wantsJson(flags);
  const [audience, svid] = [flags.text('audience'), flags.text('svid')];
  if (audience === '') throw new UsageError('audience must be specified');
  if (svid === '') throw new UsageError('svid must be specified');
  const answer = await askWorkloadApi({ flags, terminal }, (api, signal) =>
    api.validateJwtSvidResponse({ audience, svid }, signal).catch((error: unknown) => {
      throw explained(error);
    }),
  );
  const claims = fromStruct(answer.claims ?? { fields: {} });
  const text = `SVID is valid.\nSPIFFE ID : ${answer.spiffe_id}\nClaims    : ${JSON.stringify(claims)}\n`;
  terminal.out(asJson ? `${toJson({ ...answer, claims })}\n` : text);
  return 0;
};

/** SPIRE's words. */
const explained = (error: unknown): unknown =>
  error instanceof CodedError && error.code === Code.invalidArgument
    ? withContext('SVID is not valid', error)
    : error;
