import { test } from 'node:test';
import { strikeAndRecover } from '../slow/recovery.ts';

test('what is killed comes back, a hundred times over', (t) =>
  strikeAndRecover(100, (text) => t.diagnostic(text)));
