/** What a registrar may do with an entry, as a table. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NamedScope, Registrar } from '../../../../server/api/gate/registrar.ts';
import type { Entry } from '../../../../server/entries/entry.ts';
import type { Surroundings } from '../../../../server/entries/entry-guard.ts';
import { TrustDomain } from '../../../../shared/spiffe/trust-domain.ts';
import { type EntrySketch, makeEntry } from '../../entries/make-entry.ts';

const tree = (path: string) => ({ root: `spiffe://td${path}`, withRoot: true, withBelow: true });
const NODE = '/spire/agent/x/node';

const scope: NamedScope = {
  role: 'registrar "team"',
  ids: [tree('/team')],
  parents: [tree('/team'), { ...tree('/spire/agent/x'), withRoot: false }],
  federatesWith: ['partner.org'],
  dnsNames: ['*.team.example', 'team.example'],
};
const anywhere: NamedScope = { ...scope, role: 'registrar "wide"', parents: [] };

const entry = (sketch: Partial<EntrySketch> = {}): Entry =>
  makeEntry({ id: 'e', spiffeId: '/team/web', parentId: NODE, ...sketch });
const partner = TrustDomain.parse('partner.org');

interface Case {
  readonly entry?: Partial<EntrySketch>;
  readonly scopes?: readonly NamedScope[];
  readonly around?: Partial<Surroundings>;
  readonly withRights?: string;
  /** Undefined: it may. */
  readonly why?: string;
}

const cases: Readonly<Record<string, Case>> = {
  'a plain entry in its scope': {},
  'what says nothing of rights': {
    entry: { hint: 'h', x509SvidTtlSeconds: 60, jwtSvidTtlSeconds: 60, disableX509SvidPrefetch: true },
  },
  'the top of its path': { entry: { spiffeId: '/team' } },
  'another path': {
    entry: { spiffeId: '/teams/web' },
    why: 'SPIFFE ID "spiffe://td/teams/web" is outside of the scope, as registrar "team" has it',
  },
  'another parent': {
    entry: { parentId: '/spire/agent/y/node' },
    why: 'parent ID "spiffe://td/spire/agent/y/node" is outside of the scope, as registrar "team" has it',
  },
  'the parent that only what is below it may be': {
    entry: { parentId: '/spire/agent/x' },
    why: 'parent ID "spiffe://td/spire/agent/x" is outside of the scope, as registrar "team" has it',
  },
  'any parent where none is named': { entry: { parentId: '/other' }, scopes: [anywhere] },
  'a node alias': {
    entry: { parentId: '/spire/server' },
    scopes: [anywhere],
    why: 'a node alias is outside of the scope, as registrar "wide" has it',
  },
  'the admin flag': {
    entry: { admin: true },
    why: 'the admin flag is outside of the scope, as registrar "team" has it',
  },
  'the downstream flag': {
    entry: { downstream: true },
    why: 'the downstream flag is outside of the scope, as registrar "team" has it',
  },
  'a stored SVID': {
    entry: { storeSvid: true },
    why: 'storing SVIDs is outside of the scope, as registrar "team" has it',
  },
  'federation that it may have': { entry: { federatesWith: [partner] } },
  'other federation': {
    entry: { federatesWith: [partner, TrustDomain.parse('other.org')] },
    why: 'federating with "other.org" is outside of the scope, as registrar "team" has it',
  },
  'DNS names that it may have': {
    entry: { dnsNames: ['a.team.example', 'A.B.Team.Example', '*.team.example', 'team.example'] },
  },
  'another DNS name': {
    entry: { dnsNames: ['a.team.example', 'ateam.example'] },
    why: 'DNS name "ateam.example" is outside of the scope, as registrar "team" has it',
  },
  'a wildcard that reaches further': {
    entry: { dnsNames: ['*.example'] },
    why: 'DNS name "*.example" is outside of the scope, as registrar "team" has it',
  },
  'no DNS name where none is named': {
    entry: { dnsNames: ['a.team.example'] },
    scopes: [{ ...scope, dnsNames: [] }],
    why: 'DNS name "a.team.example" is outside of the scope, as registrar "team" has it',
  },
  'an ID that the configuration gives rights to': {
    withRights: 'spiffe://td/team/web',
    why: 'SPIFFE ID "spiffe://td/team/web" has rights of its own',
  },
  'an ID that another entry makes an administrator': {
    around: { isPrivileged: (id) => id === 'spiffe://td/team/web' },
    why: 'SPIFFE ID "spiffe://td/team/web" has rights of its own',
  },
  'an ID that its own entries hang below, wherever': {
    around: { below: () => [entry({ parentId: '/elsewhere' })] },
  },
  'an ID that entries of others hang below': {
    around: { below: () => [entry(), entry({ spiffeId: '/bank' })] },
    why: 'entries outside this role\'s scope hang below "spiffe://td/team/web"',
  },
  'an ID that an administrator of its own path hangs below': {
    around: { below: () => [entry({ spiffeId: '/team/boss', admin: true })] },
    why: 'entries outside this role\'s scope hang below "spiffe://td/team/web"',
  },
  'an ID that another ID with rights hangs below': {
    around: {
      below: () => [entry({ spiffeId: '/team/boss' })],
      isPrivileged: (id) => id === 'spiffe://td/team/boss',
    },
    why: 'entries outside this role\'s scope hang below "spiffe://td/team/web"',
  },
  'an ID that more hangs below than can be looked at': {
    around: { below: () => undefined },
    why: 'too many entries hang below "spiffe://td/team/web"',
  },
  'what one of several scopes has': { scopes: [{ ...scope, ids: [tree('/other')] }, scope] },
  'what several scopes have together, and none alone': {
    entry: { parentId: '/other', federatesWith: [partner] },
    scopes: [scope, { ...anywhere, federatesWith: [] }],
    why: 'parent ID "spiffe://td/other" is outside of the scope, as registrar "team" has it',
  },
  'anything, without a scope': { scopes: [], why: 'it is in no scope' },
};

for (const [name, { entry: sketch, scopes = [scope], around, withRights, why }] of Object.entries(cases))
  test(`a registrar may ${why === undefined ? '' : 'not '}give ${name}`, () => {
    const registrar = new Registrar(scopes, (id) => id === withRights);
    const surroundings = { isPrivileged: () => false, below: () => [], ...around };
    assert.equal(registrar.whyNot(entry(sketch), surroundings), why);
  });

const readable: readonly (readonly [Partial<EntrySketch>, boolean])[] = [
  [{}, true],
  [{ admin: true, dnsNames: ['other'] }, true],
  [{ spiffeId: '/teams' }, false],
  [{ parentId: '/spire/agent/y/node' }, false],
];

for (const [sketch, expected] of readable)
  test(`a registrar may ${expected ? '' : 'not '}read ${JSON.stringify(sketch)}: ID and parent decide`, () => {
    const registrar = new Registrar([scope], () => false);
    assert.equal(registrar.canRead(entry(sketch)), expected);
    assert.deepEqual(registrar.readable, [scope]);
  });
