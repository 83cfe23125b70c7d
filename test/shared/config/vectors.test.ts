/** The files of test/vectors/config: valid ones load, invalid ones fail just as their first line says. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { loadAgentConfig } from '../../../agent/config.ts';
import { loadServerConfig } from '../../../server/config.ts';
import { faultsOf } from './faults-of.ts';

const VECTORS = join(import.meta.dirname, '../../vectors/config');

const load = (name: string, text: string) =>
  name.startsWith('agent-') ? loadAgentConfig({ path: name, text }) : loadServerConfig({ path: name, text });

describe('configuration vectors', () => {
  for (const name of readdirSync(join(VECTORS, 'valid'))) {
    test(`loads ${name}`, () => {
      const { config } = load(name, readFileSync(join(VECTORS, 'valid', name), 'utf8'));
      assert.equal(config.trustDomain.name, 'example.org');
      assert.ok(Object.isFrozen(config));
    });
  }

  for (const name of readdirSync(join(VECTORS, 'invalid'))) {
    test(`refuses ${name}`, () => {
      const text = readFileSync(join(VECTORS, 'invalid', name), 'utf8');
      const expected = /^# expect: (.*)$/m.exec(text)?.[1];
      assert.deepEqual(
        faultsOf(() => load(name, text)),
        [`${name}:${expected}`],
      );
    });
  }
});
