/** Reads the kubelet's list of pods (Kubernetes core/v1 PodList), keeping what selectors are made of. Used by pod-lists. */
import { internal, messageOf } from '../../../shared/errors.ts';

export interface Owner {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

export interface Container {
  readonly name: string;
  readonly image: string;
  readonly imageId: string;
  /** 64 hexadecimal digits; undefined while it has not been started. */
  readonly containerId: string | undefined;
}

export interface Pod {
  readonly uid: string;
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly nodeName: string;
  readonly labels: readonly (readonly [string, string])[];
  readonly owners: readonly Owner[];
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  /** Of who looks into a pod (`kubectl debug`). */
  readonly ephemeralContainers: readonly Container[];
}

export interface PodList {
  readonly pods: readonly Pod[];
  /** Items that are no pods, or have no UID. */
  readonly unreadable: number;
}

/** Throws Internal on anything but a list. */
export function parsePodList(bytes: Uint8Array): PodList {
  const items = itemsOf(bytes);
  const pods = items.flatMap((item) => parsePod(item) ?? []);
  return { pods, unreadable: items.length - pods.length };
}

function itemsOf(bytes: Uint8Array): readonly unknown[] {
  let list: unknown;
  try {
    list = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw internal(`unable to parse kubelet response: ${messageOf(error).slice(0, 200)}`, { cause: error });
  }
  if (!isObject(list)) throw internal('unable to parse kubelet response: it is no object');
  const items = list['items'] ?? []; // null without pods
  if (!Array.isArray(items)) throw internal('unable to parse kubelet response: it has no list of items');
  return items;
}

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parsePod(item: unknown): Pod | undefined {
  if (!isObject(item)) return undefined;
  const [metadata, spec, status] = [object(item, 'metadata'), object(item, 'spec'), object(item, 'status')];
  const uid = string(metadata, 'uid');
  if (uid === '') return undefined;
  return {
    uid,
    name: string(metadata, 'name'),
    namespace: string(metadata, 'namespace'),
    serviceAccount: string(spec, 'serviceAccountName'),
    nodeName: string(spec, 'nodeName'),
    labels: Object.entries(object(metadata, 'labels')).flatMap(([key, value]) =>
      typeof value === 'string' ? [[key, value] as const] : [],
    ),
    owners: objects(metadata, 'ownerReferences').map((owner) => ({
      kind: string(owner, 'kind'),
      name: string(owner, 'name'),
      uid: string(owner, 'uid'),
    })),
    containers: objects(status, 'containerStatuses').map(parseContainer),
    initContainers: objects(status, 'initContainerStatuses').map(parseContainer),
    ephemeralContainers: objects(status, 'ephemeralContainerStatuses').map(parseContainer),
  };
}

const parseContainer = (status: Json): Container => ({
  name: string(status, 'name'),
  image: string(status, 'image'),
  imageId: string(status, 'imageID'),
  // With the runtime before it: containerd://…
  containerId: /^[a-z\d.+-]+:\/\/([\da-f]{64})$/.exec(string(status, 'containerID'))?.[1],
});

const object = (parent: Json, key: string): Json => {
  const value = parent[key];
  return isObject(value) ? value : {};
};

const objects = (parent: Json, key: string): readonly Json[] => {
  const value = parent[key];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

const string = (parent: Json, key: string): string => {
  const value = parent[key];
  return typeof value === 'string' ? value : '';
};
