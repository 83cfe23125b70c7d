/** Kinds of SVID that can be turned off. Called by the RPCs that issue them. */
import { Code, CodedError } from '../../../shared/errors.ts';

/** Throws Unimplemented where this kind is turned off (SPIRE's words). */
export function ifEnabled<T>(kind: 'JWT' | 'WIT', ca: T | undefined): T {
  if (ca === undefined) throw new CodedError(Code.unimplemented, `${kind} functionality is disabled`);
  return ca;
}
