/** Writes proto/gen: the descriptor that is loaded at run time, and the types. `npm run gen`; CI runs it and diffs. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, '..', 'node_modules');
const files = globSync('**/*.proto', { cwd: here }).sort();

function writeDescriptor(outDir: string): void {
  const root = new protobuf.Root();
  root.resolvePath = (_origin, target) =>
    protobuf.common.get(target) === null ? join(here, target) : target;
  root.loadSync(files, { keepCase: true });
  root.resolveAll();
  writeJson(join(outDir, 'root.json'), root.toJSON());
  writeJson(join(outDir, 'files.json'), Object.fromEntries([...definedIn(root)].sort(byName)));
}

const writeJson = (path: string, value: unknown): void =>
  writeFileSync(path, `${JSON.stringify(value, undefined, 1)}\n`);

const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/** What each file defines at its top, by full names: for reflection, which speaks of files. */
function definedIn(root: protobuf.Root): ReadonlyMap<string, string[]> {
  const defined = new Map<string, string[]>();
  const gather = (namespace: protobuf.NamespaceBase): void => {
    for (const one of namespace.nestedArray) {
      if (one instanceof protobuf.Namespace && one.constructor === protobuf.Namespace) gather(one);
      else {
        const file = one.filename === null ? commonFileOf(one.name) : relative(here, one.filename);
        defined.set(file, [...(defined.get(file) ?? []), one.fullName.slice(1)]);
      }
    }
  };
  gather(root);
  return defined;
}

/** Of what comes with the library: `google/protobuf/wrappers.proto`. */
function commonFileOf(name: string): string {
  const defines = (file: string): boolean => {
    const json = protobuf.common.get(file);
    return json !== null && protobuf.Root.fromJSON(json).lookup(`google.protobuf.${name}`) !== null;
  };
  const found = Object.keys(protobuf.common).find((file) => file.endsWith('.proto') && defines(file));
  if (found === undefined) throw new Error(`no file is known to define ${name}`);
  return found;
}

function writeTypes(outDir: string): void {
  const generator = join(modules, '@grpc', 'proto-loader', 'build', 'bin', 'proto-loader-gen-types.js');
  const options = [
    '--keepCase',
    '--longs=String',
    '--enums=String',
    '--bytes=Buffer',
    '--defaults',
    '--oneofs',
  ];
  const names = ['--importFileExtension=.ts', '--inputTemplate=%s', '--outputTemplate=%sOutput'];
  execFileSync(process.execPath, [generator, ...options, ...names, '-I', here, '-O', outDir, ...files], {
    cwd: here,
    stdio: 'inherit',
  });
}

/** The generator names its input by absolute path; the output must be the same on every machine. */
function makePathsRelative(outDir: string): void {
  for (const file of globSync('**/*.ts', { cwd: outDir })) {
    const path = join(outDir, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/^\/\/ Original file: (?:.*\/(?=proto\/))?/gm, '// From '));
  }
}

const outDir = process.argv[2] ?? join(here, 'gen');
rmSync(outDir, { recursive: true, force: true });
writeTypes(outDir);
makePathsRelative(outDir);
writeDescriptor(outDir);
