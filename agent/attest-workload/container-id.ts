/**
 * Which container and pod a process is in, by its cgroups (cgroups(7)). Everything is read through the held process, so that
 * it is never another's. Used by the attestors of container runtimes.
 */
import { readFileSync, readlinkSync } from 'node:fs';
import { type ContainerPlace, onePlace, placeIn } from './cgroup-place.ts';
import { cgroupMountRoots } from './mountinfo.ts';
import type { Peer } from './peer-info.ts';

/** The agent, as the kernel shows it to itself. */
export interface OwnProcess {
  /** `/proc/self/cgroup`. */
  cgroups(): string;
  /** Paths of others are then relative to the agent's own cgroup, and begin with `/..`. */
  isInCgroupNamespace(): boolean;
  /** Names the user namespace. */
  userNamespace(): string;
}

export interface LocatorOptions {
  readonly own: OwnProcess;
  /** Whether mounts may be looked at where cgroups tell nothing. */
  readonly usesMounts: boolean;
  /** What was read, for who wants to know. */
  readonly onRead?: (file: string, lines: readonly string[]) => void;
}

/** Undefined where the process is in no container; throws FailedPrecondition when it could be in several, Unavailable when it is gone. */
export type LocateContainer = (peer: Peer) => ContainerPlace | undefined;

const CGROUP_MAX_BYTES = 64 * 1024; // some fifteen hierarchies of version 1, with paths of 4,096
const MOUNTINFO_MAX_BYTES = 1024 * 1024; // ten times the mounts of a node with hundreds of volumes
const FIRST_CGROUP_NAMESPACE = 'cgroup:[4026531835]'; // PROC_CGROUP_INIT_INO (linux/proc_ns.h)

export const ownProcess = (): OwnProcess => ({
  cgroups: () => readFileSync('/proc/self/cgroup', 'latin1'),
  isInCgroupNamespace: () => readlinkSync('/proc/self/ns/cgroup') !== FIRST_CGROUP_NAMESPACE,
  userNamespace: () => readlinkSync('/proc/self/ns/user'),
});

export const containerLocator =
  (options: LocatorOptions): LocateContainer =>
  (peer) => {
    const { own, usesMounts, onRead } = options;
    const text = textOf(peer, 'cgroup', CGROUP_MAX_BYTES);
    const lines = cgroupLines(text);
    onRead?.('cgroup', text.split('\n'));
    const ownPaths = new Map(cgroupLines(own.cgroups()).map(({ hierarchy, path }) => [hierarchy, path]));
    const place = onePlace(
      lines.flatMap(({ hierarchy, path }) => placeIn(path, ownPaths.get(hierarchy) ?? '') ?? []),
    );
    return place ?? (usesMounts && own.isInCgroupNamespace() ? byMounts(peer, options) : undefined);
  };

/**
 * The root of its cgroup mounts, for a process whose cgroup hides behind a namespace. Mounts are no proof where a process
 * may make its own: in a user namespace anybody mounts any cgroup's directory that he sees. So it must be the agent's.
 * DIVERGES: SPIRE looks at the mounts first, and of any process: a user of the node could be taken for any pod by them.
 */
function byMounts(peer: Peer, { own, onRead }: LocatorOptions): ContainerPlace | undefined {
  if (peer.readProcLink('ns/user') !== own.userNamespace()) return undefined;
  const roots = cgroupMountRoots(textOf(peer, 'mountinfo', MOUNTINFO_MAX_BYTES));
  onRead?.('mountinfo', roots);
  return onePlace(roots.flatMap((root) => placeIn(root, '') ?? []));
}

const textOf = (peer: Peer, name: string, maxBytes: number): string =>
  Buffer.from(peer.readProcFile(name, maxBytes)).toString('latin1');

interface CgroupLine {
  /** Number and controllers: the same for every process that is in it. */
  readonly hierarchy: string;
  readonly path: string;
}

/** Lines of `number:controllers:path`; a path may hold colons, and no line end (the kernel refuses such names). */
function cgroupLines(text: string): readonly CgroupLine[] {
  return text.split('\n').flatMap((line) => {
    const [, hierarchy, path] = /^(\d+:[^:]*):(\/.*)$/s.exec(line) ?? [];
    return hierarchy === undefined || path === undefined ? [] : [{ hierarchy, path }];
  });
}
