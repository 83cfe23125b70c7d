/** Flags of the `bundle` and `federation` commands. Imports nothing else: every command loads it. */
import type { Flag } from '../../shared/cli/flag.ts';

/** In which bundles are read and printed. */
export const FORMATS = ['pem', 'spiffe'] as const;

export const relationshipFlags: readonly Flag[] = [
  { name: 'trustDomain', kind: 'text', doc: 'the trust domain to federate with, such as example.org' },
  { name: 'bundleEndpointURL', kind: 'text', doc: 'URL of the endpoint that has its bundle (https)' },
  {
    name: 'bundleEndpointProfile',
    kind: 'text',
    doc: 'how the endpoint is known: https_web or https_spiffe',
    values: ['https_web', 'https_spiffe'],
  },
  { name: 'endpointSpiffeID', kind: 'text', doc: 'SPIFFE ID of the endpoint, for https_spiffe' },
  { name: 'trustDomainBundlePath', kind: 'text', doc: 'file with the bundle to begin with', isPath: true },
  {
    name: 'trustDomainBundleFormat',
    kind: 'text',
    doc: 'format of that file: pem or spiffe',
    values: FORMATS,
    otherwise: 'pem',
  },
];
