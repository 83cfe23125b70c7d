/** The k8s attestor with a kubelet that is a function. Used by the tests beside it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { k8s } from '../../../../agent/attest-workload/k8s/k8s.ts';
import type { KubeletClient } from '../../../../agent/attest-workload/k8s/kubelet-client.ts';
import type { Peer } from '../../../../agent/attest-workload/peer-info.ts';
import type { K8sAttestorConfig } from '../../../../agent/config/k8s-attestor-fields.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeLog } from '../../../fakes/log.ts';
import { FakePeer } from '../../../fakes/peer.ts';

export const POD = '2c48913c-b29f-11e7-9350-020968147796';
export const CONTAINER = '9bca8d63d5fa610783847915bcff0ecac1273e5b4bed3f6fa1b07350e0135961';
export const STATIC_POD = 'd4f5ab19f0a34bc1d1ab70f3b4bdf8c6';
/** Of the init container, the debugging one and the static pod's. */
export const [INIT, DEBUGGER, OF_STATIC] = ['b'.repeat(64), 'c'.repeat(64), 'd'.repeat(64)] as const;

/** A kubelet's answer, made by hand in the shape of Kubernetes 1.20 to 1.31. */
export const PODS = readFileSync(join(import.meta.dirname, '../../../vectors/kubelet/pods.json'), 'utf8');

/** An empty pod: its cgroup tells none. */
export const inContainer = (container = CONTAINER, pod = POD): FakePeer =>
  new FakePeer({
    files: {
      cgroup: pod === '' ? `0::/../crio-${container}.scope\n` : `0::/kubepods/pod${pod}/${container}\n`,
    },
  });

export const CONFIG: K8sAttestorConfig = {
  kubelet: { kind: 'read-only', port: 10_255 },
  nodeName: undefined,
  nodeNameEnv: 'MY_NODE_NAME',
  maxPollAttempts: 60,
  pollRetryIntervalMs: 500,
  disableContainerSelectors: false,
  useNewContainerLocator: true,
  verboseContainerLocatorLogs: false,
};

/** `answer` is asked each time; default: always PODS. */
export function attesting(
  answer: (times: number) => string | Promise<string> = () => PODS,
  config: Partial<K8sAttestorConfig> = {},
) {
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const asked = { times: 0 };
  const kubelet: KubeletClient = {
    listPods: async () => {
      asked.times += 1;
      return Buffer.from(await answer(asked.times));
    },
  };
  const own = {
    cgroups: () => '0::/system.slice/writ-agent.service\n',
    isInCgroupNamespace: () => false,
    userNamespace: () => 'user:[4026531837]',
  };
  const attestor = k8s({ config: { ...CONFIG, ...config }, kubelet, own, clock, log });
  const caller = new AbortController();
  const notes: string[] = [];
  const attest = async (peer: Peer): Promise<readonly string[]> =>
    (await attestor.attest(peer, caller.signal, (note) => notes.push(note))).map(
      ({ type, value }) => `${type}:${value}`,
    );
  return { attest, attestor, asked, caller, clock, log, notes };
}
