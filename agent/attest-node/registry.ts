/** Which node attestors there are, by the name of their plugin block. Called by start/enrol alone. */
import type { Random } from '../../shared/random.ts';
import type { NodeAttestorConfig } from '../config/node-attestor-plugin.ts';
import { httpChallenge } from './http-challenge.ts';
import { joinToken, type JoinTokenConfig } from './join-token.ts';
import type { NodeAttestor } from './node-attestor.ts';
import { x509pop } from './x509pop.ts';

export interface NodeAttestorChoice {
  readonly nodeAttestor: NodeAttestorConfig;
  readonly joinToken: JoinTokenConfig['token'];
  readonly joinTokenFile: JoinTokenConfig['file'];
}

/** SPIRE: a join token goes before what is configured. */
export function makeNodeAttestor(
  { nodeAttestor, joinToken: token, joinTokenFile: file }: NodeAttestorChoice,
  { random }: { readonly random: Random },
): NodeAttestor {
  if (token !== undefined || file !== undefined) return joinToken({ token, file });
  switch (nodeAttestor.kind) {
    case 'join_token':
      return joinToken({ token, file });
    case 'x509pop':
      return x509pop(nodeAttestor, { random });
    case 'http_challenge':
      return httpChallenge(nodeAttestor);
  }
}
