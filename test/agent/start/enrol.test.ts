import assert from 'node:assert/strict';
import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AgentTestbed, TOKEN } from '../agent-testbed.ts';

test('a join token is not spent while the SVID that it brings could not be kept', async (t) => {
  const bed = await AgentTestbed.make();
  t.after(() => bed.stop());
  const inTheWay = join(bed.dataDir, `agent-data.json.${process.pid}.tmp`); // of what is written before it takes its name
  mkdirSync(inTheWay, { recursive: true, mode: 0o700 });
  await assert.rejects(bed.agent().start(), /agent-data\.json: cannot be written/);
  assert.ok(bed.server.agent.joinTokens.has(TOKEN));
  rmdirSync(inTheWay);
  await bed.started();
  assert.equal(bed.server.agent.joinTokens.has(TOKEN), false);
});
