/** The keys of `WorkloadAttestor "k8s"`. Called by plugins. */
import { boolean, duration, integer, path, text } from '../../shared/config/kinds.ts';
import { type Block, defaulting, type Field, optional, type Shape } from '../../shared/config/shape.ts';

export type KubeletLogin =
  | { readonly kind: 'token'; readonly path: string }
  | { readonly kind: 'certificate'; readonly certificatePath: string; readonly keyPath: string }
  | { readonly kind: 'anonymous' };

export type KubeletConfig =
  /** On this machine, without encryption or login. */
  | { readonly kind: 'read-only'; readonly port: number }
  | {
      readonly kind: 'secure';
      readonly port: number;
      /** Undefined: whoever answers is believed. */
      readonly caPath: string | undefined;
      readonly login: KubeletLogin;
      /** How long what was read from files is used. */
      readonly reloadIntervalMs: number;
    };

export interface K8sAttestorConfig {
  readonly kubelet: KubeletConfig;
  /** Host to call; undefined: what the environment says. */
  readonly nodeName: string | undefined;
  readonly nodeNameEnv: string;
  readonly maxPollAttempts: number;
  readonly pollRetryIntervalMs: number;
  readonly disableContainerSelectors: boolean;
  /** Mounts are looked at, too, where cgroups tell nothing. */
  readonly useNewContainerLocator: boolean;
  readonly verboseContainerLocatorLogs: boolean;
}

// The defaults are those of SPIRE; so is it that 0 stands for them.
const SECURE_PORT = 10_250;
const CA_PATH = '/var/run/secrets/kubernetes.io/serviceaccount/ca.crt';
const TOKEN_PATH = '/var/run/secrets/kubernetes.io/serviceaccount/token';
const NODE_NAME_ENV = 'MY_NODE_NAME';
const POLL_ATTEMPTS = 60;
const POLL_RETRY_SECONDS = 0.5;
const RELOAD_SECONDS = 60;

export const k8sAttestorFields: Shape<K8sAttestorConfig> = (block) => {
  const fields = {
    kubelet: kubelet(block),
    nodeName:
      block.field('node_name', optional(text, 'name or address at which the kubelet is called')) || undefined,
    nodeNameEnv:
      block.field(
        'node_name_env',
        defaulting(text, NODE_NAME_ENV, {
          doc: 'environment variable that holds it; without either it is 127.0.0.1, and the name in the certificate does not matter',
        }),
      ) || NODE_NAME_ENV,
    maxPollAttempts:
      block.field(
        'max_poll_attempts',
        defaulting(integer(0), POLL_ATTEMPTS, {
          doc: 'how often the kubelet is asked for a container; 0 is the default',
        }),
      ) || POLL_ATTEMPTS,
    pollRetryIntervalMs: milliseconds(block, 'poll_retry_interval', {
      seconds: POLL_RETRY_SECONDS,
      shown: '500ms',
      doc: 'pause between two of these; 0 is the default',
    }),
    ...locatorFields(block),
  };
  block.block('experimental', 'keys that SPIRE calls experimental', (experimental) => {
    for (const key of ['sigstore', 'broker', 'api_server'])
      experimental.notSupported(key, 'signatures of images, references to objects, their cache');
    // An empty one turns it on, with its defaults.
    if (experimental.isGiven('sigstore') && !experimental.isSet('sigstore'))
      experimental.fault('"sigstore" is not supported yet', 'sigstore');
  });
  block.notSupported('enable_namespace_labels', 'the selector `ns-label`');
  block.notSupported('disable_kubelet_client', 'for brokers alone');
  return fields;
};

const locatorFields = (
  block: Block,
): Pick<
  K8sAttestorConfig,
  'disableContainerSelectors' | 'useNewContainerLocator' | 'verboseContainerLocatorLogs'
> => ({
  disableContainerSelectors: block.field(
    'disable_container_selectors',
    defaulting(boolean, false, {
      doc: 'only selectors of the pod, also while the kubelet does not list the container yet',
    }),
  ),
  useNewContainerLocator: block.field(
    'use_new_container_locator',
    defaulting(boolean, true, {
      doc: 'look at the mounts of a process whose cgroups name no container, where the agent is in a cgroup namespace',
    }),
  ),
  verboseContainerLocatorLogs: block.field(
    'verbose_container_locator_logs',
    defaulting(boolean, false, { doc: 'log (level debug) what containers are found by' }),
  ),
});

function kubelet(block: Block): KubeletConfig {
  const readOnly = block.field(
    'kubelet_read_only_port',
    defaulting(kubeletPort, 0, {
      doc: "the kubelet's port without encryption or login, on 127.0.0.1; 0: not used",
      shown: '',
    }),
  );
  const secure = block.field(
    'kubelet_secure_port',
    defaulting(kubeletPort, SECURE_PORT, { doc: "the kubelet's port; 0 is the default" }),
  );
  if (readOnly > 0 && block.isSet('kubelet_secure_port') && secure > 0)
    block.fault('cannot use both the read-only and secure port', 'kubelet_read_only_port');
  const caPath = block.field(
    'kubelet_ca_path',
    defaulting(path, CA_PATH, { doc: "CAs that the kubelet's certificate must be of" }),
  );
  const isUnverified = block.field(
    'skip_kubelet_verification',
    defaulting(boolean, false, {
      doc: 'believe whoever answers, and show the token to him: only where nobody else can listen on that address',
    }),
  );
  const reloadIntervalMs = milliseconds(block, 'reload_interval', {
    seconds: RELOAD_SECONDS,
    shown: '1m',
    doc: 'how long CAs, token and certificate are used before their files are read again; 0 is the default',
  });
  const login = kubeletLogin(block);
  if (readOnly > 0) return { kind: 'read-only', port: readOnly };
  return {
    kind: 'secure',
    port: secure || SECURE_PORT,
    caPath: isUnverified ? undefined : caPath || CA_PATH,
    login,
    reloadIntervalMs,
  };
}

const kubeletPort = { ...integer(0, 65_535), type: 'port' };

function kubeletLogin(block: Block): KubeletLogin {
  const token = block.field(
    'token_path',
    defaulting(path, TOKEN_PATH, { doc: 'token shown to the kubelet' }),
  );
  const certificatePath = block.field(
    'certificate_path',
    defaulting(path, '', certificateDoc('certificate')),
  );
  const keyPath = block.field('private_key_path', defaulting(path, '', certificateDoc('private key')));
  const isAnonymous = block.field(
    'use_anonymous_authentication',
    defaulting(boolean, false, { doc: 'show the kubelet nothing' }),
  );
  if (isAnonymous) {
    for (const key of ['token_path', 'certificate_path', 'private_key_path'])
      if (block.isSet(key)) block.warn(`"${key}" has no effect beside "use_anonymous_authentication"`, key);
    return { kind: 'anonymous' };
  }
  if (certificatePath !== '' && keyPath === '')
    block.fault('the private key path is required with the certificate path', 'certificate_path');
  if (certificatePath === '' && keyPath !== '')
    block.fault('the certificate path is required with the private key path', 'private_key_path');
  return certificatePath === ''
    ? { kind: 'token', path: token || TOKEN_PATH }
    : { kind: 'certificate', certificatePath, keyPath };
}

const certificateDoc = (what: string): { doc: string } => ({
  doc: `${what} to log in at the kubelet with, in place of a token`,
});

interface Pause {
  readonly seconds: number;
  readonly shown: string;
  readonly doc: string;
}

const milliseconds = (block: Block, key: string, { seconds, shown, doc }: Pause): number =>
  (block.field(key, pauseField(seconds, { shown, doc })) || seconds) * 1_000;

const pauseField = (seconds: number, described: { shown: string; doc: string }): Field<number> =>
  defaulting(duration(0), seconds, described);
