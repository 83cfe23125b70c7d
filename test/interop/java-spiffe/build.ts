/** Compiles the Java workload, with the SDK's jars, which Maven brings. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { keptFolder, provide } from '../install.ts';
import type { SdkProgram } from '../sdk/claims.ts';

const POM = join(import.meta.dirname, 'pom.xml');
const SOURCE = join(import.meta.dirname, 'Peer.java');
const COPY = 'org.apache.maven.plugins:maven-dependency-plugin:2.8:copy-dependencies';

/** Made once and kept in the user's cache. Throws with what Maven or the compiler said. */
export function buildPeer(): SdkProgram {
  const compiler = realpathSync(provide({ command: 'javac', debianPackage: 'default-jdk-headless' }));
  const maven = provide({ command: 'mvn', debianPackage: 'maven' });
  const contents = [compiler, readFileSync(POM), readFileSync(SOURCE)];
  const folder = keptFolder('java', contents, (made) => {
    const [jars, classes] = [join(made, 'jars'), join(made, 'classes')];
    for (const each of [jars, classes]) mkdirSync(each, { recursive: true });
    run(maven, ['--batch-mode', '--quiet', '--file', POM, COPY, `-DoutputDirectory=${jars}`]);
    run(compiler, ['-classpath', join(jars, '*'), '-d', classes, SOURCE]);
  });
  const java = realpathSync(join(dirname(compiler), 'java'));
  const classpath = `${join(folder, 'classes')}:${join(folder, 'jars', '*')}`;
  return { command: java, args: ['-classpath', classpath, 'Peer'], path: java };
}

function run(command: string, args: readonly string[]): void {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? `${stdout}${stderr}`}`);
}
