import { test } from 'node:test';
import { manyWorkloads } from '../slow/many-workloads.ts';

test('a hundred native processes with ten streams each, through ten rotations, always have a valid SVID', (t) =>
  manyWorkloads(10, (text) => t.diagnostic(text)));
