/**
 * The `unix` workload attestor: a process's user, groups and binary (facts/spire 9). Listed in registry.
 *
 * What the selectors prove: uid and gid (the effective ones) and the supplementary groups, whoever the process is of.
 * `path` and `sha256` prove nothing between programs of one user: any of them can debug another, preload a library into
 * it, or run it on a connection that it made before. The path, moreover, is the one that the process itself sees: in a
 * mount namespace or container of its own, which users may make for themselves, any file can lie at /usr/bin/trusted, as
 * with SPIRE; and root in a container without a user namespace is uid 0. So an entry should always name the uid beside
 * the path, and a user of its own for each workload that matters. A binary that was deleted or replaced while it runs has
 * " (deleted)" after its path, so its process no longer matches; that of a memfd begins with "/memfd:". Groups are those
 * at the time of the call: a process that gives one up later keeps the streams that it has.
 */
import { unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Selector } from '../../shared/selectors.ts';
import type { UnixAttestorConfig } from '../config/workload-attestor-plugins.ts';
import type { ExeDigests } from './exe-digests.ts';
import type { Peer } from './peer-info.ts';
import { parseProcStatus, STATUS_MAX_BYTES } from './proc-status.ts';
import type { IdNames } from './id-names.ts';
import type { WorkloadAttestor } from './workload-attestor.ts';

export interface UnixDeps {
  readonly config: UnixAttestorConfig;
  /** Names of users and of groups. */
  readonly users: IdNames;
  readonly groups: IdNames;
  readonly digests: Pick<ExeDigests, 'sha256'>;
  readonly log: Logger;
}

const TYPE = 'unix';

export function unix({ config, users, groups, digests, log }: UnixDeps): WorkloadAttestor {
  const selector = (key: string, value: string | number): Selector => ({
    type: TYPE,
    value: `${key}:${value}`,
  });
  const named = (
    keys: readonly [id: string, name: string],
    ids: readonly number[],
    names: IdNames,
  ): readonly Selector[] => {
    const known = names.current();
    return ids.flatMap((id) => {
      const name = known.get(id);
      if (name === undefined && names.isFirstMiss(id)) {
        log.warn('no name for an id of a workload, so no selector for it', {
          selector: `unix:${keys[1]}`,
          id,
        });
      }
      return [selector(keys[0], id), ...(name === undefined ? [] : [selector(keys[1], name)])];
    });
  };

  const binary = async (peer: Peer, signal: AbortSignal): Promise<readonly Selector[]> => {
    if (!config.discoverWorkloadPath) return [];
    const path = peer.readProcLink('exe');
    if (config.workloadSizeLimit < 0) return [selector('path', path)];
    const sha256 = await digests.sha256(peer, { maxBytes: config.workloadSizeLimit, signal });
    if (peer.readProcLink('exe') !== path) throw unavailable('the process replaced its program meanwhile');
    return [selector('path', path), selector('sha256', sha256)];
  };

  return {
    name: TYPE,
    attest: async (peer, signal) => {
      const status = Buffer.from(peer.readProcFile('status', STATUS_MAX_BYTES)).toString('latin1');
      const { supplementaryGids } = parseProcStatus(status);
      return [
        ...named(['uid', 'user'], [peer.uid], users),
        ...named(['gid', 'group'], [peer.gid], groups),
        ...named(['supplementary_gid', 'supplementary_group'], supplementaryGids, groups),
        ...(await binary(peer, signal)),
      ];
    },
  };
}
