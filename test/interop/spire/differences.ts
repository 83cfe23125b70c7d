/** How our server and our command line differ from SPIRE's 1.13.3 as seen by who types commands. Held by commands.test.ts. */

import type { Difference } from './difference.ts';
import * as federation from './differences-federation.ts';

const ID = 'spiffe://example.org';
const CREATE = `entry create -entryID`;
const BELOW = `-parentID ${ID}/parent -spiffeID`;

/** SPIRE's command line at our server, and at SPIRE's. */
export const ofServer: readonly Difference[] = [
  ...federation.ofServer,
  {
    why: 'our words for what is wrong',
    commands: [
      `x509 mint -spiffeID ${ID}/spire/server`,
      `${CREATE} plain ${BELOW} ${ID}/other -selector unix:uid:9`,
      `entry update -entryID nobodys ${BELOW} ${ID}/x -selector unix:uid:8`,
    ],
  },
  {
    why: 'InvalidArgument, where SPIRE answers Internal: the caller named a trust domain that is not federated with',
    commands: [`${CREATE} bad ${BELOW} ${ID}/bad -selector unix:uid:1 -federatesWith spiffe://unknown.test`],
  },
  {
    why: 'selectors are sorted at once, not from the next reading on',
    commands: [
      `${CREATE} full ${BELOW} ${ID}/full -selector unix:uid:1 -selector unix:gid:2 -x509SVIDTTL 60 -jwtSVIDTTL 70 -dns a.example.org -dns b.example.org -admin -downstream -storeSVID -hint external -entryExpiry 4000000000`,
    ],
  },
  {
    why: 'it is said when the revoked authority would have ended',
    commands: ['x509', 'jwt'].map((kind) => `localauthority ${kind} revoke -authorityID OLD -output json`),
  },
];

/** At our server: our command line, and SPIRE's. */
export const ofCommandLine: readonly Difference[] = [
  ...federation.ofCommandLine,
  {
    why: 'what is typed wrongly is explained in our own words',
    commands: [
      'token generate -ttl -1',
      'token generate -spiffeID not-an-id',
      'bundle show -format nonsense',
      'x509 mint -spiffeID not-an-id',
      'agent show',
      'agent list -expiresBefore tomorrow',
      'agent ban',
      'agent evict',
      `${CREATE} bad ${BELOW} not-an-id -selector unix:uid:1`,
      `${CREATE} bad ${BELOW} ${ID}/bad`,
      `entry create -spiffeID ${ID}/bad -selector unix:uid:1`,
      `${CREATE} bad ${BELOW} ${ID}/bad -selector unix:uid:1 -x509SVIDTTL -1`,
      'entry create -data - <<< no json',
      'entry create -data missing.json',
      'entry show -selector unix:uid:1 -matchSelectorsOn nonsense',
      `entry show -entryID full -spiffeID ${ID}/full`,
      `entry update ${BELOW} ${ID}/x -selector unix:uid:8`,
      'entry delete',
    ],
  },
  {
    why: 'a failure with JSON output is on standard output too, as JSON',
    commands: [
      'agent evict -spiffeID AGENT -output json',
      'entry show -entryID nobodys -output json',
      'upstreamauthority revoke -subjectKeyID nobodys -output json',
    ],
  },
  {
    why: 'exits 1 where entries failed, with JSON output too',
    exits: true,
    commands: [
      `${CREATE} plain ${BELOW} ${ID}/plain -selector unix:uid:1 -output json`,
      'entry delete -entryID plain -output json',
    ],
  },
  {
    why: 'a selector that no attestor finds there is warned of',
    commands: [`entry create -entryID node -node -spiffeID ${ID}/node -selector unix:uid:4`],
  },
  {
    why: 'SPIRE calls a lifetime capped that is whole: it forgets that times are cut to seconds',
    commands: [
      `x509 mint -spiffeID ${ID}/minted -ttl 10m`,
      `jwt mint -spiffeID ${ID}/minted -audience one -ttl 1m`,
    ],
  },
];
