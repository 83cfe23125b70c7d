/** What a server's PermissionDenied tells an agent about itself (SPIRE: PermissionDeniedDetails). Called by agent.ts. */
import { Code, CodedError } from '../../shared/errors.ts';

/** The agent's own SVID. */
export interface HeldUntil {
  readonly expiresAt: Date;
}

/** `attest-again`: the SVID is of no more use, the node may come back. */
export type Denial = 'banned' | 'attest-again';

/**
 * Undefined: this error says nothing of the kind. Nor does it where the server takes for expired what is valid by our own
 * clock: one of the clocks is wrong, and may be set right.
 */
export function denialIn(error: unknown, svid: HeldUntil | undefined, at: Date): Denial | undefined {
  if (!(error instanceof CodedError) || error.code !== Code.permissionDenied) return undefined;
  switch (error.reason) {
    case 'AGENT_BANNED':
      return 'banned';
    case 'AGENT_EXPIRED':
      return isClockApart(error, svid, at) ? undefined : 'attest-again';
    case 'AGENT_NOT_ACTIVE':
    case 'AGENT_NOT_ATTESTED':
    case 'AGENT_MUST_REATTEST':
      return 'attest-again';
    default:
      return undefined;
  }
}

/** Whether the server takes for expired what is valid by our own clock. */
export const isClockApart = (error: unknown, svid: HeldUntil | undefined, at: Date): boolean =>
  error instanceof CodedError &&
  error.reason === 'AGENT_EXPIRED' &&
  svid !== undefined &&
  at < svid.expiresAt;
