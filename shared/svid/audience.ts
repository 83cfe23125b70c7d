/** For whom a JWT-SVID is to be. Called by the RPCs of server and agent that are asked for one. */
import { invalidArgument } from '../errors.ts';

/** SPIFFE's Rust library refuses tokens with more. */
const AUDIENCES_MAX = 32;
/** Together: a token must still fit where tokens go, the header of an HTTP request. */
const AUDIENCES_MAX_CHARS = 8_192;

/**
 * Without empty ones, which SPIRE leaves out too; throws InvalidArgument, with `ifNone` when none are left.
 *
 * DIVERGES: SPIRE takes any number of any length, and fails with Internal when all are empty.
 */
export function checkAudience(wanted: readonly string[], ifNone: string): readonly string[] {
  const audience = wanted.filter((each) => each !== '');
  if (audience.length === 0) throw invalidArgument(ifNone);
  if (audience.length > AUDIENCES_MAX)
    throw invalidArgument(`${audience.length} audiences are more than ${AUDIENCES_MAX}`);
  if (audience.reduce((sum, each) => sum + each.length, 0) > AUDIENCES_MAX_CHARS)
    throw invalidArgument(`audiences have more than ${AUDIENCES_MAX_CHARS} characters together`);
  return audience;
}
