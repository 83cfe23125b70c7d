import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Code, CodedError } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { isRefusal } from '../../refusal.ts';

/** Lines of a vector file, comments left out: a JSON string, then whatever stands after the tab. */
function readVectors(name: string): readonly (readonly [string, string])[] {
  const text = readFileSync(new URL(`../../vectors/spiffe-id/${name}.txt`, import.meta.url), 'utf8');
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return lines.map((line) => {
    const [literal = '', words = ''] = line.split('\t');
    return [JSON.parse(literal) as string, words] as const;
  });
}

test('accepts every valid SPIFFE ID of the vectors and writes it as it was', () => {
  const vectors = readVectors('valid');
  assert.ok(vectors.length > 100);
  for (const [text] of vectors) assert.equal(SpiffeId.parse(text).toString(), text);
});

test('refuses every invalid SPIFFE ID of the vectors with its reason', () => {
  const vectors = readVectors('invalid');
  assert.ok(vectors.length > 400);
  for (const [text, words] of vectors) {
    assert.throws(
      () => SpiffeId.parse(text),
      isRefusal(Code.invalidArgument, words),
      `${JSON.stringify(text)} should be refused: ${words}`,
    );
  }
});

test('the vectors try each of the code points 0 to 255 in both places', () => {
  const all = new Set([...readVectors('valid'), ...readVectors('invalid')].map(([text]) => text));
  for (let point = 0; point < 256; point++) {
    const character = String.fromCodePoint(point);
    assert.ok(all.has(`spiffe://a${character}b/p`), `trust domain, ${point}`);
    assert.ok(all.has(`spiffe://td/a${character}b`), `path, ${point}`);
  }
});

test('takes an ID apart', () => {
  const id = SpiffeId.parse('spiffe://example.org/ns/prod');
  assert.equal(id.trustDomain.name, 'example.org');
  assert.equal(id.path, '/ns/prod');
  assert.equal(SpiffeId.parse('spiffe://example.org').path, '');
});

test('IDs are equal when trust domain and path are, and only then', () => {
  const id = SpiffeId.parse('spiffe://a/p');
  assert.ok(id.equals(SpiffeId.of(TrustDomain.parse('a'), '/p')));
  assert.ok(!id.equals(SpiffeId.parse('spiffe://a/P')));
  assert.ok(!id.equals(SpiffeId.parse('spiffe://b/p')));
  assert.ok(id.isMemberOf(TrustDomain.parse('spiffe://a')));
  assert.ok(!id.isMemberOf(TrustDomain.parse('a.b')));
});

test('refuses to make an ID of a path that it would not read', () => {
  const trustDomain = TrustDomain.parse('a');
  for (const path of ['p', '/', '/p/', '//p', '/..', '/p q']) {
    assert.throws(() => SpiffeId.of(trustDomain, path), CodedError, path);
  }
  assert.throws(() => SpiffeId.of(trustDomain, `/${'p'.repeat(2_048)}`), /longer than 2048 bytes/);
});
