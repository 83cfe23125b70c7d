import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Code, unavailable } from '../../../../shared/errors.ts';
import { FakePeer } from '../../../fakes/peer.ts';
import { isRefusal } from '../../../refusal.ts';
import {
  attesting,
  CONTAINER,
  DEBUGGER,
  INIT,
  inContainer,
  OF_STATIC,
  POD,
  PODS,
  STATIC_POD,
} from './attesting.ts';

const OF_POD = [
  'k8s:sa:web',
  'k8s:ns:shop',
  'k8s:node-name:node1',
  `k8s:pod-uid:${POD}`,
  'k8s:pod-name:web-5d4f8c7b9-x2x4z',
  'k8s:pod-image-count:2',
  'k8s:pod-init-image-count:1',
  `k8s:pod-image:registry.local/web@sha256:${'1'.repeat(64)}`,
  'k8s:pod-image:registry.local/web:1',
  `k8s:pod-image:docker.io/envoyproxy/envoy@sha256:${'2'.repeat(64)}`,
  'k8s:pod-image:docker.io/envoyproxy/envoy:v1.31.0',
  `k8s:pod-init-image:sha256:${'3'.repeat(64)}`,
  'k8s:pod-init-image:registry.local/web-migrate:1',
  'k8s:pod-label:app:web',
  'k8s:pod-label:pod-template-hash:5d4f8c7b9',
  'k8s:pod-label:app.kubernetes.io/part-of:shop',
  'k8s:pod-label:empty:',
  'k8s:pod-owner:ReplicaSet:web-5d4f8c7b9',
  'k8s:pod-owner-uid:ReplicaSet:7aab2a0f-9a1b-4c5e-8b6e-0d4c1f3a2b10',
];
const OF_CONTAINER = [
  'k8s:container-name:app',
  `k8s:container-image:registry.local/web@sha256:${'1'.repeat(64)}`,
  'k8s:container-image:registry.local/web:1',
];

const GIVEN_UP = isRefusal(Code.deadlineExceeded, /^no selectors found after max poll attempts: container/);

/** The list with something changed in its items. */
const changed = (change: (items: readonly Item[]) => readonly unknown[]): string =>
  JSON.stringify({ items: change((JSON.parse(PODS) as { items: readonly Item[] }).items) });

interface Item {
  readonly metadata: { readonly uid: string };
  readonly spec: object;
}

describe('the k8s attestor', () => {
  it('gives what the kubelet says of the pod and of the container', async () => {
    const { attest, notes } = attesting();
    assert.deepEqual(await attest(inContainer()), [...OF_POD, ...OF_CONTAINER]);
    assert.deepEqual(notes, [
      `its cgroups name container ${CONTAINER} in pod ${POD}`,
      'the kubelet lists 3 pods; asked 1 times',
      'it is pod shop/web-5d4f8c7b9-x2x4z',
    ]);
  });

  for (const [what, container, selectors] of [
    [
      'an init container',
      INIT,
      [
        'k8s:container-name:migrate',
        `k8s:container-image:sha256:${'3'.repeat(64)}`,
        'k8s:container-image:registry.local/web-migrate:1',
      ],
    ],
    [
      'a container for debugging',
      DEBUGGER,
      [
        'k8s:container-name:debugger',
        `k8s:container-image:registry.local/busybox@sha256:${'4'.repeat(64)}`,
        'k8s:container-image:registry.local/busybox:1',
      ],
    ],
  ] as const)
    it(`finds ${what}`, async () => {
      assert.deepEqual(await attesting().attest(inContainer(container)), [...OF_POD, ...selectors]);
    });

  it('finds a static pod by its hash, and gives no selector of what it has not', async () => {
    const found = await attesting().attest(inContainer(OF_STATIC, STATIC_POD));
    assert.ok(found.includes('k8s:pod-owner:Node:node1'));
    assert.ok(!found.some((selector) => selector.startsWith('k8s:sa:')));
  });

  it('finds a container whose cgroup tells no pod', async () => {
    assert.deepEqual(await attesting().attest(inContainer(CONTAINER, '')), [...OF_POD, ...OF_CONTAINER]);
  });

  it('gives those of the pod alone when it is told to, also before the container is listed', async () => {
    const { attest } = attesting(undefined, { disableContainerSelectors: true });
    assert.deepEqual(await attest(inContainer()), OF_POD);
    assert.deepEqual(await attest(inContainer('e'.repeat(64))), OF_POD);
  });

  it('does not ask the kubelet about a process that is in no container, nor about one whose user names it', async () => {
    const { attest, asked, notes } = attesting();
    assert.deepEqual(await attest(new FakePeer({ files: { cgroup: '0::/system.slice/ssh.service\n' } })), []);
    const forged = `0::/user.slice/user-1000.slice/user@1000.service/kubepods/pod${POD}/${CONTAINER}\n`;
    assert.deepEqual(await attest(new FakePeer({ files: { cgroup: forged } })), []);
    assert.equal(asked.times, 0);
    assert.match(notes.join(), /name no container.*below a user's own systemd/);
  });

  it('waits for a container that is not listed yet', async () => {
    const { attest, asked, clock } = attesting((times) => (times < 4 ? '{"items":null}' : PODS));
    const found = attest(inContainer());
    await clock.advance(1_499);
    assert.equal(asked.times, 3);
    await clock.advance(1);
    assert.deepEqual(await found, [...OF_POD, ...OF_CONTAINER]);
  });

  it('gives up after so many attempts, and has time for them', async () => {
    const { attest, attestor, asked, clock } = attesting(() => '{"items":[]}', {
      maxPollAttempts: 100,
      pollRetryIntervalMs: 1_000,
    });
    const found = assert.rejects(attest(inContainer()), GIVEN_UP);
    await clock.advance(99_000);
    await found;
    assert.equal(asked.times, 100);
    assert.ok((attestor.timeoutMs ?? 0) > 100_000);
  });

  it('waits no longer for a process that is gone, nor for a caller who is', async () => {
    const { attest, asked, clock, caller } = attesting(() => '{"items":[]}');
    const [peer, other] = [inContainer(), inContainer()];
    const gone = assert.rejects(attest(peer), { message: 'the process is gone' });
    const left = assert.rejects(attest(other), { message: 'left' });
    await clock.advance(0);
    peer.isAlive = false;
    await clock.advance(500);
    await gone;
    caller.abort(unavailable('left'));
    await left;
    assert.equal(asked.times, 2);
    assert.equal(clock.sleeping, 0);
  });

  describe('is not misled by', () => {
    for (const [what, list, peer] of [
      [
        'the list of another node',
        changed((items) =>
          items.map(({ metadata, spec, ...item }) => ({
            ...item,
            metadata: { ...metadata, uid: metadata.uid.replaceAll('2', '3') },
            spec: { ...spec, nodeName: 'node2' },
          })),
        ),
        inContainer(),
      ],
      [
        'a pod of another name for the container',
        PODS,
        inContainer(CONTAINER, 'a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80'),
      ],
      ['a pod that is known, with another container', PODS, inContainer('e'.repeat(64))],
      [
        'a container ID with something behind it',
        PODS.replace(`containerd://${CONTAINER}`, `containerd://${CONTAINER}/x`),
        inContainer(),
      ],
      [
        'items that are no pods',
        JSON.stringify({ items: [null, 7, 'x', [], {}, { metadata: { uid: 5 } }] }),
        inContainer(),
      ],
    ] as const)
      it(what, async () => {
        const { attest } = attesting(() => list, { maxPollAttempts: 1 });
        await assert.rejects(attest(peer), GIVEN_UP);
      });

    for (const [what, list, config] of [
      [
        'two pods with one container',
        changed((items) => [...items, { ...items[0], metadata: { ...items[0]?.metadata, uid: 'other' } }]),
        {},
      ],
      ['one pod that is listed twice', changed((items) => [...items, items[0]]), {}],
      [
        'one pod that is listed twice, without its container',
        changed((items) => [...items, items[1], items[1]]),
        { disableContainerSelectors: true },
      ],
    ] as const)
      it(what, async () => {
        const { attest } = attesting(() => list, config);
        const peer =
          'disableContainerSelectors' in config
            ? inContainer('e'.repeat(64), 'a2830d0d-b0f0-4ff0-81b5-0ee4e299cf80')
            : inContainer(CONTAINER, what.startsWith('two') ? '' : POD);
        await assert.rejects(attest(peer), isRefusal(Code.internal, 'two pods found with same container Id'));
      });

    for (const [what, list] of [
      ['no JSON', '<html>'],
      ['half of a list', PODS.slice(0, -10)],
      ['a list of something else', '[]'],
      ['items that are no list', '{"items":{"length":1}}'],
    ] as const)
      it(what, async () => {
        await assert.rejects(
          attesting(() => list).attest(inContainer()),
          isRefusal(Code.internal, /^unable to parse kubelet response: /),
        );
      });
  });

  it('says how a container was found when it is told to', async () => {
    const { attest, log } = attesting(undefined, { verboseContainerLocatorLogs: true });
    await attest(inContainer());
    assert.deepEqual(
      log.lines.map(({ level, message, fields }) => [level, message, fields['file']]),
      [['debug', 'container is looked for', 'cgroup']],
    );
  });
});
