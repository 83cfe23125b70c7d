import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { keys } from '../../../../server/oidc/endpoints/keys.ts';
import { KeySet } from '../../../../server/oidc/key-set.ts';
import type { TokenAuthority } from '../../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../../shared/clock.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { authorityOf } from '../token-authorities.ts';

const START = new Date('2026-01-01T00:00:00.750Z');
const NOT_KEPT = { 'cache-control': 'no-cache, no-store, must-revalidate', pragma: 'no-cache', expires: '0' };

describe('the key set', () => {
  let short: TokenAuthority;
  let long: TokenAuthority;
  before(async () => {
    short = await authorityOf('short', { expiresAt: addSeconds(START, 10) });
    long = await authorityOf('long', { expiresAt: addSeconds(START, 60) });
  });

  function served({ setKeyUse = false } = {}) {
    const clock = new FakeClock(START);
    const poll: { current: KeySet | undefined } = { current: undefined };
    const endpoint = keys({ keys: poll, setKeyUse, clock });
    const ask = (ifModifiedSince?: Date) => endpoint({ host: undefined, isSecure: false, ifModifiedSince });
    const put = (...authorities: TokenAuthority[]): void => {
      poll.current = new KeySet(authorities, clock.now());
    };
    const ids = () => (JSON.parse(ask().body) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
    return { clock, ask, put, ids };
  }

  it('is not there before it was had, in the words of SPIRE', () => {
    const { status, body, headers } = served().ask();
    assert.deepEqual([status, body], [500, 'document not available\n']);
    assert.deepEqual(headers, { 'content-type': 'text/plain; charset=utf-8', ...NOT_KEPT });
  });

  it('is not implemented where there are no keys, and where none is left', async () => {
    const { put, ask, clock } = served();
    put();
    assert.equal(ask().status, 501);
    put(short);
    assert.equal(ask().status, 200);
    await clock.advance(10_000);
    assert.equal(ask().status, 501);
    assert.equal(ask(new Date('2030-01-01')).status, 501);
  });

  it('is kept by nobody, and says when it changed', () => {
    const { put, ask } = served();
    put(short, long);
    const { status, headers, body } = ask();
    assert.equal(status, 200);
    assert.deepEqual(headers, {
      'content-type': 'application/json',
      ...NOT_KEPT,
      'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT',
    });
    assert.match(
      body,
      /^\{\n {2}"keys": \[\n {4}\{\n {6}"kty": "EC",\n {6}"kid": "short",\n {6}"crv": "P-256",\n/,
    );
  });

  it('says what keys are for where that is asked for', () => {
    const { put, ask } = served({ setKeyUse: true });
    put(short);
    assert.match(ask().body, /^\{\n {2}"keys": \[\n {4}\{\n {6}"use": "sig",\n {6}"kty": "EC",/);
  });

  it('follows the bundle, and the ends of keys between two looks at it', async () => {
    const { put, ids, clock } = served();
    put(short, long);
    assert.deepEqual(ids(), ['short', 'long']);
    await clock.advance(10_000);
    assert.deepEqual(ids(), ['long']);
    put(await authorityOf('new'));
    assert.deepEqual(ids(), ['new']);
  });

  it('is shown again where a clock that was wrong is set back', async () => {
    const { put, ids, clock } = served();
    put(short, long);
    clock.jump(addSeconds(START, 30));
    assert.deepEqual(ids(), ['long']);
    clock.jump(addSeconds(START, 1));
    assert.deepEqual(ids(), ['short', 'long']);
  });

  it('need not be sent again to who has it', async () => {
    const { put, ask, clock } = served();
    put(short, long);
    const at = new Date(ask().headers['last-modified'] ?? '');
    const known = ask(at);
    assert.deepEqual([known.status, known.body], [304, '']);
    assert.equal(ask(addSeconds(at, -1)).status, 200);
    await clock.advance(10_000);
    assert.equal(ask(at).status, 200);
  });
});
