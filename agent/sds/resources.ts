/** The secrets that a workload is told, out of those that it asks for. Called by the RPCs. */
import { internal } from '../../shared/errors.ts';
import type { WorkloadUpdate } from '../cache/workload-identities.ts';
import { noIdentityIssued } from '../workload-api/no-identity.ts';
import type { SdsNames } from '../config/sds-fields.ts';
import { allNames, bundlesOf, meaningOf, trustDomainIn } from './names.ts';
import type { Nobody } from './nobody.ts';
import { bundleSecret, bundlesSecret, certificateSecret, goneSecret, type Resource } from './secrets.ts';
import type { Validation } from './validation.ts';

export interface ResourcesDeps {
  readonly names: SdsNames;
  /** Give the own trust domain's bundle to processes without an identity, too. */
  readonly allowUnauthenticatedVerifiers: boolean;
  readonly nobody: Pick<Nobody, 'certificate'>;
}

export interface Wanted {
  /** Undefined: everything. */
  readonly names: readonly string[] | undefined;
  readonly validation: Validation;
  /** Names of secrets that Envoy may hold from before. */
  readonly held: ReadonlyMap<string, unknown>;
}

export interface Found {
  readonly resources: readonly Resource[];
  /** Names of nothing that this workload is entitled to now. */
  readonly unknown: readonly string[];
}

export type FindResources = (update: WorkloadUpdate, wanted: Wanted) => Found;

/**
 * Throws PermissionDenied for a workload without an identity, Internal where a node without SPIFFE validator wants several
 * trust domains.
 *
 * DIVERGES: SPIRE gives bundles to every process.
 */
export const findResources =
  ({ names, allowUnauthenticatedVerifiers, nobody }: ResourcesDeps): FindResources =>
  (update, wanted) => {
    if (update.identities.length === 0 && !allowUnauthenticatedVerifiers) throw noIdentityIssued();
    const resources: Resource[] = [];
    const unknown: string[] = [];
    for (const name of wanted.names ?? everything(update, wanted)) {
      const found = find(name, { update, names, validation: wanted.validation });
      const gone = wanted.held.has(name) ? trustDomainIn(name) : undefined;
      if (found !== undefined) resources.push(found);
      else if (gone !== undefined) resources.push(goneSecret(gone, nobody.certificate, wanted.validation));
      else unknown.push(name);
    }
    return { resources, unknown };
  };

const everything = (update: WorkloadUpdate, { held }: Wanted): ReadonlySet<string> =>
  new Set([...allNames(update), ...[...held.keys()].filter((name) => trustDomainIn(name) !== undefined)]);

interface Finding {
  readonly update: WorkloadUpdate;
  readonly names: SdsNames;
  readonly validation: Validation;
}

function find(name: string, { update, names, validation }: Finding): Resource | undefined {
  const meaning = meaningOf(name, update, names);
  switch (meaning.kind) {
    case 'svid':
      return certificateSecret(name, meaning.identity);
    case 'bundle':
      return bundleSecret(name, meaning.bundle, validation);
    case 'all-bundles':
      if (validation === 'plain') throw internal(NO_VALIDATOR);
      return bundlesSecret(name, bundlesOf(update));
    case 'unknown':
      return undefined;
  }
}

const NO_VALIDATOR = 'unable to use "SPIFFE validator" on Envoy below 1.17'; // SPIRE's words
