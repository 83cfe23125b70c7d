import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { bundleOf, Door, identity, until, update } from '../workload-api/door.ts';
import { changesIn, openDelta, pem, PLAIN_NODE } from './xds.ts';

const ROOTS = pem('root1,', 'root2');
const [A, B] = [bundleOf('a.test', 'rootA'), bundleOf('b.test', 'rootB')];

describe('DeltaSecrets', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
    door.identities.push(update([identity('/web'), identity('/db')], { federatedBundles: [A, B] }));
  });
  afterEach(() => door.stop());

  type Stream = ReturnType<typeof openDelta>;

  /** Names of secrets in the next answer, and of those that are no more. */
  async function next(stream: Stream): Promise<readonly [readonly string[], readonly string[]]> {
    const { secrets, removed } = changesIn(await stream.next());
    return [Object.keys(secrets), removed];
  }

  const subscribe = (...names: readonly string[]) => ({ resource_names_subscribe: [...names] });
  const unsubscribe = (...names: readonly string[]) => ({ resource_names_unsubscribe: [...names] });

  it('sends what was asked for, then what of it has changed', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('ROOTCA', 'default'));
    const first = await stream.next();
    assert.deepEqual(changesIn(first).secrets['ROOTCA'], { 'example.org': ROOTS });
    assert.match(first.nonce, /^[0-9a-f]{8}$/);
    stream.ask({ response_nonce: first.nonce });
    door.identities.push(update([identity('/next')]));
    assert.deepEqual(await next(stream), [['default'], []]);
    door.identities.push(update([identity('/next')], { bundle: bundleOf('example.org', 'root3') }));
    assert.deepEqual(await next(stream), [['ROOTCA'], []]);
  });

  it('adds to what was asked for, and takes away from it', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('default'));
    await stream.next();
    stream.ask(subscribe('ALL'));
    assert.deepEqual(await next(stream), [['ALL'], []]);
    stream.ask({ ...unsubscribe('default', 'never'), ...subscribe('ROOTCA') });
    assert.deepEqual(await next(stream), [['ROOTCA'], []]);
    door.identities.push(update([identity('/next')], { federatedBundles: [A] }));
    assert.deepEqual(await next(stream), [['ALL'], []]);
  });

  it('sends again what is asked for again, and honours what a request about an older answer asks for', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('default'));
    const first = await stream.next();
    stream.ask({ ...subscribe('default'), response_nonce: first.nonce });
    assert.deepEqual(await next(stream), [['default'], []]);
    stream.ask({ ...subscribe('ROOTCA'), response_nonce: first.nonce });
    assert.deepEqual(await next(stream), [['ROOTCA'], []]);
  });

  it('says of a name that means nothing that there is no such secret, once, and sends it when it comes', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('spiffe://example.org/late', 'default'));
    assert.deepEqual(await next(stream), [['default'], ['spiffe://example.org/late']]);
    door.identities.push(update([identity('/other')]));
    assert.deepEqual(await next(stream), [['default'], []]);
    door.identities.push(update([identity('/other'), identity('/late')]));
    assert.deepEqual(await next(stream), [['spiffe://example.org/late'], []]);
    door.identities.push(update([identity('/other')]));
    assert.deepEqual(await next(stream), [[], ['spiffe://example.org/late']]);
    const lines = door.log.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      lines.map(({ fields }) => fields['names']),
      [['spiffe://example.org/late'], ['spiffe://example.org/late']],
    );
  });

  it('believes none of a trust domain that is no more', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('spiffe://b.test', 'spiffe://never.test'));
    assert.deepEqual(await next(stream), [['spiffe://b.test'], ['spiffe://never.test']]);
    door.identities.push(update([identity('/web')], { federatedBundles: [A] }));
    const { secrets, removed } = changesIn(await stream.next());
    assert.deepEqual([Object.keys(secrets), removed], [['spiffe://b.test'], []]);
    assert.notDeepEqual(secrets['spiffe://b.test'], { 'b.test': pem('rootB') });
  });

  it('knows what Envoy brings from an earlier stream', async () => {
    const stream = openDelta(door);
    stream.ask({});
    const { resources } = await stream.next();
    const versions = Object.fromEntries(resources.map(({ name, version }) => [name, version]));
    const back = openDelta(door);
    door.identities.push(update([identity('/db')], { federatedBundles: [A, bundleOf('c.test', 'rootC')] }));
    back.ask({
      initial_resource_versions: { ...versions, 'spiffe://gone.test': 'x'.repeat(1_000), none: '' },
    });
    const { secrets, removed } = changesIn(await back.next());
    assert.deepEqual(Object.keys(secrets).sort(), [
      'spiffe://b.test',
      'spiffe://c.test',
      'spiffe://gone.test',
    ]);
    assert.deepEqual([...removed].sort(), ['none', 'spiffe://example.org/web']);
  });

  it('sends everything to whose first request names nothing, until that is unsubscribed', async () => {
    const stream = openDelta(door);
    stream.ask({});
    assert.equal((await next(stream))[0].length, 5);
    door.identities.push(update([identity('/web')], { federatedBundles: [A, B] }));
    assert.deepEqual(await next(stream), [[], ['spiffe://example.org/db']]);
    stream.ask({ ...unsubscribe('*'), ...subscribe('default') });
    assert.deepEqual(await next(stream), [['default'], []]);
    door.identities.push(update([identity('/new')], { bundle: bundleOf('example.org', 'root3') }));
    assert.deepEqual(await next(stream), [['default'], []]);
  });

  it('logs that Envoy did not take a secret, and sends no other one until there is one', async () => {
    const stream = openDelta(door);
    stream.ask(subscribe('default'));
    const { nonce } = await stream.next();
    stream.ask({ response_nonce: nonce, error_detail: { code: Code.internal, message: 'bad key' } });
    await until(() => door.log.lines.some(({ level }) => level === 'error'));
    door.identities.push(update([identity('/web'), identity('/more')]));
    door.identities.push(update([identity('/next')]));
    assert.equal((await stream.next()).system_version_info, '2');
    const [line] = door.log.lines.filter(({ level }) => level === 'error');
    assert.deepEqual([line?.fields['names'], line?.fields['error']], [['default'], 'bad key']);
  });

  it('goes by what the node can do', async () => {
    const stream = openDelta(door);
    stream.ask({ ...subscribe('ROOTCA'), node: PLAIN_NODE });
    assert.deepEqual(changesIn(await stream.next()).secrets, { ROOTCA: { trustedCa: ROOTS } });
  });

  it('answers PermissionDenied to a process without an identity', async () => {
    door.identities.push(update([]));
    const denied = { code: Code.permissionDenied, message: 'no identity issued' };
    await assert.rejects(openDelta(door).next(), denied);
  });

  it('bounds the names of all requests together', async () => {
    const stream = openDelta(door);
    const names = (from: number): readonly string[] => Array.from({ length: 200 }, (_, at) => `${from + at}`);
    stream.ask(subscribe(...names(0)));
    assert.equal((await stream.next()).removed_resources.length, 200);
    stream.ask(subscribe(...names(200)));
    await assert.rejects(stream.next(), { code: Code.invalidArgument, message: /more than 256 names/ });
  });
});
