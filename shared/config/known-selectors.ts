/**
 * The selectors that SPIRE's attestors find (its plugin documentation), whether an attestor of ours finds them yet or not:
 * entries may be of another agent. Used by selector-faults.
 */

/** What stands behind the name. */
export interface SelectorValue {
  readonly pattern: RegExp;
  readonly must: string;
}

export type SelectorNames = Readonly<Record<string, SelectorValue>>;

const NUMBER: SelectorValue = { pattern: /^\d{1,10}$/, must: 'must be a number' };
const TEXT: SelectorValue = { pattern: /./s, must: 'must not be empty' };
const PATH: SelectorValue = { pattern: /^\//, must: 'must be an absolute path' };
const SHA256: SelectorValue = {
  pattern: /^[0-9a-f]{64}$/,
  must: 'must be 64 hexadecimal digits in lower case',
};
const KEYED: SelectorValue = { pattern: /^[^:]+:/, must: 'must be key:value' };
const VARIABLE: SelectorValue = { pattern: /^[^=]+=/, must: 'must be NAME=value' };
const WINDOWS_GROUP: SelectorValue = {
  pattern: /^se_group_enabled:(?:true|false):./,
  must: 'must be se_group_enabled:true: or se_group_enabled:false: and the group',
};

const all = (value: SelectorValue, ...names: readonly string[]): SelectorNames =>
  Object.fromEntries(names.map((name) => [name, value]));

/** Of images whose signatures are checked. */
const sigstore: SelectorNames = all(
  TEXT,
  'image-signature',
  'image-attestations',
  'image-signature-value',
  'image-signature-subject',
  'image-signature-issuer',
  'image-signature-log-id',
  'image-signature-log-index',
  'image-signature-integrated-time',
  'image-signature-signed-entry-timestamp',
);

export const WORKLOAD_SELECTORS: Readonly<Record<string, SelectorNames>> = {
  unix: {
    ...all(NUMBER, 'uid', 'gid', 'supplementary_gid'),
    ...all(TEXT, 'user', 'group', 'supplementary_group'),
    path: PATH,
    sha256: SHA256,
  },
  docker: { label: KEYED, env: VARIABLE, ...all(TEXT, 'image_id', 'image_config_digest'), ...sigstore },
  k8s: {
    ...all(TEXT, 'sa', 'ns', 'node-name', 'pod-uid', 'pod-name', 'pod-image', 'pod-init-image'),
    ...all(TEXT, 'container-name', 'container-image'),
    ...all(NUMBER, 'pod-image-count', 'pod-init-image-count'),
    ...all(KEYED, 'pod-label', 'ns-label', 'pod-owner', 'pod-owner-uid'),
    ...sigstore,
  },
  systemd: { id: TEXT, fragment_path: PATH },
  slurm: { job_id: NUMBER, ...all(TEXT, 'sluid', 'step') },
  windows: {
    ...all(TEXT, 'user_sid', 'user_name', 'path'),
    ...all(WINDOWS_GROUP, 'group_sid', 'group_name'),
    sha256: SHA256,
  },
};

/** `any`: an attestor of a cloud, whose names are not checked. */
export const NODE_SELECTORS: Readonly<Record<string, SelectorNames | 'any'>> = {
  spiffe_id: 'any',
  join_token: {},
  sshpop: {},
  x509pop: { ...all(KEYED, 'subject', 'ca', 'san'), serialnumber: TEXT },
  tpm_devid: all(KEYED, 'subject', 'issuer', 'ca'),
  http_challenge: { hostname: TEXT },
  k8s_psat: {
    ...all(TEXT, 'cluster', 'agent_ns', 'agent_sa', 'agent_pod_name', 'agent_pod_uid'),
    ...all(TEXT, 'agent_node_ip', 'agent_node_name', 'agent_node_uid'),
    ...all(KEYED, 'agent_node_label', 'agent_pod_label'),
  },
  aws_iid: 'any',
  azure_imds: 'any',
  azure_msi: 'any',
  gcp_iit: 'any',
};

/** Found on Kubernetes objects that a broker asks for, never on a process (SPIRE's broker API). */
export const BROKER_NAMES: ReadonlySet<string> = new Set(
  (
    'uid resource plural group version apiVersion kind name namespace key label ' +
    'owner-key owner-uid controller-key controller-uid'
  ).split(' '),
);

/** What is written where something else is meant, too far off to be a slip of the pen. */
export const MEANT: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  k8s: {
    namespace: 'ns',
    'service-account': 'sa',
    serviceaccount: 'sa',
    'namespace-label': 'ns-label',
    name: 'pod-name',
    uid: 'pod-uid',
    pod: 'pod-name',
    label: 'pod-label',
    node: 'node-name',
    container: 'container-name',
    image: 'container-image',
  },
  unix: { username: 'user', groupname: 'group', exe: 'path', binary: 'path' },
  docker: { image: 'image_id' },
  systemd: { unit: 'id' },
};
