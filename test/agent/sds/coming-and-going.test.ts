/** Secrets that are not there yet, and trust domains that are no more. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { bundleOf, Door, identity, update } from '../workload-api/door.ts';
import { namesIn, openStream, pem, PLAIN_NODE as plainNode, secretsIn } from './xds.ts';

const ROOTS = pem('root1,', 'root2');
const [A, B] = [bundleOf('a.test', 'rootA'), bundleOf('b.test', 'rootB')];

describe('a stream of SDS', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    await door.start();
    door.identities.push(update([identity('/web'), identity('/db')], { federatedBundles: [B, A] }));
  });
  afterEach(() => door.stop());

  it('sends a name that means nothing yet when it does, and the others at once', async () => {
    const stream = openStream(door);
    stream.ask(['spiffe://example.org/late', 'default', 'spiffe://late.test']);
    const first = await stream.next();
    assert.deepEqual(namesIn(first), ['default']);
    const late = identity('/late');
    door.identities.push(update([identity('/web'), late]));
    const second = await stream.next();
    assert.deepEqual(namesIn(second), ['spiffe://example.org/late', 'default']);
    const federatedBundles = [bundleOf('late.test', 'rootL')];
    door.identities.push(update([identity('/web'), late], { federatedBundles }));
    const third = secretsIn(await stream.next());
    assert.deepEqual(third['spiffe://late.test'], { 'late.test': pem('rootL') });
    const lines = door.log.lines.filter(({ level }) => level === 'warn');
    assert.deepEqual(
      lines.map(({ fields }) => fields['names']),
      [['spiffe://example.org/late', 'spiffe://late.test'], ['spiffe://late.test']],
    );
  });

  it('takes a trust domain that is no more out of ALL, and believes none of it under its own name', async () => {
    const stream = openStream(door);
    stream.ask(['ALL', 'spiffe://b.test', 'spiffe://never.test']);
    stream.acknowledge(['ALL', 'spiffe://b.test'], await stream.next());
    door.identities.push(update([identity('/web')], { federatedBundles: [A] }));
    const second = secretsIn(await stream.next());
    assert.deepEqual(second['ALL'], { 'a.test': pem('rootA'), 'example.org': ROOTS });
    const gone = second['spiffe://b.test'] as Record<string, string>;
    assert.deepEqual(Object.keys(gone), ['b.test']);
    assert.match(gone['b.test'] ?? '', /^-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----\n$/);
    assert.notEqual(gone['b.test'], pem('rootB'));
    assert.deepEqual(Object.keys(second), ['ALL', 'spiffe://b.test']);
    door.identities.push(update([identity('/web')], { federatedBundles: [A, B] }));
    assert.deepEqual(secretsIn(await stream.next())['spiffe://b.test'], { 'b.test': pem('rootB') });
  });

  it('does the same for an Envoy that comes back and asks for it, having held it', async () => {
    door.identities.push(update([identity('/web')]));
    const fresh = openStream(door);
    fresh.ask(['spiffe://b.test', 'default']);
    assert.deepEqual(namesIn(await fresh.next()), ['default']);
    const back = openStream(door);
    back.ask(['spiffe://b.test', 'spiffe://example.org/gone'], { version_info: '7' });
    const gone = secretsIn(await back.next());
    assert.deepEqual(Object.keys(gone), ['spiffe://b.test']);
    assert.notDeepEqual(gone['spiffe://b.test'], { 'b.test': pem('rootB') });
    const plain = openStream(door);
    plain.ask(['spiffe://b.test'], { version_info: '7', node: plainNode });
    assert.match(JSON.stringify(secretsIn(await plain.next())), /"trustedCa":"-----BEGIN CERTIFICATE/);
  });

  it('does the same for who asked for everything', async () => {
    const stream = openStream(door);
    stream.ask([]);
    stream.acknowledge([], await stream.next());
    door.identities.push(update([identity('/web')]));
    assert.deepEqual(namesIn(await stream.next()).toSorted(), [
      'spiffe://a.test',
      'spiffe://b.test',
      'spiffe://example.org',
      'spiffe://example.org/web',
    ]);
  });
});
