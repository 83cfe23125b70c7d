/** The reference pages are those that the shapes print. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { referencePages } from '../../../deploy/config/generate-reference.ts';

describe('reference pages', () => {
  for (const [name, page] of referencePages()) {
    test(`${name} is up to date`, () => {
      assert.equal(readFileSync(join(import.meta.dirname, '../../../deploy/config', name), 'utf8'), page);
    });
  }

  test('tell types, defaults, what is required and what is refused', () => {
    const page = referencePages().get('reference-server.md') ?? '';
    assert.match(page, /\| `bind_port` \| port \| `8081` \|/);
    assert.match(page, /\| `trust_domain` \| trust domain \| \(required\) \|/);
    assert.match(page, /\| `federation` \|  \|  \| refused, not supported yet/);
    assert.match(page, /Refused, not supported yet: `aws_pca`/);
  });
});
