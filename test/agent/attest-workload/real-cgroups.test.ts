import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { containerLocator, ownProcess } from '../../../agent/attest-workload/container-id.ts';
import { workloadAttestors } from '../../../agent/attest-workload/registry.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeKubelet } from '../../fakes/kubelet.ts';
import { isRefusal } from '../../refusal.ts';
import { realPeers } from '../workload-api/door.ts';
import { Cgroups, writableHierarchy } from './cgroups.ts';
import { CONFIG, CONTAINER, INIT, POD, PODS } from './k8s/attesting.ts';

const hierarchy = writableHierarchy();
const skip = hierarchy === undefined && 'no cgroup can be made here';

describe('a process in a real cgroup', { skip }, () => {
  const cgroups = new Cgroups(hierarchy ?? '');
  const locate = containerLocator({ own: ownProcess(), usesMounts: true });
  after(() => cgroups.close());

  for (const [what, path] of [
    ['as the cgroupfs driver makes it', `kubepods/burstable/pod${POD}/${CONTAINER}`],
    [
      'as the systemd driver makes it',
      `kubepods.slice/kubepods-pod${POD.replaceAll('-', '_')}.slice/cri-containerd-${CONTAINER}.scope`,
    ],
  ] as const)
    it(`is found, ${what}, and nobody once it has ended`, async () => {
      const { pid, end } = await cgroups.sleeping(path);
      const peer = realPeers().open(pid);
      assert.deepEqual(locate(peer), { containerId: CONTAINER, podUid: POD, isOfUser: false });
      await end();
      assert.throws(() => locate(peer), isRefusal(Code.unavailable, 'the process is gone'));
      peer.close();
    });

  it('is refused where it made itself a pod below its container', async () => {
    const { pid } = await cgroups.sleeping(
      `kubepods/pod${POD}/${CONTAINER}/kubepods/pod${'0'.repeat(32)}/${INIT}`,
    );
    const peer = realPeers().open(pid);
    assert.throws(() => locate(peer), isRefusal(Code.failedPrecondition, /^multiple pod UIDs found/));
    peer.close();
  });

  describe('with a kubelet', () => {
    let kubelet: FakeKubelet;
    const ending = new AsyncDisposableStack();
    before(async () => {
      kubelet = await FakeKubelet.start({ after: (end) => ending.defer(async () => end()) });
      kubelet.pods = PODS;
    });
    after(() => ending.disposeAsync());

    it('has the selectors of its pod and container, and not those of the init container beside it', async () => {
      const { port, caPath, tokenPath } = kubelet;
      const login = { kind: 'token', path: tokenPath } as const;
      const secure = { kind: 'secure', port, caPath, login, reloadIntervalMs: 60_000 } as const;
      const configs = { k8s: { ...CONFIG, kubelet: secure } };
      const [attestor = assert.fail()] = workloadAttestors(configs, {
        clock: systemClock,
        log: silentLogger,
      });
      const names: string[] = [];
      for (const id of [CONTAINER, INIT]) {
        const { pid } = await cgroups.sleeping(`kubepods/burstable/pod${POD}/${id}`);
        const peer = realPeers().open(pid);
        const found = await attestor.attest(peer, new AbortController().signal);
        names.push(...found.flatMap(({ value }) => (/^(?:ns|container-name):/.test(value) ? [value] : [])));
        peer.close();
      }
      assert.deepEqual(names, ['ns:shop', 'container-name:app', 'ns:shop', 'container-name:migrate']);
    });
  });
});
