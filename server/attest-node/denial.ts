/**
 * How a node attestor says no: on the wire that it did, in the log (the gate writes the cause) why. Used by the attestors.
 *
 * DIVERGES: SPIRE tells the caller why a certificate was not believed, and what the host it named answered. Here that is for
 * the operator: a stranger learns neither what is trusted nor what the server can reach.
 */
import { type CodedError, messageOf, permissionDenied } from '../../shared/errors.ts';

/** PermissionDenied with SPIRE's words up to the colon; `why` is for the log alone. */
export const denied = (message: string, why: unknown): CodedError =>
  permissionDenied(message, { cause: why instanceof Error ? why : new Error(messageOf(why)) });
