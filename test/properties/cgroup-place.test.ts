import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { onePlace, placeIn } from '../../agent/attest-workload/cgroup-place.ts';
import { parsePodList } from '../../agent/attest-workload/k8s/pod-list.ts';
import { cgroupMountRoots } from '../../agent/attest-workload/mountinfo.ts';
import { CodedError } from '../../shared/errors.ts';

const hex = (length: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: length, maxLength: length });
const containerId = hex(64);
const podUid = fc.tuple(hex(8), hex(4), hex(4), hex(4), hex(12)).map((parts) => parts.join('-'));
/** As the drivers and runtimes write them. */
const pathOf = (shape: number, pod: string, id: string): string =>
  [
    `/kubepods/burstable/pod${pod}/${id}`,
    `/kubepods.slice/kubepods-pod${pod.replaceAll('-', '_')}.slice/cri-containerd-${id}.scope`,
    `/kubepods-besteffort-pod${pod.replaceAll('-', '_')}.slice:cri-containerd:${id}`,
    `/../../pod${pod}/crio-${id}`,
  ][shape] ?? '';
const shape = fc.nat({ max: 3 });
/** What a process with a delegated cgroup may call those below its own. */
const below = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replaceAll('/', '')),
    containerId,
    podUid.map((uid) => `pod${uid}`),
    fc.constantFrom('kubepods', '..', 'libpod_parent', 'user@0.service', 'crio-', 'init.scope'),
  ),
  { maxLength: 6 },
);

const found = (path: string, own = '/'): ReturnType<typeof placeIn> | 'refused' => {
  try {
    return placeIn(path, own);
  } catch (error) {
    assert.ok(error instanceof CodedError, String(error));
    return 'refused';
  }
};

describe('readers of cgroups', () => {
  it('find pod and container in every shape', () => {
    fc.assert(
      fc.property(shape, podUid, containerId, (which, pod, id) => {
        assert.deepEqual(placeIn(pathOf(which, pod, id), '/'), {
          containerId: id,
          podUid: pod,
          isOfUser: false,
        });
      }),
    );
  });

  it('take a container for no other, whatever it makes below its own cgroup', () => {
    fc.assert(
      fc.property(fc.tuple(shape, podUid, containerId), below, ([which, pod, id], names) => {
        const place = found([pathOf(which, pod, id), ...names].join('/'));
        if (place === 'refused') return;
        assert.equal(place?.containerId, id);
        assert.equal(place.podUid, pod);
      }),
    );
  });

  it('take a container that is in no pod for none, whatever it makes below', () => {
    fc.assert(
      fc.property(containerId, below, (id, names) => {
        const place = found([`/system.slice/docker-${id}.scope`, ...names].join('/'));
        if (place === 'refused') return;
        assert.equal(place?.containerId, id);
        assert.equal(place.podUid, undefined);
      }),
    );
  });

  it("take a user's process for nobody's, whatever it makes below its systemd", () => {
    fc.assert(
      fc.property(below, (names) => {
        const place = found(['/user.slice/user-1000.slice/user@1000.service', ...names].join('/'));
        assert.ok(place === undefined || place === 'refused' || place.isOfUser);
      }),
    );
  });

  it('find the same whatever stands above the agent too', () => {
    fc.assert(
      fc.property(fc.tuple(shape, podUid, containerId), containerId, ([which, pod, id], node) => {
        const path = `/docker/${node}${pathOf(which, pod, id)}`;
        assert.equal(found(path), 'refused');
        assert.deepEqual(found(path, `/docker/${node}/system.slice/agent`), {
          containerId: id,
          podUid: pod,
          isOfUser: false,
        });
      }),
    );
  });

  it('agree or refuse where hierarchies differ', () => {
    const place = fc.record({
      containerId: fc.constantFrom('a', 'b'),
      podUid: fc.option(fc.constantFrom('p', 'q'), { nil: undefined }),
      isOfUser: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(place), (places) => {
        const pods = new Set<string>(places.flatMap((one) => one.podUid ?? []));
        try {
          const one = onePlace(places);
          assert.ok(pods.size <= 1);
          assert.equal(one === undefined, places.length === 0);
          if (pods.size === 1) assert.ok(pods.has(one?.podUid ?? ''));
        } catch (error) {
          assert.ok(error instanceof CodedError, String(error));
        }
      }),
    );
  });

  it('find the roots of mounts behind any names', () => {
    const name = fc.string({ maxLength: 20 }).map((text) => text.replace(/[\s\\]/g, '_'));
    fc.assert(
      fc.property(name, name, (root, point) => {
        const text = `1 2 0:3 /${root}\\040x /${point} rw shared:1 - cgroup2 ${point} rw\n2 2 0:4 /other /y rw - tmpfs cgroup2 rw\n`;
        assert.deepEqual(cgroupMountRoots(text), [`/${root} x`]);
      }),
    );
  });

  it('survive any bytes and any JSON', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.string({ unit: 'binary' }),
        fc.json(),
        (bytes, text, json) => {
          found(text, text.slice(0, 5));
          cgroupMountRoots(text);
          for (const list of [bytes, Buffer.from(`{"items":${json}}`), Buffer.from(`{"items":[${json}]}`)]) {
            try {
              parsePodList(list);
            } catch (error) {
              assert.ok(error instanceof CodedError, String(error));
            }
          }
        },
      ),
    );
  });
});
