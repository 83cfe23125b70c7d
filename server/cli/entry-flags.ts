/** Flags that describe an entry or filter entries: tables alone, for help and completion. Read by flags-to-entry. */
import type { Flag } from '../../shared/cli/flag.ts';

const common: readonly Flag[] = [
  { name: 'parentID', kind: 'text', doc: 'SPIFFE ID of the parent: an agent, or a node alias' },
  { name: 'spiffeID', kind: 'text', doc: 'SPIFFE ID that the workload gets' },
  { name: 'selector', kind: 'list', doc: 'type:value that the workload must have' },
  { name: 'federatesWith', kind: 'list', doc: 'trust domain whose bundle comes with the SVID' },
  { name: 'hint', kind: 'text', doc: 'text that tells the workload what this SVID is for' },
];

export const entryFlags: readonly Flag[] = [
  { name: 'entryID', kind: 'text', doc: "the entry's ID" },
  ...common,
  {
    name: 'x509SVIDTTL',
    kind: 'number',
    doc: "seconds that an X.509-SVID lives; 0 is the server's default",
    otherwise: '0',
  },
  {
    name: 'jwtSVIDTTL',
    kind: 'number',
    doc: "seconds that a JWT-SVID lives; 0 is the server's default",
    otherwise: '0',
  },
  {
    name: 'entryExpiry',
    kind: 'number',
    doc: 'when the entry ends, in Unix seconds; 0 is never',
    otherwise: '0',
  },
  { name: 'dns', kind: 'list', doc: 'DNS name in the X.509-SVID' },
  { name: 'admin', kind: 'boolean', doc: "the workload may use the server's administration API" },
  { name: 'downstream', kind: 'boolean', doc: 'the workload is a downstream server' },
  { name: 'storeSVID', kind: 'boolean', doc: 'the SVID goes to a store, not to the Workload API' },
  { name: 'disableX509SVIDPrefetch', kind: 'boolean', doc: 'sign only when a workload asks' },
  { name: 'jwtSVIDIncludeJTI', kind: 'boolean', doc: 'put a jti claim into JWT-SVIDs' },
];

export const entryFilterFlags: readonly Flag[] = [
  ...common,
  { name: 'downstream', kind: 'boolean', doc: 'only downstream entries' },
  {
    name: 'matchSelectorsOn',
    kind: 'text',
    doc: 'exact, any, superset or subset',
    values: ['exact', 'any', 'superset', 'subset'],
    otherwise: 'superset',
  },
  {
    name: 'matchFederatesWithOn',
    kind: 'text',
    doc: 'exact, any, superset or subset',
    values: ['exact', 'any', 'superset', 'subset'],
    otherwise: 'superset',
  },
];
