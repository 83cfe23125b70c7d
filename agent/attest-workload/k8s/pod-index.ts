/** Finds the pod and the container of a process in what the kubelet listed. Used by k8s. */
import { internal } from '../../../shared/errors.ts';
import type { ContainerPlace } from '../cgroup-place.ts';
import type { Container, Pod, PodList } from './pod-list.ts';

export interface FoundPod {
  readonly pod: Pod;
  /** Undefined while the kubelet does not list it. */
  readonly container: Container | undefined;
}

export class PodIndex {
  readonly count: number;
  readonly unreadable: number;
  readonly #byUid = new Map<string, Pod[]>();
  readonly #byContainer = new Map<string, FoundPod[]>();

  constructor({ pods, unreadable }: PodList) {
    this.count = pods.length;
    this.unreadable = unreadable;
    for (const pod of pods) {
      add(this.#byUid, pod.uid, pod);
      for (const container of [...pod.containers, ...pod.initContainers, ...pod.ephemeralContainers])
        if (container.containerId !== undefined)
          add(this.#byContainer, container.containerId, { pod, container });
    }
  }

  /** In the pod that the place names, and in no other. Throws Internal when it is listed twice. */
  find({ podUid, containerId }: ContainerPlace): FoundPod | undefined {
    const found = (this.#byContainer.get(containerId) ?? []).filter(
      ({ pod }) => podUid === undefined || pod.uid === podUid,
    );
    return onlyOne(found);
  }

  /** The pod whose container is not there yet. Throws Internal when it is listed twice. */
  findPod({ podUid }: ContainerPlace): FoundPod | undefined {
    const pods = podUid === undefined ? [] : (this.#byUid.get(podUid) ?? []);
    return onlyOne(pods.map((pod) => ({ pod, container: undefined })));
  }
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const values = map.get(key);
  if (values === undefined) map.set(key, [value]);
  else values.push(value);
}

function onlyOne(found: readonly FoundPod[]): FoundPod | undefined {
  const [first, second] = found;
  if (second !== undefined) throw internal('two pods found with same container Id');
  return first;
}
