/**
 * The helper's configuration: the file of spiffe-helper, read once, and a few keys of our own (owner, restart). Called by
 * agent/cli/svid-files.
 */
import { resolve } from 'node:path';
import { boolean, path, port, text } from '../../shared/config/kinds.ts';
import { overridesOf } from '../../shared/config/flags.ts';
import { type ConfigText, type Loaded, loadShape } from '../../shared/config/load.ts';
import { type Block, defaulting, optional, type Shape } from '../../shared/config/shape.ts';
import { fileFields, type FilesConfig, pathsOf } from './config/file-fields.ts';
import { helperFlags } from './config/flags.ts';
import { flag } from './config/kinds.ts';
import { type ProcessConfig, processFields } from './config/process-fields.ts';

export interface HelperHealthConfig {
  readonly bindPort: number;
  readonly livePath: string;
  readonly readyPath: string;
}

export interface HelperConfig extends FilesConfig {
  /** Undefined: the environment says. */
  readonly agentAddress: string | undefined;
  readonly isDaemon: boolean;
  readonly hint: string;
  readonly addsIntermediatesToBundle: boolean;
  readonly includesFederated: boolean;
  readonly omitsExpired: boolean;
  readonly process: ProcessConfig;
  /** Undefined: nobody asks. */
  readonly health: HelperHealthConfig | undefined;
}

/** The whole file, as the loader and the reference page read it. */
export const helperShape: Shape<HelperConfig> = (file) => {
  const isDaemon = file.field(
    'daemon_mode',
    defaulting(boolean, true, { doc: 'go on; else fetch once and end' }),
  );
  const config: HelperConfig = {
    agentAddress: file.field(
      'agent_address',
      optional(path, "socket of the Workload API; without it, the environment's SPIFFE_ENDPOINT_SOCKET"),
    ),
    isDaemon,
    ...fileFields(file),
    hint: file.field(
      'hint',
      defaulting(text, '', { doc: 'take the SVID with this hint; without it, the first' }),
    ),
    addsIntermediatesToBundle: flag(
      file,
      'add_intermediates_to_bundle',
      'intermediates go to the bundle and not to the SVID',
    ),
    includesFederated: flag(
      file,
      'include_federated_domains',
      'roots of federated trust domains go to the bundle, too',
    ),
    omitsExpired: flag(file, 'omit_expired', 'roots that have expired do not go to the bundle'),
    process: processFields(file, isDaemon),
    health: healthBlock(file),
  };
  checkFiles(file, config);
  return config;
};

const healthBlock = (file: Block): HelperHealthConfig | undefined =>
  file.block(
    'health_checks',
    'liveness and readiness over HTTP, on every address of the machine',
    (block) => {
      const isWanted = flag(block, 'listener_enabled', 'answer them');
      const config = {
        bindPort: block.field('bind_port', defaulting(port, 8_081, { doc: 'port to listen on' })),
        livePath: block.field('liveness_path', defaulting(text, '/live', { doc: 'path of liveness' })),
        readyPath: block.field('readiness_path', defaulting(text, '/ready', { doc: 'path of readiness' })),
      };
      return isWanted ? config : undefined;
    },
  );

const READ_BY_OTHERS = 0o004;

function checkFiles(file: Block, config: HelperConfig): void {
  const { modes, process } = config;
  const paths = pathsOf(config);
  if (paths.length === 0)
    file.fault('nothing is asked for: give the svid_… files, jwt_svids or jwt_bundle_file_name');
  if (new Set(paths).size < paths.length)
    file.fault('two files have the same name: one would be overwritten by the other');
  if (process.pidFile !== undefined && paths.includes(resolve(process.pidFile)))
    file.fault('"pid_file_name" is a file that is written here', 'pid_file_name');
  for (const [key, value] of [
    ['key_file_mode', modes.key],
    ['jwt_svid_file_mode', modes.jwtSvid],
  ] as const)
    if ((value & READ_BY_OTHERS) !== 0)
      file.warn(`"${key}" lets every user of the machine read a secret`, key);
}

/** Throws ConfigFaults with every fault of the file and the flags, each with its place. */
export const loadHelperConfig = (
  input: ConfigText & { readonly flags: Readonly<Record<string, string>> },
): Loaded<HelperConfig> =>
  loadShape(input, { shape: helperShape, section: '', overrides: overridesOf(helperFlags, input.flags) });
