/**
 * The `k8s` workload attestor: the pod and container of a process, as the kubelet of its node lists them (facts/spire 9).
 * Listed in registry.
 *
 * What the selectors prove: the process is in the cgroup of that container, which only the runtime, and root on the
 * node, can put it into; the rest is what the kubelet says, of whom the agent knows that it is of the configured CA,
 * unless skip_kubelet_verification or the read-only port gives that up. Every process in a container has the same
 * selectors, also one that was started by `kubectl exec`; a container that `kubectl debug` adds has those of the pod.
 * Labels and owners are the choice of who may create pods in the namespace: an entry should name `ns` and `sa`. An
 * image's name without digest (`container-image:name:tag`) is what the pod asked for. A process of a container that may
 * change cgroups of the node (privileged, host namespaces) can be any other.
 */
import type { Clock } from '../../../shared/clock.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log/logger.ts';
import type { K8sAttestorConfig } from '../../config/k8s-attestor-fields.ts';
import type { ContainerPlace } from '../cgroup-place.ts';
import { containerLocator, type OwnProcess } from '../container-id.ts';
import type { Peer } from '../peer-info.ts';
import type { Note, WorkloadAttestor } from '../workload-attestor.ts';
import type { KubeletClient } from './kubelet-client.ts';
import type { FoundPod, PodIndex } from './pod-index.ts';
import { PodLists } from './pod-lists.ts';
import { containerSelectorValues, podSelectorValues } from './pod-selectors.ts';

export interface K8sDeps {
  readonly config: K8sAttestorConfig;
  readonly kubelet: KubeletClient;
  readonly own: OwnProcess;
  readonly clock: Clock;
  readonly log: Logger;
}

const TYPE = 'k8s';
const BESIDE_POLLING_MS = 30_000; // a slow answer or three

export function k8s(deps: K8sDeps): WorkloadAttestor {
  const { config, kubelet, own, clock, log } = deps;
  const { maxPollAttempts, pollRetryIntervalMs, verboseContainerLocatorLogs } = config;
  const lists = new PodLists({ kubelet, maxAgeMs: pollRetryIntervalMs / 2, clock });
  const locate = (peer: Peer): ContainerPlace | undefined =>
    containerLocator({
      own,
      usesMounts: config.useNewContainerLocator,
      ...(verboseContainerLocatorLogs
        ? { onRead: (file, lines) => log.debug('container is looked for', { pid: peer.pid, file, lines }) }
        : {}),
    })(peer);

  /** Patience with a kubelet that does not list a new container yet. */
  const find = async (peer: Peer, place: ContainerPlace, { signal, note }: Finding): Promise<FoundPod> => {
    for (let attempt = 1; ; attempt += 1) {
      const pods = await lists.current(signal);
      const found = foundIn(pods, place, config);
      if (found !== undefined) {
        note(`the kubelet lists ${pods.count} pods; asked ${attempt} times`);
        return found;
      }
      peer.checkAlive();
      if (attempt >= maxPollAttempts) throw notListed(place, pods);
      await clock.sleep(pollRetryIntervalMs, signal);
    }
  };

  return {
    name: TYPE,
    timeoutMs: maxPollAttempts * pollRetryIntervalMs + BESIDE_POLLING_MS,
    attest: async (peer, signal, note = () => {}) => {
      const place = locate(peer);
      note(placeText(place));
      // A user names the cgroups of his own processes as he likes.
      if (place === undefined || place.isOfUser) return [];
      const { pod, container } = await find(peer, place, { signal, note });
      note(`it is pod ${pod.namespace}/${pod.name}`);
      const isOfContainer = container !== undefined && !config.disableContainerSelectors;
      const values = [
        ...podSelectorValues(pod),
        ...(isOfContainer ? containerSelectorValues(container) : []),
      ];
      return [...new Set(values)].map((value) => ({ type: TYPE, value }));
    },
  };
}

interface Finding {
  readonly signal: AbortSignal;
  readonly note: Note;
}

const foundIn = (
  pods: PodIndex,
  place: ContainerPlace,
  { disableContainerSelectors }: K8sAttestorConfig,
): FoundPod | undefined => pods.find(place) ?? (disableContainerSelectors ? pods.findPod(place) : undefined);

const notListed = ({ podUid, containerId }: ContainerPlace, { count, unreadable }: PodIndex): CodedError => {
  const where = podUid === undefined ? '' : ` of pod ${podUid}`;
  const listed = `${count} pods${unreadable === 0 ? '' : `, and ${unreadable} that cannot be read`}`;
  return new CodedError(
    Code.deadlineExceeded,
    `no selectors found after max poll attempts: container ${containerId}${where} is not among the kubelet's ${listed}`,
  );
};

function placeText(place: ContainerPlace | undefined): string {
  if (place === undefined) return 'its cgroups name no container';
  const { containerId, podUid, isOfUser } = place;
  if (isOfUser)
    return `its cgroups name container ${containerId}, below a user's own systemd: it is in no pod`;
  return `its cgroups name container ${containerId} ${podUid === undefined ? 'and no pod' : `in pod ${podUid}`}`;
}
