/** `CredentialComposer "uniqueid"` of the server. */
import type { PluginSpec } from '../../shared/config/shape.ts';

export type CredentialComposerName = 'uniqueid';

export const credentialComposerPlugins: PluginSpec<CredentialComposerName> = {
  count: 'any',
  doc: 'changes what certificates say',
  kinds: {
    uniqueid: {
      doc: "the subject of a workload's X.509-SVID gets an x500UniqueIdentifier, made from its SPIFFE ID",
      shape: () => 'uniqueid',
    },
  },
  notYet: [],
  ifNotYet: 'refuse',
};
