/** Which credential composers there are, by the name of their plugin block. Called by server.ts alone. */
import type { CredentialComposerName } from '../config/credential-composer-plugin.ts';
import type { CredentialComposer } from './credential-composer.ts';
import { uniqueId } from './unique-id.ts';

const credentialComposers: Readonly<Record<CredentialComposerName, CredentialComposer>> = {
  uniqueid: uniqueId,
};

/** In the order of the configuration, which is the order in which they compose. */
export const makeCredentialComposers = (
  names: readonly CredentialComposerName[],
): readonly CredentialComposer[] => names.map((name) => credentialComposers[name]);
