/** Attestation by a one-time token that an administrator made (SPIRE: join_token). Listed in registry.ts. */
import type { Clock } from '../../shared/clock.ts';
import { invalidArgument } from '../../shared/errors.ts';
import { agentId } from '../../shared/spiffe/reserved.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { isJoinToken, unknownToken } from '../nodes/join-token.ts';
import type { JoinTokenStore } from '../nodes/join-token-store.ts';
import type { Evidence, NodeAttestor, ProvenNode } from './node-attestor.ts';

export interface JoinTokenNeeds {
  readonly trustDomain: TrustDomain;
  readonly joinTokens: Pick<JoinTokenStore, 'find' | 'delete'>;
  readonly clock: Clock;
}

export class JoinTokenAttestor implements NodeAttestor {
  readonly #needs: JoinTokenNeeds;

  constructor(needs: JoinTokenNeeds) {
    this.#needs = needs;
  }

  /** An expired token is deleted when it is tried; a valid one is used up by whoever stores the node. */
  async prove({ payload }: Evidence): Promise<ProvenNode> {
    const { trustDomain, joinTokens, clock } = this.#needs;
    const value = Buffer.from(payload).toString('latin1');
    if (!isJoinToken(value)) throw unknownToken();
    const token = await joinTokens.find(value);
    if (token === undefined) throw unknownToken();
    if (token.expiresAt <= clock.now()) {
      await joinTokens.delete(value);
      throw invalidArgument('join token expired');
    }
    const id = agentId(trustDomain, `join_token/${value}`);
    return { id, selectors: [], canReattest: false, joinToken: value };
  }
}
