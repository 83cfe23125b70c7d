/** A join token: a secret that an operator had the server make, good for one attestation. Listed in registry.ts. */
import { readFileSync } from 'node:fs';
import { utf8 } from '../../shared/bytes.ts';
import type { SecretText } from '../../shared/config/secret-text.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import type { NodeAttestor } from './node-attestor.ts';

export interface JoinTokenConfig {
  readonly token: SecretText | undefined;
  readonly file: string | undefined;
}

const TOKEN_MAX_CHARS = 255; // the agent's ID ends with it

export function joinToken({ token, file }: JoinTokenConfig): NodeAttestor {
  return {
    type: 'join_token',
    begin: async () => ({
      payload: utf8(checkToken(token?.reveal() ?? readToken(file))),
      answer: async () => {
        throw refused('server sent a challenge, which join tokens know nothing of');
      },
      end: async () => {},
    }),
  };
}

/** Read at each attempt: the file may come after the agent. */
function readToken(file: string | undefined): string {
  if (file === undefined) {
    throw refused(
      'agent has no SVID and no join token: make one with `server token generate`, give it as join_token or join_token_file',
    );
  }
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new CodedError(Code.failedPrecondition, `join token file ${file}: ${messageOf(cause)}`, { cause });
  }
}

function checkToken(token: string): string {
  if (token === '') throw refused('join token is empty');
  if (token.length > TOKEN_MAX_CHARS)
    throw refused(`join token is longer than ${TOKEN_MAX_CHARS} characters`);
  return token;
}

const refused = (message: string): CodedError => new CodedError(Code.failedPrecondition, message);
