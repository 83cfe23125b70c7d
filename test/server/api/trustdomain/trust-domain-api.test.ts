/** The TrustDomain API on a real database: every RPC, with SPIRE's codes and words. Who may call is in gate/doors. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { FederationRelationship } from '../../../../proto/gen/spire/api/types/FederationRelationship.ts';
import { Code } from '../../../../shared/errors.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type Clients, type RunningServer, startServer } from '../../../fakes/server-under-test.ts';
import { type Authorities, makeAuthorities, wireBundle } from '../../../fakes/wire-bundles.ts';

const OK = { code: 0, message: 'OK' };
const CHARACTERS =
  'trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores';

const refused = (deed: Promise<unknown>, code: Code, message: string | RegExp): Promise<void> =>
  assert.rejects(deed, { code, message });

/** As the server answers with it. */
const web = (name: string, fields: FederationRelationship = {}) => ({
  trust_domain: name,
  bundle_endpoint_url: `https://${name}/bundle`,
  https_web: {},
  bundle_endpoint_profile: 'https_web' as const,
  trust_domain_bundle: null,
  ...fields,
});
const spiffe = (name: string, endpoint_spiffe_id: string, fields: FederationRelationship = {}) => ({
  trust_domain: name,
  bundle_endpoint_url: `https://${name}/bundle`,
  https_spiffe: { endpoint_spiffe_id },
  bundle_endpoint_profile: 'https_spiffe' as const,
  trust_domain_bundle: null,
  ...fields,
});

describe('the TrustDomain API', () => {
  const endings = new Endings();
  let server: RunningServer;
  let api: Clients['trustDomain'];
  let authorities: Authorities;
  before(async () => {
    server = await startServer(endings, { datastore: await (await testDatabase(endings)).open() });
    api = server.admin.trustDomain;
    authorities = await makeAuthorities(1);
  });
  after(() => endings.end());
  beforeEach(async () => {
    const { federation_relationships: all } = await api.unary('ListFederationRelationships', {});
    await api.unary('BatchDeleteFederationRelationship', {
      trust_domains: all.map(({ trust_domain }) => trust_domain),
    });
  });

  const bundle = (name: string) => wireBundle(name, authorities);
  const stored = (trust_domain: string) => server.admin.bundle.unary('GetFederatedBundle', { trust_domain });
  const create = async (...federation_relationships: FederationRelationship[]) =>
    (await api.unary('BatchCreateFederationRelationship', { federation_relationships })).results;
  const update = async (relationship: FederationRelationship, masks: object = {}) =>
    (
      await api.unary('BatchUpdateFederationRelationship', {
        federation_relationships: [relationship],
        ...masks,
      })
    ).results[0];
  const get = (trust_domain: string, output_mask?: object) =>
    api.unary('GetFederationRelationship', {
      trust_domain,
      ...(output_mask === undefined ? {} : { output_mask }),
    });

  it('creates relationships of both profiles, and stores a bundle that comes with one', async () => {
    const relationships = [
      web('a.org'),
      spiffe('b.org', 'spiffe://a.org/endpoint', { trust_domain_bundle: bundle('b.org') }),
    ];
    const results = await create(...relationships);
    assert.deepEqual(
      results,
      relationships.map((federation_relationship) => ({ status: OK, federation_relationship })),
    );
    assert.deepEqual(await stored('b.org'), bundle('b.org'));
    assert.deepEqual(await get('spiffe://b.org'), relationships[1]);
    await refused(stored('a.org'), Code.notFound, 'bundle not found');
  });

  it('shows what the output mask names, and the trust domain', async () => {
    const whole = spiffe('b.org', 'spiffe://b.org/e', { trust_domain_bundle: bundle('b.org') });
    const { results } = await api.unary('BatchCreateFederationRelationship', {
      federation_relationships: [whole],
      output_mask: {},
    });
    const bare = { trust_domain: 'b.org', bundle_endpoint_url: '', trust_domain_bundle: null };
    assert.deepEqual(results[0]?.federation_relationship, bare);
    assert.deepEqual(await get('b.org', { bundle_endpoint_url: true }), {
      ...bare,
      bundle_endpoint_url: 'https://b.org/bundle',
    });
    const { https_spiffe, bundle_endpoint_profile } = whole;
    assert.deepEqual(await get('b.org', { bundle_endpoint_profile: true }), {
      ...bare,
      https_spiffe,
      bundle_endpoint_profile,
    });
    const listed = await api.unary('ListFederationRelationships', {
      output_mask: { trust_domain_bundle: true },
    });
    assert.deepEqual(listed.federation_relationships, [{ ...bare, trust_domain_bundle: bundle('b.org') }]);
  });

  it('says that a trust domain has one already, and that the own one can have none', async () => {
    const results = await create(web('a.org'), spiffe('a.org', 'spiffe://b.org/e'), web('example.org'));
    assert.deepEqual(
      results.map(({ status }) => status),
      [
        OK,
        {
          code: Code.alreadyExists,
          message: 'failed to create federation relationship: federation relationship already exists',
        },
        {
          code: Code.invalidArgument,
          message: 'unable to create federation relationship for server trust domain',
        },
      ],
    );
    assert.deepEqual(await get('a.org'), web('a.org'));
  });

  const { https_web: _, bundle_endpoint_profile: __, ...withoutProfile } = web('a.org');
  const wrong: Readonly<Record<string, () => readonly [FederationRelationship, string | RegExp]>> = {
    'no trust domain': () => [web(''), 'failed to parse trust domain: trust domain is missing'],
    'a malformed trust domain': () => [web('no td'), `failed to parse trust domain: ${CHARACTERS}`],
    'no URL': () => [
      web('a.org', { bundle_endpoint_url: '' }),
      'bundle endpoint URL must use the https scheme',
    ],
    'another scheme': () => [
      web('a.org', { bundle_endpoint_url: 'http://a.org/' }),
      'bundle endpoint URL must use the https scheme',
    ],
    'no host': () => [
      web('a.org', { bundle_endpoint_url: 'https:///path' }),
      'bundle endpoint URL must specify the host',
    ],
    'user info': () => [
      web('a.org', { bundle_endpoint_url: 'https://user:secret@a.org/' }),
      'bundle endpoint URL must not contain user info',
    ],
    'a URL that is none': () => [
      web('a.org', { bundle_endpoint_url: 'https://a.org:port/' }),
      /^failed to parse bundle endpoint URL: /,
    ],
    'no profile': () => [withoutProfile, 'unsupported bundle endpoint profile type: <nil>'],
    'an endpoint without an ID': () => [
      spiffe('a.org', ''),
      'failed to parse endpoint SPIFFE ID: cannot be empty',
    ],
    'an endpoint ID that is none': () => [
      spiffe('a.org', 'a.org'),
      'failed to parse endpoint SPIFFE ID: scheme is missing or invalid',
    ],
    'the bundle of another trust domain': () => [
      web('a.org', { trust_domain_bundle: bundle('b.org') }),
      'trust domain bundle ("b.org") must match the trust domain of the federation relationship ("a.org")',
    ],
    'a bundle of none': () => [
      web('a.org', { trust_domain_bundle: bundle('no td') }),
      `failed to parse bundle: invalid trust domain: ${CHARACTERS}`,
    ],
    'a malformed bundle': () => [
      web('a.org', { trust_domain_bundle: { ...bundle('a.org'), x509_authorities: [{}] } }),
      'failed to parse bundle: unable to parse X.509 authority: certificate is missing',
    ],
  };
  for (const [what, make] of Object.entries(wrong))
    it(`a relationship with ${what} is neither created nor what one is changed to`, async () => {
      const [relationship, says] = make();
      const message =
        typeof says === 'string'
          ? `failed to convert federation relationship: ${says}`
          : new RegExp(`^failed to convert federation relationship: ${says.source.slice(1)}`);
      const [created, good] = await create(relationship, web('b.org'));
      const updated = await update(relationship);
      for (const status of [created?.status, updated?.status]) {
        assert.equal(status?.code, Code.invalidArgument);
        if (typeof message === 'string') assert.equal(status?.message, message);
        else assert.match(status?.message ?? '', message);
      }
      assert.deepEqual(good?.status, OK);
    });

  it('updates what the input mask names, and looks at nothing else of what is sent', async () => {
    const before = spiffe('a.org', 'spiffe://a.org/e', { trust_domain_bundle: bundle('a.org') });
    await create(before);
    const sent = { trust_domain: 'a.org', bundle_endpoint_url: 'https://new/' };
    const moved = await update(sent, { input_mask: { bundle_endpoint_url: true } });
    assert.deepEqual(moved, {
      status: OK,
      federation_relationship: { ...before, bundle_endpoint_url: 'https://new/' },
    });
    const newer = { ...bundle('a.org'), sequence_number: '8' };
    await update(web('a.org', { trust_domain_bundle: newer }), { input_mask: { trust_domain_bundle: true } });
    assert.deepEqual(await stored('a.org'), newer);
    const profiled = await update(web('a.org'), {
      input_mask: { bundle_endpoint_profile: true },
      output_mask: { bundle_endpoint_profile: true },
    });
    assert.deepEqual(profiled?.federation_relationship, web('a.org', { bundle_endpoint_url: '' }));
    assert.deepEqual(await update(web('a.org')), {
      status: OK,
      federation_relationship: web('a.org', { trust_domain_bundle: newer }),
    });
    assert.deepEqual((await update(web('none.org')))?.status, {
      code: Code.notFound,
      message: 'failed to update federation relationship: federation relationship not found',
    });
  });

  it('deletes relationships, and leaves their bundles', async () => {
    await create(web('a.org', { trust_domain_bundle: bundle('a.org') }));
    const trust_domains = ['spiffe://a.org', 'a.org', '', 'no td'];
    const { results } = await api.unary('BatchDeleteFederationRelationship', { trust_domains });
    assert.deepEqual(
      results.map(({ trust_domain, status }) => [trust_domain, status]),
      [
        ['a.org', OK],
        ['a.org', { code: Code.notFound, message: 'federation relationship not found' }],
        ['', { code: Code.invalidArgument, message: 'missing trust domain' }],
        ['no td', { code: Code.invalidArgument, message: `failed to parse trust domain: ${CHARACTERS}` }],
      ],
    );
    assert.ok(await stored('a.org'));
  });

  it('gets and refreshes none that is not there', async () => {
    await create(web('a.org'));
    await refused(get('b.org'), Code.notFound, 'federation relationship does not exist');
    await refused(get('https://b.org'), Code.invalidArgument, /^failed to parse trust domain: /);
    const refresh = (trust_domain: string) => api.unary('RefreshBundle', { trust_domain });
    await refused(refresh('a.org'), Code.notFound, 'no relationship with trust domain "a.org"');
    await refused(refresh(''), Code.invalidArgument, /^failed to parse trust domain: /);
  });

  it('lists all of them, or page by page with one empty page at the end', async () => {
    const all = ['c.org', 'a.org', 'b.org'].map((name) => web(name));
    await create(...all);
    const list = (page_size: number, page_token = '') =>
      api.unary('ListFederationRelationships', { page_size, page_token });
    const trustDomains = (listed: Awaited<ReturnType<typeof list>>) =>
      listed.federation_relationships.map(({ trust_domain }) => trust_domain);
    assert.deepEqual(trustDomains(await list(0)), ['c.org', 'a.org', 'b.org']);
    const one = await list(2);
    const two = await list(2, one.next_page_token);
    const three = await list(2, two.next_page_token);
    assert.deepEqual([one, two, three].map(trustDomains), [['c.org', 'a.org'], ['b.org'], []]);
    assert.equal(three.next_page_token, '');
    const message = 'failed to list federation relationships: page token is malformed';
    await refused(list(2, 'x'), Code.invalidArgument, message);
  });

  it('warns of an endpoint whose trust domain has no bundle', async () => {
    const warned = () => server.log.lines.filter(({ level }) => level === 'warn').length;
    const before = warned();
    await create(spiffe('a.org', 'spiffe://unknown.org/e'));
    assert.equal(warned(), before + 1);
    await create(spiffe('c.org', 'spiffe://example.org/e'), web('d.org'));
    assert.equal(warned(), before + 1);
  });

  it('bounds batches', async () => {
    const names = Array.from({ length: 1_001 }, () => 'a.org');
    const message = '1001 items are more than 1000: send them in parts';
    await refused(create(...names.map((name) => web(name))), Code.invalidArgument, message);
    const deleting = api.unary('BatchDeleteFederationRelationship', { trust_domains: names });
    await refused(deleting, Code.invalidArgument, message);
  });
});
