/** Secrets in configurations do not print. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { test } from 'node:test';
import { SecretText } from '../../../shared/config/secret-text.ts';

test('a secret shows itself only when asked', () => {
  const secret = new SecretText('hunter2');
  for (const shown of [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 5, showHidden: true }),
  ]) {
    assert.doesNotMatch(shown, /hunter2/);
  }
  assert.equal(secret.reveal(), 'hunter2');
});
