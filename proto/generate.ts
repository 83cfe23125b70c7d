/** Writes proto/gen: the descriptor that is loaded at run time, and the types. `npm run gen`; CI runs it and diffs. */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
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
  writeFileSync(join(outDir, 'root.json'), `${JSON.stringify(root.toJSON(), undefined, 1)}\n`);
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
