/** The handbook beside the library; that its programs run is shown by the package suite of test/interop. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { describe, it } from 'node:test';
import * as library from '../../../shared/client/index.ts';
import { HANDBOOK, programsOf } from '../../handbook.ts';

const programs = programsOf(HANDBOOK);

describe('the handbook of the client library', () => {
  it('has programs for each kind of server and client', () => {
    assert.deepEqual([...programs.keys()].sort(), [
      'bundles.ts',
      'greeter.ts',
      'grpc-client.ts',
      'grpc-server.ts',
      'https-client.ts',
      'https-server.ts',
      'tls-client.ts',
      'tls-server.ts',
      'token.ts',
      'watch.ts',
    ]);
  });

  for (const [name, text] of programs) {
    it(`has a ${name} that can be read, and takes from the library what it has`, () => {
      stripTypeScriptTypes(text);
      for (const [, names = ''] of text.matchAll(/import \{([^}]*)\} from 'writ\/client'/g)) {
        for (const taken of names.split(',').map((one) => one.trim())) assert.ok(taken in library, taken);
      }
    });
  }

  it('speaks of every value that the library exports', () => {
    const text = readFileSync(HANDBOOK, 'utf8');
    const unnamed = Object.keys(library).filter((name) => !new RegExp(`\\b${name}\\b`).test(text));
    assert.deepEqual(unnamed, []);
  });
});
