/** The handbook beside the library; that its programs run is shown by the package suite of test/interop. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, it } from 'node:test';
import * as forGrpc from '../../../shared/client/grpc/index.ts';
import * as library from '../../../shared/client/index.ts';
import * as forUndici from '../../../shared/client/undici.ts';
import packageJson from '../../../package.json' with { type: 'json' };
import { HANDBOOK, programsOf } from '../../handbook.ts';

const programs = programsOf(HANDBOOK);

/** What the package exports, under its names. */
const exported: Readonly<Record<string, object>> = {
  'writ/client': library,
  'writ/client/grpc': forGrpc,
  'writ/client/undici': forUndici,
};

describe('the handbook of the client library', () => {
  it('has programs for each kind of server and client', () => {
    assert.deepEqual([...programs.keys()].sort(), [
      'bundles.ts',
      'express-server.ts',
      'fastify-server.ts',
      'fetch-client.ts',
      'greeter.ts',
      'grpc-client.ts',
      'grpc-server.ts',
      'https-client.ts',
      'https-server.ts',
      'jwt-client.ts',
      'jwt-server.ts',
      'tls-client.ts',
      'tls-server.ts',
      'token.ts',
      'watch.ts',
    ]);
  });

  for (const [name, text] of programs) {
    it(`has a ${name} that can be read, and takes from the library what it has`, () => {
      stripTypeScriptTypes(text);
      for (const [, names = '', from = ''] of text.matchAll(/import \{([^}]*)\} from '(writ\/[^']*)'/g)) {
        for (const taken of names.split(',').map((one) => one.trim()))
          assert.ok(taken === '' || taken in (exported[from] ?? {}), taken);
      }
    });
  }

  it('speaks of every value that the library exports, and the package exports what it speaks of', () => {
    const text = readFileSync(HANDBOOK, 'utf8');
    assert.deepEqual(
      Object.keys(packageJson.exports).map((name) => name.replace('./', 'writ/')),
      Object.keys(exported),
    );
    const unnamed = Object.values(exported)
      .flatMap(Object.keys)
      .filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    assert.deepEqual(unnamed, []);
  });
});
