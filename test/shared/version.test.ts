import assert from 'node:assert/strict';
import { test } from 'node:test';
import packageJson from '../../package.json' with { type: 'json' };
import { VERSION } from '../../shared/version.ts';

test('the version is that of the package', () => assert.equal(VERSION, packageJson.version));
