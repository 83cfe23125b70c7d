/** `uniqueid`: tells workloads apart by their subjects, for whoever reads no SPIFFE IDs. Listed in registry.ts. */
import { hash } from 'node:crypto';
import { withAttribute } from '../../shared/crypto/names.ts';
import { Oid } from '../../shared/crypto/oids.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { CredentialComposer } from './credential-composer.ts';

const HEX_DIGITS = 32; // SPIRE: the first 16 bytes of the hash

export const uniqueId: CredentialComposer = {
  workloadSubject: (subject, spiffeId) =>
    withAttribute(subject, Oid.x500UniqueIdentifier, uniqueIdOf(spiffeId)),
};

const uniqueIdOf = (spiffeId: SpiffeId): string =>
  hash('sha256', spiffeId.toString(), 'hex').slice(0, HEX_DIGITS);
