/** What to look at when a Workload API cannot be reached: the gRPC library's words are for those who know it. Called by x509-source. */
import { Code, type CodedError, unavailable } from '../errors.ts';

const SIGNS: readonly { readonly sign: RegExp; readonly says: string }[] = [
  {
    sign: /\bconnect ENOENT\b/,
    says: 'there is no such socket; is the agent running, and is that its address?',
  },
  { sign: /\bconnect ECONNREFUSED\b/, says: 'nobody listens there; is the agent running?' },
  { sign: /\bconnect E(?:ACCES|PERM)\b/, says: 'this user may not use that socket' },
];

/** The error again, in words that help where it is one of the well-known. */
export function explainFailure(error: CodedError, address: string): CodedError {
  const found = SIGNS.find(({ sign }) => sign.test(error.message));
  if (error.code !== Code.unavailable || found === undefined) return error;
  return unavailable(`no Workload API at ${address}: ${found.says}`, { cause: error });
}
