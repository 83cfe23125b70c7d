/** `sds {}` of agent.conf, and whether there is such an API at all. Called by agent-fields. */
import { boolean, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Shape } from '../../shared/config/shape.ts';

/** Names beside SPIFFE IDs and trust domain IDs. */
export interface SdsNames {
  /** The first identity. */
  readonly svid: string;
  /** The own trust domain's bundle. */
  readonly bundle: string;
  /** The bundles of all trust domains that the workload knows. */
  readonly allBundles: string;
}

export interface SdsConfig {
  readonly isDisabled: boolean;
  readonly names: SdsNames;
  /** Envoys that do not say otherwise are given plain lists of CAs. */
  readonly isSpiffeValidationDisabled: boolean;
}

export const sdsFields = (block: Block): SdsConfig => ({
  isDisabled: block.field(
    'disable_sds_api',
    defaulting(boolean, false, { doc: 'no Secret Discovery Service for Envoy' }),
  ),
  ...block.block('sds', "Envoy's Secret Discovery Service, on the socket of the Workload API", sdsShape),
});

const sdsShape: Shape<Omit<SdsConfig, 'isDisabled'>> = (block) => {
  const names = {
    svid: nameField(block, 'default_svid_name', ['default', "the workload's first X.509-SVID"]),
    bundle: nameField(block, 'default_bundle_name', ['ROOTCA', "the agent's own trust domain"]),
    allBundles: nameField(block, 'default_all_bundles_name', [
      'ALL',
      'all trust domains that the workload knows',
    ]),
  };
  if (new Set(Object.values(names)).size < 3)
    block.fault('the names of "sds" must differ', 'default_svid_name');
  return {
    names,
    isSpiffeValidationDisabled: block.field(
      'disable_spiffe_cert_validation',
      defaulting(boolean, false, {
        doc: "give Envoy lists of CAs and not the settings of its SPIFFE validator; a node's metadata of the same name goes before it",
      }),
    ),
  };
};

const nameField = (block: Block, key: string, [name, what]: readonly [string, string]): string =>
  block.field(key, defaulting(text, name, { doc: `name of the secret for ${what}` }));
