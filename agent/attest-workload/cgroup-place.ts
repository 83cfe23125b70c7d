/**
 * Reads which container and pod a cgroup's path names, in the shapes that cgroupfs and systemd drivers, containerd, cri-o,
 * docker and podman give it. Pure text. Called by container-id.
 *
 * What stands further down a path is less to be believed: who has a cgroup delegated to it makes others below, with any
 * name. So a path is read from its root, and one that goes on to name another pod or container is refused.
 * DIVERGES: SPIRE takes the last container ID of a path and the last pod UID before it, so that a container could name
 * another pod and container below its own cgroup and be taken for them.
 */
import { Code, CodedError } from '../../shared/errors.ts';

export interface ContainerPlace {
  /** 64 hexadecimal digits. */
  readonly containerId: string;
  /** As Kubernetes writes it, or 32 digits for a static pod; undefined where the path names none. */
  readonly podUid: string | undefined;
  /** Below a cgroup that may have been given to somebody who is no runtime, and who names what is below as he likes. */
  readonly isOfUser: boolean;
}

interface Mark {
  readonly kind: 'pod' | 'container';
  readonly value: string;
}

/** UIDs have underscores where systemd names slices; those of static pods are a hash (kubelet: pkg/kubelet/config). */
const MARK = /\bpod([\da-f]{8}(?:[-_][\da-f]{4}){3}[-_][\da-f]{12}|[\da-f]{32})\b|\b([\da-f]{64})\b/g;
/** Directly below it are podman's pods, whose IDs look like those of containers (cgroupfs driver). */
const PODMAN_PARENT = 'libpod_parent';
/**
 * Whom systemd, LXC, nspawn or PAM gives cgroups to: users, containers of machines, and services, which may run as a user and
 * have theirs delegated (a builder, a runner of jobs). DIVERGES: SPIRE believes names below them.
 */
const OF_OTHERS = /^(?:user|user\.slice|payload|machine-.*\.scope|lxc(?:[.@].*)?|.*\.service)$/;
const OF_RUNTIME =
  /^(?:containerd|crio|cri-o|docker|kubelet|k3s|k3s-agent|rke2-server|rke2-agent|snap\..*\.daemon-[a-z-]+)\.service$/;

/**
 * `own` is the path of the agent in the same hierarchy: what stands above the agent too names the machine that it runs on
 * (a node that is itself a container), not the process. Throws FailedPrecondition when the path names more than one.
 */
export function placeIn(path: string, own: string): ContainerPlace | undefined {
  const [segments, ownSegments] = [path.split('/'), own.split('/')];
  const shared = sharedCount(segments, ownSegments);
  const outer = marksIn(segments, 0, shared);
  const { pod, container } = checkMarks(marksIn(segments, shared, segments.length));
  const above = outer.at(-1);
  const isOfUser = beforeMarks(segments, shared).some(
    (segment) => OF_OTHERS.test(segment) && !OF_RUNTIME.test(segment),
  );
  if (container !== undefined) {
    // A neighbour in the agent's own pod, or a container that is in none that the path tells of.
    const podUid = pod ?? (above?.kind === 'pod' ? above.value : undefined);
    return { containerId: container, podUid, isOfUser };
  }
  if (pod !== undefined || above?.kind !== 'container') return undefined;
  // The agent's own container, or a machine in which the agent has one of its own.
  if (marksIn(ownSegments, 0, ownSegments.length).length > outer.length) return undefined;
  const around = outer.at(-2);
  const podUid = around?.kind === 'pod' ? around.value : undefined;
  return { containerId: above.value, podUid, isOfUser };
}

/** One place for all hierarchies. Throws FailedPrecondition when they name different ones. */
export function onePlace(found: readonly ContainerPlace[]): ContainerPlace | undefined {
  // Where some hierarchies know of pods, one that does not shows the runtime's own service or the machine.
  const withPod = found.filter(({ podUid }) => podUid !== undefined);
  const places = withPod.length > 0 ? withPod : found;
  const [podUid, otherPod] = distinct(places.map((place) => place.podUid ?? ''));
  if (podUid !== undefined && otherPod !== undefined) throw several('pod UIDs', podUid, otherPod);
  const [containerId, other] = distinct(places.map((place) => place.containerId));
  if (containerId !== undefined && other !== undefined) throw several('container IDs', containerId, other);
  const [first] = places;
  return first === undefined ? undefined : { ...first, isOfUser: places.some(({ isOfUser }) => isOfUser) };
}

function sharedCount(segments: readonly string[], own: readonly string[]): number {
  const at = segments.findIndex((segment, index) => segment !== own[index]);
  return at === -1 ? segments.length : at;
}

/** What stands above the first pod or container, below what the agent is in too. */
function beforeMarks(segments: readonly string[], from: number): readonly string[] {
  const first = segments.findIndex((_, at) => at >= from && marksIn(segments, at, at + 1).length > 0);
  return segments.slice(from, first === -1 ? undefined : first);
}

/** Each once, from the root. */
function marksIn(segments: readonly string[], from: number, to: number): readonly Mark[] {
  const marks = new Map<string, Mark>();
  for (let at = from; at < to; at += 1) {
    if (segments[at - 1] === PODMAN_PARENT) continue;
    for (const [, pod, container] of (segments[at] ?? '').matchAll(MARK)) {
      const mark: Mark =
        pod === undefined
          ? { kind: 'container', value: container ?? '' }
          : { kind: 'pod', value: pod.replaceAll('_', '-') };
      marks.set(mark.value, mark);
    }
  }
  return [...marks.values()];
}

/** A pod, a container, or a container in a pod: nothing else is of a runtime's making. */
function checkMarks(marks: readonly Mark[]): { readonly pod?: string; readonly container?: string } {
  const [pod, otherPod] = marks.filter(({ kind }) => kind === 'pod');
  const [container, otherContainer] = marks.filter(({ kind }) => kind === 'container');
  if (pod !== undefined && otherPod !== undefined) throw several('pod UIDs', pod.value, otherPod.value);
  if (container !== undefined && otherContainer !== undefined)
    throw several('container IDs', container.value, otherContainer.value);
  if (pod !== undefined && container !== undefined && marks[0] === container)
    throw refused(`pod UID "${pod.value}" found below container ID "${container.value}"`);
  return {
    ...(pod === undefined ? {} : { pod: pod.value }),
    ...(container === undefined ? {} : { container: container.value }),
  };
}

const distinct = (values: readonly string[]): readonly string[] => [...new Set(values)];

/** The text of SPIRE. */
const several = (what: string, first: string, second: string): CodedError =>
  refused(`multiple ${what} found ("${first}", "${second}")`);

const refused = (message: string): CodedError => new CodedError(Code.failedPrecondition, message);
