/** Which node attestors there are, by the type that agents send. Called by server.ts alone. */
import type { NodeAttestorConfig } from '../config/node-attestor-plugin.ts';
import { HttpChallengeAttestor, type HttpChallengeNeeds } from './http-challenge.ts';
import { JoinTokenAttestor, type JoinTokenNeeds } from './join-token.ts';
import type { NodeAttestor } from './node-attestor.ts';
import { X509PopAttestor, type X509PopNeeds } from './x509pop.ts';

export type NodeAttestorNeeds = JoinTokenNeeds & X509PopNeeds & HttpChallengeNeeds;

type Factories = {
  readonly [Kind in NodeAttestorConfig['kind']]: (
    config: Extract<NodeAttestorConfig, { readonly kind: Kind }>,
    needs: NodeAttestorNeeds,
  ) => NodeAttestor;
};

const nodeAttestors: Factories = {
  join_token: (_, needs) => new JoinTokenAttestor(needs),
  x509pop: (config, needs) => new X509PopAttestor(config, needs),
  http_challenge: (config, needs) => new HttpChallengeAttestor(config, needs),
};

/** Those that are configured, and join tokens. Throws FailedPrecondition where a file of one cannot be read. */
export function makeNodeAttestors(
  configs: readonly NodeAttestorConfig[],
  needs: NodeAttestorNeeds,
): ReadonlyMap<string, NodeAttestor> {
  const all: readonly NodeAttestorConfig[] = [{ kind: 'join_token' }, ...configs];
  return new Map(all.map((config) => [config.kind, make(config, needs)]));
}

function make<Kind extends NodeAttestorConfig['kind']>(
  config: Extract<NodeAttestorConfig, { readonly kind: Kind }>,
  needs: NodeAttestorNeeds,
): NodeAttestor {
  const factory: Factories[Kind] = nodeAttestors[config.kind];
  return factory(config, needs);
}
