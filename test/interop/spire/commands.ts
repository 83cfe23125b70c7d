/** Commands of `spire-server` in the order in which they are typed, on a new server with one agent. Used by commands.test.ts. */
import { steps as federation } from './commands-federation.ts';
import { both, ID, showing, type Step, told, words } from './step.ts';

const FILE = JSON.stringify({
  entries: [
    {
      entry_id: 'from-file-1',
      parent_id: `${ID}/parent`,
      spiffe_id: `${ID}/file/1`,
      selectors: [{ type: 'unix', value: 'uid:1' }],
      x509_svid_ttl: 30,
      jwt_svid_ttl: 40,
      dns_names: ['a.example.org'],
      hint: 'from a file',
    },
    {
      entry_id: 'from-file-2',
      parent_id: `${ID}/parent`,
      spiffe_id: `${ID}/file/2`,
      selectors: [{ type: 'unix', value: 'uid:2' }],
      admin: true,
      downstream: true,
    },
    { parent_id: `${ID}/parent`, spiffe_id: `${ID}/file/3`, selectors: [] },
  ],
});

const create = (id: string, rest: string): string =>
  `entry create -entryID ${id} -parentID ${ID}/parent ${rest}`;

const entries: readonly Step[] = [
  ...both('entry show'),
  ...both('entry count'),
  ...both(create('plain', `-spiffeID ${ID}/plain -selector unix:uid:1`)),
  words(
    create(
      'full',
      `-spiffeID ${ID}/full -selector unix:uid:1 -selector unix:gid:2 -x509SVIDTTL 60 -jwtSVIDTTL 70 -dns a.example.org -dns b.example.org -admin -downstream -storeSVID -hint external -entryExpiry 4000000000`,
    ),
  ),
  words(`${create('json', `-spiffeID ${ID}/json -selector unix:uid:3 -admin`)} -output json`),
  words(`entry create -entryID node -node -spiffeID ${ID}/node -selector unix:uid:4`),
  words(create('plain', `-spiffeID ${ID}/other -selector unix:uid:9`)),
  words(create('stranger', '-spiffeID spiffe://elsewhere.test/x -selector unix:uid:1')),
  words(create('bad', '-spiffeID not-an-id -selector unix:uid:1')),
  words(create('bad', `-spiffeID ${ID}/bad -selector unix`)),
  words(create('bad', `-spiffeID ${ID}/bad`)),
  words(`entry create -spiffeID ${ID}/bad -selector unix:uid:1`),
  words(create('bad', `-spiffeID ${ID}/bad -selector unix:uid:1 -x509SVIDTTL -1`)),
  words(create('bad', `-spiffeID ${ID}/bad -selector unix:uid:1 -federatesWith spiffe://unknown.test`)),
  { words: ['entry', 'create', '-data', '-'], input: FILE },
  { words: ['entry', 'create', '-data', '-'], input: 'no json' },
  words('entry create -data missing.json'),
  ...both('entry show'),
  ...both('entry count'),
  ...both('entry show -entryID full'),
  words('entry show -entryID nobodys'),
  words('entry show -entryID nobodys -output json'),
  words(`entry show -spiffeID ${ID}/plain`),
  words(`entry show -parentID ${ID}/parent`),
  words('entry show -selector unix:uid:1'),
  words('entry show -selector unix:uid:1 -selector unix:gid:2 -matchSelectorsOn exact'),
  words('entry show -selector unix:uid:1 -selector unix:gid:2 -matchSelectorsOn subset'),
  words('entry show -selector unix:uid:1 -matchSelectorsOn any'),
  words('entry show -selector unix:uid:1 -matchSelectorsOn nonsense'),
  words('entry show -downstream'),
  words('entry show -hint external'),
  words('entry show -federatesWith spiffe://unknown.test'),
  words(`entry show -entryID full -spiffeID ${ID}/full`),
  words('entry count -selector unix:uid:1'),
  words('entry count -downstream'),
  words(`entry count -parentID ${ID}/spire/server`),
  words(
    `entry update -entryID plain -parentID ${ID}/parent -spiffeID ${ID}/changed -selector unix:uid:8 -hint new`,
  ),
  words(
    `entry update -entryID plain -parentID ${ID}/parent -spiffeID ${ID}/changed -selector unix:uid:8 -output json`,
  ),
  words(`entry update -entryID nobodys -parentID ${ID}/parent -spiffeID ${ID}/x -selector unix:uid:8`),
  words(`entry update -parentID ${ID}/parent -spiffeID ${ID}/x -selector unix:uid:8`),
  ...both('entry delete -entryID plain'),
  words('entry delete -entryID json'),
  words('entry delete -entryID nobodys'),
  words('entry delete'),
  { words: ['entry', 'delete', '-file', '-'], input: '{"ids":["full","nobodys","node"]}' },
  {
    words: ['entry', 'delete', '-file', '-', '-output', 'json'],
    input: '{"ids":["from-file-1","from-file-2"]}',
  },
  words('entry show'),
];

const agents: readonly Step[] = [
  ...both('agent list'),
  ...both('agent count'),
  told('agent show -spiffeID AGENT'),
  told('agent show -spiffeID AGENT -output json'),
  words(`agent show -spiffeID ${ID}/spire/agent/nobody`),
  words('agent show'),
  words('agent list -attestationType join_token'),
  words('agent list -attestationType x509pop'),
  words('agent list -banned true'),
  words('agent list -canReattest true'),
  words('agent count -canReattest true'),
  words('agent list -selector unix:uid:1 -matchSelectorsOn any'),
  { words: ['agent', 'list', '-expiresBefore', '2100-01-01 00:00:00 +0000 +00'] },
  { words: ['agent', 'list', '-expiresBefore', 'tomorrow'] },
  ...both('agent purge'),
  words('agent purge -dryRun'),
  told('agent ban -spiffeID AGENT'),
  told('agent ban -spiffeID AGENT -output json'),
  words('agent ban'),
  words(`agent ban -spiffeID ${ID}/spire/agent/nobody`),
  told('agent show -spiffeID AGENT'),
  words('agent list -banned true'),
  words('agent count -banned true'),
  told('agent evict -spiffeID AGENT'),
  told('agent evict -spiffeID AGENT -output json'),
  words('agent evict'),
  words('agent list'),
];

const others: readonly Step[] = [
  words('healthcheck'),
  words('healthcheck -shallow'),
  words('healthcheck -verbose'),
  ...both('token generate'),
  words(`token generate -ttl 60 -spiffeID ${ID}/token/alias`),
  words(`token generate -ttl 60 -spiffeID ${ID}/token/alias -output json`),
  words('token generate -ttl -1'),
  words('token generate -spiffeID not-an-id'),
  words(`entry show -spiffeID ${ID}/token/alias`),
  ...both('bundle show'),
  words('bundle show -format spiffe'),
  words('bundle show -format nonsense'),
  ...both(`x509 mint -spiffeID ${ID}/minted -dns a.example.org`),
  words(`x509 mint -spiffeID ${ID}/minted -ttl 10m`),
  words(`x509 mint -spiffeID ${ID}/minted -ttl 1000h`),
  words(`x509 mint -spiffeID ${ID}/minted -write .`),
  words('x509 mint'),
  words('x509 mint -spiffeID not-an-id'),
  words('x509 mint -spiffeID spiffe://elsewhere.test/x'),
  words(`x509 mint -spiffeID ${ID}/spire/server`),
];

const authorities = (kind: 'x509' | 'jwt'): readonly Step[] => {
  const command = `localauthority ${kind}`;
  return [
    words(`${command} show`),
    words(`${command} activate -authorityID nobodys`),
    words(`${command} activate`),
    showing(`${command} prepare`, { PREPARED: /Authority ID: (\S+)/ }),
    ...both(`${command} show`),
    told(`${command} taint -authorityID PREPARED`),
    told(`${command} activate -authorityID PREPARED`),
    words(`${command} show -output json`),
    showing(`${command} show`, { OLD: /Old \w+(?:\.\d+)? authority:\n\s+Authority ID: (\S+)/ }),
    told(`${command} activate -authorityID PREPARED`),
    told(`${command} revoke -authorityID OLD`),
    told(`${command} taint -authorityID PREPARED`),
    words(`${command} taint -authorityID nobodys`),
    words(`${command} taint`),
    told(`${command} taint -authorityID OLD`),
    told(`${command} taint -authorityID OLD`),
    words('bundle show -output json'),
    words(`${command} revoke`),
    told(`${command} revoke -authorityID PREPARED`),
    told(`${command} revoke -authorityID OLD -output json`),
    told(`${command} revoke -authorityID OLD`),
    ...both(`${command} prepare`),
    ...both(`${command} show`),
    words('bundle show -output json'),
  ];
};

const keys: readonly Step[] = [
  ...authorities('x509'),
  ...authorities('jwt'),
  words('upstreamauthority taint'),
  words('upstreamauthority taint -subjectKeyID nobodys'),
  words('upstreamauthority revoke'),
  words('upstreamauthority revoke -subjectKeyID nobodys -output json'),
  ...both(`jwt mint -spiffeID ${ID}/minted -audience one -audience two`),
  words(`jwt mint -spiffeID ${ID}/minted -audience one -ttl 1m`),
  words(`jwt mint -spiffeID ${ID}/minted -audience one -write token.jwt`),
  words(`jwt mint -spiffeID ${ID}/minted -audience one -ttl 1000h`),
  words(`jwt mint -spiffeID ${ID}/minted`),
  words('jwt mint -audience one'),
  words('jwt mint -spiffeID spiffe://elsewhere.test/x -audience one'),
];

const logs: readonly Step[] = [
  ...both('logger get'),
  words('logger set'),
  words('logger set -level nonsense'),
  ...both('logger set -level debug'),
  words('logger get'),
  ...both('logger reset'),
];

export const steps: readonly Step[] = [...others, ...logs, ...agents, ...entries, ...federation, ...keys];
