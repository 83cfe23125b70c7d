import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe } from 'node:test';
import { parseProcStatus } from '../../agent/attest-workload/proc-status.ts';
import { Peers } from '../../agent/attest-workload/peers.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { linuxPeerKernel, type PeerKernel } from '../../shared/rpc/peer-kernel.ts';
import { FakePeer } from '../fakes/peer.ts';
import { peerContract, type PeerCase } from './peer.ts';

async function realPeer(kernel: PeerKernel): Promise<PeerCase> {
  const peers = new Peers({ kernel, procPath: '/proc', requirePeerPidfd: false, log: silentLogger });
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  await once(child, 'spawn');
  const end = async (): Promise<void> => {
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const { supplementaryGids: groups } = parseProcStatus(readFileSync('/proc/self/status', 'latin1'));
  return { peer: peers.open(child.pid ?? 0), groups, end };
}

const linux = linuxPeerKernel();
describe('a process that is held', () => peerContract(() => realPeer(linux)));
describe('a process that is held, on Linux 5.2', () =>
  peerContract(() => realPeer({ ...linux, peerPidfd: () => undefined, openPidfd: () => undefined })));
describe('a fake process', () =>
  peerContract(async () => {
    const peer = new FakePeer({ groups: [4, 20] });
    const end = async (): Promise<void> => {
      peer.isAlive = false;
    };
    return { peer, groups: [4, 20], end };
  }));
