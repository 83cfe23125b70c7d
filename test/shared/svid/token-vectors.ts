/** Reads the vectors of tokens: a header, the token, the bundle. Used by the tests of both kinds. */
import { readdirSync, readFileSync } from 'node:fs';
import { parseBundleJson } from '../../../shared/bundle/bundle-json.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';

export interface TokenVector {
  readonly file: string;
  readonly expect: string;
  readonly at: Date;
  readonly audience: string;
  readonly token: string;
  readonly bundle: Bundle;
}

export function readTokenVectors(kind: 'jwt-svid' | 'wit-svid'): readonly TokenVector[] {
  const folder = new URL(`../../vectors/${kind}/`, import.meta.url);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.txt'))
    .map((file) => readVector(file, readFileSync(new URL(file, folder), 'utf8')));
}

function readVector(file: string, text: string): TokenVector {
  const [head = '', token = '', ...keys] = text.split('\n\n');
  const header = new Map(
    head
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)] as const),
  );
  const field = (name: string): string => header.get(name) ?? '';
  return {
    file,
    expect: field('expect'),
    at: new Date(field('at')),
    audience: field('audience'),
    token,
    bundle: parseBundleJson(keys.join('\n\n'), TrustDomain.parse(field('bundle'))),
  };
}
