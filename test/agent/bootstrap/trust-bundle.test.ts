import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { findServerTrust } from '../../../agent/bootstrap/trust-bundle.ts';
import { formatBundle } from '../../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { Code } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { makeRoot } from '../../shared/crypto/pki.ts';

const trustDomain = TrustDomain.parse('example.org');
const root = (await makeRoot()).certificate.raw;
const other = (await makeRoot()).certificate.raw;

describe('what the agent trusts a server by', () => {
  const directory = mkdtempSync(join(tmpdir(), 'writ-bootstrap-'));
  after(() => rmSync(directory, { recursive: true }));

  const write = (text: string): string => {
    const path = join(directory, 'bundle');
    writeFileSync(path, text);
    return path;
  };
  const find = (text: string, format: 'pem' | 'spiffe') =>
    findServerTrust({ stored: [], config: { kind: 'bundle-file', path: write(text), format }, trustDomain });

  it('is the stored bundle where there is one, whatever is configured', () => {
    const trust = findServerTrust({ stored: [root], config: { kind: 'insecure' }, trustDomain });
    assert.deepEqual(trust, { kind: 'authorities', authorities: [root] });
  });

  it('is a file of certificates', () => {
    const text = `# two of them\n${formatPem('CERTIFICATE', root)}${formatPem('CERTIFICATE', other)}`;
    assert.deepEqual(find(text, 'pem'), { kind: 'authorities', authorities: [root, other] });
  });

  it('is a SPIFFE bundle', () => {
    const text = formatBundle({
      trustDomain,
      x509Authorities: [{ certificate: root, tainted: false }],
      jwtAuthorities: [],
      witAuthorities: [],
      refreshHintSeconds: 0,
      sequenceNumber: 1,
    });
    assert.deepEqual(find(text, 'spiffe'), { kind: 'authorities', authorities: [root] });
  });

  for (const [what, text, format, says] of [
    ['an empty file', '', 'pem', /holds no X.509 authority/],
    ['a bundle without keys', '{"keys":[]}', 'spiffe', /holds no X.509 authority/],
    ['a private key', formatPem('PRIVATE KEY', root), 'pem', /PEM block is "PRIVATE KEY"/],
    ['a certificate that is none', formatPem('CERTIFICATE', Uint8Array.of(1, 2, 3)), 'pem', /malformed/],
    ['PEM where JSON is expected', formatPem('CERTIFICATE', root), 'spiffe', /bundle is not JSON/],
  ] as const) {
    it(`is not ${what}`, () =>
      assert.throws(() => find(text, format), { code: Code.failedPrecondition, message: says }));
  }

  it('is asked for, naming the key, where there is none', () => {
    assert.throws(
      () => findServerTrust({ stored: [], config: { kind: 'stored-only' }, trustDomain }),
      /give trust_bundle_path/,
    );
    const config = { kind: 'bundle-file', path: join(directory, 'missing'), format: 'pem' } as const;
    assert.throws(() => findServerTrust({ stored: [], config, trustDomain }), /ENOENT/);
  });
});
