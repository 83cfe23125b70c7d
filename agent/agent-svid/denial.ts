/** What a server's PermissionDenied tells an agent about itself (SPIRE: PermissionDeniedDetails). Called by agent.ts. */
import { Code, CodedError } from '../../shared/errors.ts';

/** `attest-again`: the SVID is of no more use, the node may come back. */
export type Denial = 'banned' | 'attest-again';

/** Undefined: this error says nothing of the kind. */
export function denialIn(error: unknown): Denial | undefined {
  if (!(error instanceof CodedError) || error.code !== Code.permissionDenied) return undefined;
  switch (error.reason) {
    case 'AGENT_BANNED':
      return 'banned';
    case 'AGENT_EXPIRED':
    case 'AGENT_NOT_ACTIVE':
    case 'AGENT_NOT_ATTESTED':
    case 'AGENT_MUST_REATTEST':
      return 'attest-again';
    default:
      return undefined;
  }
}
