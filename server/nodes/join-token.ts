/** What a join token may look like. Called by attest-node/join-token and api/agent/create-join-token. */
import { type CodedError, invalidArgument } from '../../shared/errors.ts';

const TOKEN_MAX = 255;

/** DIVERGES: SPIRE makes a token of any text, and attesting with it then fails: it becomes a segment of its agent's ID. */
export const isJoinToken = (text: string): boolean =>
  text.length <= TOKEN_MAX && /^[A-Za-z0-9._-]+$/.test(text) && text !== '.' && text !== '..';

/** Never existed, or was used: which of them is not said. */
export const unknownToken = (): CodedError =>
  invalidArgument('failed to attest: join token does not exist or has already been used');
