import { test } from 'node:test';
import { strikeAndRecover } from './recovery.ts';

test('what is killed comes back, nothing acknowledged is lost, and workloads keep their identities', (t) =>
  strikeAndRecover(20, (text) => t.diagnostic(text)));
