/** Selectors that nothing will ever have: unknown types, misspelled names, values of the wrong kind. Used by explain-entry. */
import { NODE_ATTESTORS_NOT_YET } from '../../shared/config/node-attestor-names.ts';
import { nearest } from '../../shared/config/suggest.ts';
import { type Selector, selectorKey } from '../../shared/selectors.ts';

/** Workload attestors of SPIRE (facts of its documentation), whether an agent of ours has them yet or not. */
const WORKLOAD_TYPES: readonly string[] = ['docker', 'k8s', 'slurm', 'systemd', 'unix', 'windows'];
/** Node attestors, and the ID that an agent has anyway. */
const NODE_TYPES: readonly string[] = [...NODE_ATTESTORS_NOT_YET, 'join_token', 'spiffe_id'];

interface Value {
  readonly pattern: RegExp;
  readonly must: string;
}

const NUMBER: Value = { pattern: /^\d{1,10}$/, must: 'must be a number' };
const NAME: Value = { pattern: /./s, must: 'must not be empty' };

/** What the attestor unix finds. */
const UNIX: Readonly<Record<string, Value>> = {
  uid: NUMBER,
  user: NAME,
  gid: NUMBER,
  group: NAME,
  supplementary_gid: NUMBER,
  supplementary_group: NAME,
  path: { pattern: /^\//, must: 'must be an absolute path' },
  sha256: { pattern: /^[0-9a-f]{64}$/, must: 'must be 64 hexadecimal digits in lower case' },
};

/** Sentences, one for each selector that is wrong. `isOfNodes`: the entry is a node alias. */
export const selectorFaults = (selectors: readonly Selector[], isOfNodes: boolean): readonly string[] =>
  selectors.flatMap((selector) => {
    const fault =
      typeFault(selector.type, isOfNodes) ?? (selector.type === 'unix' && unixFault(selector.value));
    return fault ? [`selector "${selectorKey(selector)}": ${fault}`] : [];
  });

function typeFault(type: string, isOfNodes: boolean): string | undefined {
  const [fitting, other] = isOfNodes ? [NODE_TYPES, WORKLOAD_TYPES] : [WORKLOAD_TYPES, NODE_TYPES];
  if (fitting.includes(type)) return undefined;
  if (other.includes(type))
    return isOfNodes
      ? `"${type}" is found on workloads, and below the server an entry selects nodes`
      : `"${type}" is found on nodes, and this entry selects workloads`;
  return `"${type}" is no selector type${didYouMean(type, fitting)}`;
}

function unixFault(value: string): string | undefined {
  const colon = value.indexOf(':');
  const name = colon === -1 ? value : value.slice(0, colon);
  const known = Object.hasOwn(UNIX, name) ? UNIX[name] : undefined;
  if (known === undefined)
    return `"unix:${name}" is never found${didYouMean(name, Object.keys(UNIX), 'unix:')}`;
  return known.pattern.test(value.slice(name.length + 1))
    ? undefined
    : `the value of unix:${name} ${known.must}`;
}

function didYouMean(typed: string, known: readonly string[], before = ''): string {
  const meant = nearest(typed, known);
  return meant === undefined ? '' : `; did you mean "${before}${meant}"?`;
}
