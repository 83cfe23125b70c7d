import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe } from 'node:test';
import { workloadAttestors } from '../../agent/attest-workload/registry.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { realPeers } from '../agent/workload-api/door.ts';
import { workloadAttestorContract } from './workload-attestor.ts';

async function sleeping() {
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const end = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  return { peer: realPeers().open(child.pid ?? 0), end };
}

for (const discoverWorkloadPath of [false, true]) {
  const configs = { unix: { discoverWorkloadPath, workloadSizeLimit: 0 } };
  const attestors = workloadAttestors(configs, { clock: systemClock, log: silentLogger });
  for (const attestor of attestors)
    describe(`workload attestor ${attestor.name}${discoverWorkloadPath ? ' with the path' : ''}`, () =>
      workloadAttestorContract(() => ({ attestor, process: sleeping })));
}
