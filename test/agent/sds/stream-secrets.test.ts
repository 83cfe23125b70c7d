import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { Node } from '../../../proto/gen/envoy/config/core/v3/Node.ts';
import { Code } from '../../../shared/errors.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { bundleOf, Door, identity, SDS, until, update } from '../workload-api/door.ts';
import {
  namesIn,
  openStream,
  pem,
  PLAIN_NODE as plainNode,
  SECRET_URL,
  sdsClient,
  secretsIn,
} from './xds.ts';

const ROOTS = pem('root1,', 'root2');
const web = {
  chain: pem('leaf /web,', 'intermediate'),
  key: formatPem('PRIVATE KEY', Buffer.from('key /web')),
};
const [A, B] = [bundleOf('a.test', 'rootA'), bundleOf('b.test', 'rootB')];

describe('StreamSecrets', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
    door.identities.push(update([identity('/web'), identity('/db')], { federatedBundles: [B, A] }));
  });
  afterEach(() => door.stop());

  /** What the first answer holds. */
  const ask = async (names: readonly string[], at = door, node: Node | null = null) => {
    const stream = openStream(at);
    stream.ask(names, { node });
    return secretsIn(await stream.next());
  };

  for (const [names, expected] of [
    [['spiffe://example.org/web'], { 'spiffe://example.org/web': web }],
    [['default'], { default: web }],
    [['spiffe://example.org'], { 'spiffe://example.org': { 'example.org': ROOTS } }],
    [['ROOTCA'], { ROOTCA: { 'example.org': ROOTS } }],
    [['spiffe://b.test'], { 'spiffe://b.test': { 'b.test': pem('rootB') } }],
    [['ALL'], { ALL: { 'a.test': pem('rootA'), 'b.test': pem('rootB'), 'example.org': ROOTS } }],
    [['default', 'default', ''], { default: web }],
  ] as const)
    it(`answers to ${names.join(', ')}`, async () => {
      assert.deepEqual(await ask(names), expected);
    });

  for (const names of [[], ['*']])
    it(`sends all that the workload has to who asks for ${names.join() || 'nothing'}`, async () => {
      assert.deepEqual(Object.keys(await ask(names)).sort(), [
        'spiffe://a.test',
        'spiffe://b.test',
        'spiffe://example.org',
        'spiffe://example.org/db',
        'spiffe://example.org/web',
      ]);
    });

  it('gives several names for one thing each their secret, and names of two things their own', async () => {
    const names = ['spiffe://example.org/web', 'default', 'spiffe://example.org', 'ROOTCA', 'ALL'];
    assert.deepEqual(Object.keys(await ask(names)), names);
  });

  it('says each thing once where two entries have one SPIFFE ID, the first of them', async () => {
    const same = identity('/web', { entryId: 'later', chain: [Buffer.from('other')] });
    door.identities.push(update([identity('/web'), same]));
    assert.deepEqual(await ask(['spiffe://example.org/web']), { 'spiffe://example.org/web': web });
    assert.deepEqual(Object.keys(await ask([])), ['spiffe://example.org', 'spiffe://example.org/web']);
  });

  it('goes by the names of the configuration', async () => {
    const names = { svid: 'mine', bundle: 'ours', allBundles: 'everybody' };
    const other = new Door({ config: { sds: { ...SDS, names } } });
    await other.start();
    other.identities.push(update([identity('/web')]));
    assert.deepEqual(
      Object.keys(await ask(['mine', 'ours', 'everybody', 'default', 'ROOTCA', 'ALL'], other)),
      ['mine', 'ours', 'everybody'],
    );
    await other.stop();
  });

  it('sends a plain list of CAs to a node that cannot have it otherwise, and no list of all', async () => {
    assert.deepEqual(await ask(['ROOTCA', 'spiffe://b.test'], door, plainNode), {
      ROOTCA: { trustedCa: ROOTS },
      'spiffe://b.test': { trustedCa: pem('rootB') },
    });
    await assert.rejects(ask(['ALL'], door, plainNode), {
      code: Code.internal,
      message: 'unable to use "SPIFFE validator" on Envoy below 1.17',
    });
  });

  it('numbers its answers, each with a nonce of its own', async () => {
    const stream = openStream(door);
    stream.ask(['default']);
    const first = await stream.next();
    assert.equal(first.version_info, '1');
    assert.equal(first.type_url, SECRET_URL);
    assert.match(first.nonce, /^[0-9a-f]{8}$/);
    stream.acknowledge(['default'], first);
    door.identities.push(update([identity('/next')]));
    const second = await stream.next();
    assert.equal(second.version_info, '2');
    assert.notEqual(second.nonce, first.nonce);
  });

  it('sends nothing where nothing that was asked for is new, then all of it', async () => {
    const stream = openStream(door);
    stream.ask(['default', 'ROOTCA']);
    stream.acknowledge(['default', 'ROOTCA'], await stream.next());
    const rounds = door.api.pushRounds;
    door.identities.push(update([identity('/web'), identity('/other')], { federatedBundles: [A] }));
    await until(() => door.api.pushRounds > rounds);
    door.identities.push(update([identity('/web')], { bundle: bundleOf('example.org', 'root3') }));
    assert.deepEqual(secretsIn(await stream.next()), {
      default: web,
      ROOTCA: { 'example.org': pem('root3') },
    });
  });

  it('sends what is asked for anew at once, although it has not changed', async () => {
    const stream = openStream(door);
    stream.ask(['default']);
    let answer = await stream.next();
    for (const names of [
      ['default', 'ROOTCA'],
      ['ROOTCA', 'ALL'],
      ['default', 'ALL'],
    ]) {
      stream.acknowledge(names, answer);
      answer = await stream.next();
      assert.deepEqual(namesIn(answer), names);
    }
    assert.equal(answer.version_info, '4');
  });

  it('sends nothing to who asks for less, and for nothing more', async () => {
    const stream = openStream(door);
    stream.ask(['default', 'ROOTCA']);
    const first = await stream.next();
    stream.acknowledge(['ROOTCA'], first);
    stream.acknowledge([], first);
    stream.acknowledge(['ALL'], first);
    assert.deepEqual(namesIn(await stream.next()), ['ALL']);
  });

  it('logs that Envoy did not take a secret, and sends no other one until there is one', async () => {
    const stream = openStream(door);
    stream.ask(['default']);
    const first = await stream.next();
    const error = { code: Code.internal, message: `Failed to load private key ${'x'.repeat(1_000)}` };
    stream.ask(['default'], { response_nonce: first.nonce, error_detail: error });
    await until(() => door.log.lines.some(({ level }) => level === 'error'));
    door.identities.push(update([identity('/web'), identity('/more')]));
    door.identities.push(update([identity('/next')]));
    const second = await stream.next();
    assert.equal(second.version_info, '2');
    const [line] = door.log.lines.filter(({ level }) => level === 'error');
    assert.equal(line?.message, 'Envoy reported errors applying secrets');
    assert.deepEqual(line.fields['names'], ['default']);
    assert.equal(String(line.fields['error']).length, 513);
  });

  it('passes over what is said about an older answer', async () => {
    const stream = openStream(door);
    stream.ask(['default']);
    const first = await stream.next();
    stream.acknowledge(['default'], first);
    door.identities.push(update([identity('/next')], { federatedBundles: [A] }));
    const second = await stream.next();
    stream.acknowledge(['spiffe://a.test'], first);
    stream.ask(['ALL']);
    stream.acknowledge(['ROOTCA'], second);
    assert.deepEqual(namesIn(await stream.next()), ['ROOTCA']);
  });

  it('keeps what the first request says of its node, until another one says otherwise', async () => {
    const stream = openStream(door);
    stream.ask(['ROOTCA'], { node: plainNode });
    stream.acknowledge(['ROOTCA', 'spiffe://b.test'], await stream.next());
    const second = await stream.next();
    assert.deepEqual(secretsIn(second)['spiffe://b.test'], { trustedCa: pem('rootB') });
    stream.acknowledge(['ROOTCA', 'spiffe://b.test'], second, { node: {} });
    assert.deepEqual(secretsIn(await stream.next())['spiffe://b.test'], { 'b.test': pem('rootB') });
  });

  it('leaves out a trust domain without authorities', async () => {
    const empty = bundleOf('empty.test');
    door.identities.push(update([identity('/web')], { federatedBundles: [A, empty] }));
    assert.deepEqual(await ask(['ALL', 'spiffe://empty.test']), {
      ALL: { 'a.test': pem('rootA'), 'example.org': ROOTS },
    });
  });

  it('answers PermissionDenied to a process without an identity, at once and when it loses the last', async () => {
    const denied = { code: Code.permissionDenied, message: 'no identity issued' };
    const stream = openStream(door);
    stream.ask(['ROOTCA']);
    await stream.next();
    door.identities.push(update([]));
    await assert.rejects(stream.next(), denied);
    await assert.rejects(openStream(door).next(), denied);
  });

  it('gives it the own bundle where the operator allows unauthenticated verifiers', async () => {
    const open = new Door({ config: { allowUnauthenticatedVerifiers: true } });
    await open.start();
    open.identities.push(update([]));
    assert.deepEqual(await ask(['default', 'ROOTCA'], open), { ROOTCA: { 'example.org': ROOTS } });
    await open.stop();
  });

  for (const [what, request, message] of [
    ['another type', { type_url: 'type.googleapis.com/x' }, /type URL is not/],
    ['too many names', { resource_names: Array.from({ length: 257 }, (_, at) => `${at}`) }, /more than 256/],
    ['a name that is too long', { resource_names: ['x'.repeat(2_049)] }, /longer than 2048 characters/],
    [
      'names that are too long together',
      { resource_names: Array.from({ length: 9 }, (_, at) => `${at}${'x'.repeat(2_000)}`) },
      /longer than 16384 characters together/,
    ],
  ] as const)
    it(`answers InvalidArgument to a request for ${what}`, async () => {
      const stream = openStream(door);
      stream.ask([], request as object);
      await assert.rejects(stream.next(), { code: Code.invalidArgument, message });
    });

  it('goes on telling who says that there will be no more requests', async () => {
    const call = sdsClient(door).bidi('StreamSecrets');
    call.send({ resource_names: ['default'] });
    call.end();
    await call.responses.next();
    door.identities.push(update([identity('/next')]));
    assert.equal((await call.responses.next()).value?.version_info, '2');
    call.cancel();
  });

  it('tells a stream no more whose process is gone', async () => {
    const stream = openStream(door);
    stream.ask(['default']);
    await stream.next();
    for (const peer of door.peers.captured) peer.isAlive = false;
    door.identities.push(update([identity('/next')]));
    await assert.rejects(stream.next(), { code: Code.unavailable, message: 'the process is gone' });
  });

  it('is not there where it is disabled', async () => {
    const closed = new Door({ config: { sds: { ...SDS, isDisabled: true } } });
    await closed.start();
    await assert.rejects(ask(['default'], closed), { code: Code.unimplemented });
    await closed.stop();
  });
});
