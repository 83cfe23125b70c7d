/** A source file as the rules see it: its text without comments, and what it imports. */
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { blank } from './code-only.ts';

export interface Import {
  /** A path from the root where it is ours, else the package's or built-in module's name. */
  readonly target: string;
  readonly isOurs: boolean;
  /** Whether it is there for types alone, and so gone at run time. */
  readonly isType: boolean;
  /** `import('./x.ts')`: only when it is called. */
  readonly isLazy: boolean;
  readonly names: string;
  readonly line: number;
}

export interface Source {
  /** From the root, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly withStrings: string;
  /** Without comments and strings. */
  readonly bare: string;
  readonly imports: readonly Import[];
}

export interface Violation {
  readonly path: string;
  readonly line: number;
  readonly message: string;
}

/** One rule of the house, and why it is one. */
export interface Rule {
  readonly name: string;
  readonly why: string;
  check(sources: readonly Source[]): readonly Violation[];
}

const LEFT_OUT = /^(?:node_modules|dist|proto\/gen|test\/interop\/[^/]+\/node_modules)\//;

/** Every TypeScript file of the repository but the generated ones. */
export function readSources(root: string): readonly Source[] {
  const paths = globSync('**/*.ts', {
    cwd: root,
    exclude: (path) => /(?:^|\/)(?:node_modules|dist|\.git|\.writ)$|^proto\/gen$/.test(path),
  });
  return paths
    .map((path) => path.split('\\').join('/'))
    .filter((path) => !LEFT_OUT.test(path))
    .sort()
    .map((path) => sourceOf(path, readFileSync(join(root, path), 'utf8')));
}

export function sourceOf(path: string, text: string): Source {
  const { withStrings, bare } = blank(text);
  return { path, text, withStrings, bare, imports: importsOf(path, withStrings, bare) };
}

export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length;

/** Violations at every match of a pattern, which needs the flag g. */
export function matches(
  source: Source,
  text: string,
  pattern: RegExp,
): readonly { line: number; found: string }[] {
  return [...text.matchAll(pattern)].map((match) => ({
    line: lineAt(source.text, match.index),
    found: match[0].trim(),
  }));
}

const STATIC = /(?:^|\n|;)\s*(import|export)\s+(type\s+)?([^'";]*?\sfrom\s*)?(['"])([^'"\n]+)\4/g;
const LAZY = /\bimport\(\s*(['"])([^'"\n]+)\1/g;

function importsOf(path: string, text: string, bare: string): readonly Import[] {
  const isCode = (at: number, word: string): boolean =>
    bare.slice(at).trimStart().replace(/^;\s*/, '').startsWith(word);
  const found: Import[] = [];
  for (const match of text.matchAll(STATIC)) {
    const [whole, keyword = '', type, names = '', , target = ''] = match;
    if (!isCode(match.index, keyword) || (keyword === 'export' && names === '')) continue;
    const line = lineAt(text, match.index + whole.indexOf(keyword));
    found.push({ ...resolved(path, target), isType: type !== undefined, isLazy: false, names, line });
  }
  for (const match of text.matchAll(LAZY)) {
    if (!isCode(match.index, 'import')) continue;
    const line = lineAt(text, match.index);
    const isType =
      /(?:typeof|[:<|&=(]\s*)\s*$/.test(bare.slice(0, match.index)) &&
      /^\)\s*[.;]\s*[A-Z]/.test(bare.slice(match.index + match[0].length));
    found.push({ ...resolved(path, match[2] ?? ''), isType, isLazy: true, names: '', line });
  }
  return found;
}

function resolved(path: string, target: string): { target: string; isOurs: boolean } {
  if (!target.startsWith('.')) return { target, isOurs: false };
  return { target: posix.join(posix.dirname(path), target), isOurs: true };
}
