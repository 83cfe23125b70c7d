/** Folders of exchangeable parts: each has its interface and its registry, and parts do not know each other. */
import { basename, dirname } from 'node:path';
import { areaOf } from './areas.ts';
import type { Rule, Source, Violation } from './source.ts';

/** Folder name -> the file that holds the interface. */
const KINDS: Readonly<Record<string, string>> = {
  'key-manager': 'key-manager.ts',
  'attest-node': 'node-attestor.ts',
  'attest-workload': 'workload-attestor.ts',
  'upstream-authority': 'upstream-authority.ts',
  'credential-composer': 'credential-composer.ts',
  'bundle-publisher': 'bundle-publisher.ts',
  'key-source': 'key-source.ts',
  seal: 'seal.ts',
  auth: 'auth-method.ts',
  engines: 'engine.ts',
};

const isProduct = (path: string): boolean => /^(?:server|agent)\//.test(path);

export const partRules: readonly Rule[] = [
  {
    name: 'a folder of parts holds its interface and its registry',
    why: 'who adds a part reads two files: what it promises, and where it is listed',
    check: incompleteFolders,
  },
  {
    name: 'registries are opened by the roots alone',
    why: 'everybody else is handed the part and need not know which one it is',
    check: (sources) =>
      sources.flatMap((source) =>
        source.imports
          .filter(
            ({ target, isOurs, isType }) =>
              isOurs && !isType && isProduct(target) && basename(target) === 'registry.ts',
          )
          .filter(() => !['root', 'test'].includes(areaOf(source.path)))
          .map(({ target, line }) => ({ path: source.path, line, message: `imports ${target}` })),
      ),
  },
  {
    name: 'parts do not import their siblings',
    why: 'each can be left out, or replaced, alone',
    check: siblings,
  },
];

function incompleteFolders(sources: readonly Source[]): readonly Violation[] {
  const paths = new Set(sources.map(({ path }) => path));
  const folders = new Set(
    [...paths]
      .filter(
        (path) => isProduct(path) && (basename(path) === 'registry.ts' || basename(dirname(path)) in KINDS),
      )
      .map((path) => dirname(path)),
  );
  return [...folders].flatMap((folder) => {
    const kind = KINDS[basename(folder)];
    if (kind === undefined)
      return [
        {
          path: `${folder}/registry.ts`,
          line: 1,
          message: 'name the interface in test/architecture/part-rules.ts',
        },
      ];
    return ['registry.ts', kind]
      .map((file) => `${folder}/${file}`)
      .filter((path) => !paths.has(path))
      .map((path) => ({ path, line: 1, message: 'is missing' }));
  });
}

function siblings(sources: readonly Source[]): readonly Violation[] {
  const registries = sources.filter(({ path }) => isProduct(path) && basename(path) === 'registry.ts');
  return registries.flatMap((registry) => {
    const folder = dirname(registry.path);
    const kind = `${folder}/${KINDS[basename(folder)] ?? ''}`;
    const isPart = (path: string): boolean =>
      sources.some((source) => source.path === path && source.imports.some(({ target }) => target === kind));
    const parts = registry.imports
      .map(({ target }) => target)
      .filter((target) => dirname(target) === folder && target !== kind && isPart(target));
    return sources
      .filter(({ path }) => parts.includes(path))
      .flatMap((part) =>
        part.imports
          .filter(({ target }) => parts.includes(target))
          .map(({ target, line }) => ({ path: part.path, line, message: `imports its sibling ${target}` })),
      );
  });
}
