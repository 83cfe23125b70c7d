/** The values of the `k8s` selectors (facts of SPIRE's plugin), those of one pod and of one container. Used by k8s. */
import type { Container, Pod } from './pod-list.ts';

export const podSelectorValues = (pod: Pod): readonly string[] => [
  ...named('sa', pod.serviceAccount),
  ...named('ns', pod.namespace),
  ...named('node-name', pod.nodeName),
  ...named('pod-uid', pod.uid),
  ...named('pod-name', pod.name),
  `pod-image-count:${pod.containers.length}`,
  `pod-init-image-count:${pod.initContainers.length}`,
  ...images('pod-image', pod.containers),
  ...images('pod-init-image', pod.initContainers),
  ...pod.labels.map(([key, value]) => `pod-label:${key}:${value}`),
  ...pod.owners.flatMap(({ kind, name, uid }) => [
    `pod-owner:${kind}:${name}`,
    `pod-owner-uid:${kind}:${uid}`,
  ]),
];

export const containerSelectorValues = (container: Container): readonly string[] => [
  ...named('container-name', container.name),
  ...images('container-image', [container]),
];

/** An image has two: the one that was asked for, and what the runtime calls what it got, with a digest. Each once. */
const images = (key: string, containers: readonly Container[]): readonly string[] => [
  ...new Set(containers.flatMap(({ imageId, image }) => [...named(key, imageId), ...named(key, image)])),
];

/** What is not known, as the image of a container that waits, is no selector. */
const named = (key: string, value: string): readonly string[] => (value === '' ? [] : [`${key}:${value}`]);
