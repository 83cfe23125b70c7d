import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { Datastore } from '../../../../server/datastore/open.ts';
import type { Agent } from '../../../../proto/gen/spire/api/types/Agent.ts';
import { Code } from '../../../../shared/errors.ts';
import { newNode, selectors } from '../../../contracts/samples.ts';
import { testDatabase } from '../../../fakes/database.ts';
import { Endings } from '../../../fakes/endings.ts';
import { type Clients, startServer } from '../../../fakes/server-under-test.ts';

const wireId = (name: string) => ({ trust_domain: 'example.org', path: `/spire/agent/test/${name}` });
const at = (time: string, serialNumber: string) => ({ serialNumber, expiresAt: new Date(time) });

/** What SPIRE's clients ask of agents, answered from Postgres. */
describe('lists of agents', () => {
  const endings = new Endings();
  let store: Datastore;
  let agents: Clients['agent'];
  before(async () => {
    store = await (await testDatabase(endings)).open();
    agents = (await startServer(endings, { datastore: store })).admin.agent;
    for (const node of [
      newNode('c', { current: at('2026-01-01T01:00:00Z', '1'), selectors: selectors('x:1') }),
      newNode('a', {
        current: at('2026-01-01T02:00:00Z', '2'),
        selectors: selectors('x:1', 'x:2'),
        canReattest: true,
        agentVersion: '1.2.3',
      }),
      newNode('b', { attestationType: 'other', selectors: selectors('x:2', 'y:z:1') }),
      newNode('bare', { selectors: [] }),
    ])
      await store.nodes.attest(node, undefined);
    await agents.unary('BanAgent', { id: wireId('b') });
  });
  after(() => endings.end());

  const names = (found: readonly Agent[]): string =>
    found.map(({ id }) => id?.path?.split('/').at(-1)).join(' ');

  const set = (match: string | number, ...texts: readonly string[]) => ({
    by_selector_match: { selectors: selectors(...texts).map((one) => ({ ...one })), match },
  });

  const filters: readonly (readonly [object, string])[] = [
    [{}, 'c a b bare'],
    [{ by_attestation_type: 'test' }, 'c a bare'],
    [{ by_attestation_type: 'other' }, 'b'],
    [{ by_attestation_type: 'TEST' }, ''],
    [{ by_banned: { value: true } }, 'b'],
    [{ by_banned: { value: false } }, 'c a bare'],
    [{ by_banned: {} }, 'c a bare'],
    [{ by_can_reattest: { value: true } }, 'a'],
    [{ by_can_reattest: { value: false } }, 'c b bare'],
    [{ by_expires_before: '2026-01-01 01:30:00 +0000 +00' }, 'c b bare'],
    [{ by_expires_before: '2026-01-01 02:30:00 +0100 +01' }, 'c b bare'],
    [{ by_expires_before: '2025-12-31 20:31:00 -0530 -0530' }, 'c a b bare'],
    [set('MATCH_EXACT', 'x:1'), 'c'],
    [set('MATCH_EXACT', 'x:2', 'x:1'), 'a'],
    [set('MATCH_EXACT', 'x:2', 'x:1', 'x:1'), 'a'],
    [set('MATCH_SUBSET', 'x:1', 'x:2'), 'c a'],
    [set('MATCH_SUPERSET', 'x:2'), 'a b'],
    [set('MATCH_ANY', 'x:1', 'y:z:1'), 'c a b'],
    [set('MATCH_ANY', 'nobody:1'), ''],
    [{ ...set('MATCH_ANY', 'x:1'), by_can_reattest: { value: false } }, 'c'],
    [{ by_banned: { value: true }, by_attestation_type: 'test' }, ''],
  ];
  for (const [filter, expected] of filters) {
    it(`with filter ${JSON.stringify(filter)}: ${expected || 'none'}, counted, listed and paged alike`, async () => {
      assert.equal(names((await agents.unary('ListAgents', { filter })).agents), expected);
      const { count } = await agents.unary('CountAgents', { filter });
      assert.equal(count, expected === '' ? 0 : expected.split(' ').length);
      const paged: Agent[] = [];
      for (let page_token = ''; ; ) {
        const page = await agents.unary('ListAgents', { filter, page_size: 1, page_token });
        paged.push(...page.agents);
        assert.equal(page.next_page_token === '', page.agents.length === 0);
        page_token = page.next_page_token;
        if (page_token === '') break;
      }
      assert.equal(names(paged), expected);
    });
  }

  const malformed: readonly (readonly [object, RegExp])[] = [
    [{ by_selector_match: {} }, /^malformed selectors filter: empty selector set$/],
    [set(7, 'x:1'), /^malformed selectors filter: match behavior 7 is not supported$/],
    [
      { by_selector_match: { selectors: [{ type: '', value: 'x' }] } },
      /^malformed selectors filter: selector type is empty$/,
    ],
    [
      { by_selector_match: { selectors: [{ type: 'a:b', value: 'x' }] } },
      /^malformed selectors filter: selector type contains ':'$/,
    ],
    [
      { by_selector_match: { selectors: [{ type: 'a', value: '' }] } },
      /^malformed selectors filter: selector value is empty$/,
    ],
    [{ by_expires_before: 'yesterday' }, /^failed to parse expires before: /],
    [{ by_expires_before: '2026-13-01 00:00:00 +0000 +00' }, /^failed to parse expires before: /],
  ];
  for (const [filter, message] of malformed) {
    it(`with filter ${JSON.stringify(filter)} are refused, and not counted`, async () => {
      for (const rpc of ['ListAgents', 'CountAgents'] as const)
        await assert.rejects(agents.unary(rpc, { filter }), { code: Code.invalidArgument, message });
    });
  }

  const whole: Agent = {
    id: wireId('a'),
    attestation_type: 'test',
    x509svid_serial_number: '2',
    x509svid_expires_at: String(Date.parse('2026-01-01T02:00:00Z') / 1_000),
    selectors: [
      { type: 'x', value: '1' },
      { type: 'x', value: '2' },
    ],
    banned: false,
    can_reattest: true,
    agent_version: '1.2.3',
  };
  const empty: Agent = {
    id: null,
    attestation_type: '',
    x509svid_serial_number: '',
    x509svid_expires_at: '0',
    selectors: [],
    banned: false,
    can_reattest: false,
    agent_version: '',
  };

  it('and one agent show everything without a mask, and the ID alone with an empty one', async () => {
    assert.deepEqual(await agents.unary('GetAgent', { id: wireId('a') }), whole);
    const masked = await agents.unary('GetAgent', { id: wireId('a'), output_mask: {} });
    assert.deepEqual(masked, { ...empty, id: wireId('a') });
  });

  for (const field of Object.keys(whole).filter((name) => name !== 'id') as (keyof Agent)[]) {
    it(`show ${field} and the ID with a mask of ${field}`, async () => {
      const output_mask = { [field]: true };
      const expected = { ...empty, id: wireId('a'), [field]: whole[field] };
      assert.deepEqual(await agents.unary('GetAgent', { id: wireId('a'), output_mask }), expected);
      const filter = { by_can_reattest: { value: true } };
      assert.deepEqual((await agents.unary('ListAgents', { filter, output_mask })).agents, [expected]);
    });
  }

  it('give all agents in one page when the page size is 0 or negative, whatever the token', async () => {
    for (const request of [
      {},
      { page_size: -1 },
      { page_size: -2_147_483_648, page_token: 'x' },
      { page_token: '9' },
    ]) {
      const { agents: found, next_page_token } = await agents.unary('ListAgents', request);
      assert.deepEqual([names(found), next_page_token], ['c a b bare', ''], JSON.stringify(request));
    }
  });

  it('take a page size that is larger than any, and end with an empty page', async () => {
    const first = await agents.unary('ListAgents', { page_size: 2_147_483_647 });
    assert.equal(first.agents.length, 4);
    const last = await agents.unary('ListAgents', { page_size: 1, page_token: first.next_page_token });
    assert.deepEqual(last, { agents: [], next_page_token: '' });
  });

  it('refuse a page token that is none', async () => {
    for (const page_token of [
      'x',
      '-1',
      '1.5',
      ' 1',
      '0x1',
      '9223372036854775808',
      '1'.repeat(500),
      '1;drop',
      '١',
    ]) {
      await assert.rejects(agents.unary('ListAgents', { page_size: 1, page_token }), {
        code: Code.invalidArgument,
        message: 'page token is malformed',
      });
    }
  });

  it('go on after the last agent of a page although that was evicted, and keep their order when one changes', async () => {
    const page = await agents.unary('ListAgents', { page_size: 2 });
    assert.equal(names(page.agents), 'c a');
    await store.nodes.setAgentVersion(newNode('c').id, '9');
    await store.nodes.attest(newNode('bare', { selectors: [], agentVersion: '2' }), undefined);
    await agents.unary('DeleteAgent', { id: wireId('a') });
    const rest = await agents.unary('ListAgents', { page_size: 5, page_token: page.next_page_token });
    assert.equal(names(rest.agents), 'b bare');
    assert.equal(names((await agents.unary('ListAgents', {})).agents), 'c b bare');
  });
});
