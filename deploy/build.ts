/** Makes dist/, which is what a package holds: Node.js does not strip types below node_modules. `npm run build`. */
import { execFileSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

const root = dirname(import.meta.dirname);
const migrations = join('server', 'datastore', 'migrations');

rmSync(join(root, 'dist'), { recursive: true, force: true });
execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', join(root, 'tsconfig.build.json')], {
  stdio: 'inherit',
});
cpSync(join(root, migrations), join(root, 'dist', migrations), { recursive: true });
