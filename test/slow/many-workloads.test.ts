import { test } from 'node:test';
import { manyWorkloads } from './many-workloads.ts';

test('a hundred native processes with ten streams each always have a valid SVID, and hear nothing twice', (t) =>
  manyWorkloads(3, (text) => t.diagnostic(text)));
