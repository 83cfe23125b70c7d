/** Sizes, names and exports of files. */
import { stripTypeScriptTypes } from 'node:module';
import { basename, dirname } from 'node:path';
import { blank } from './code-only.ts';
import { lineAt, matches, type Rule, type Source, type Violation } from './source.ts';

const FILE_LINES = 300;
const FUNCTION_LINES = 50;
const HEAD_LENGTH = 4_000; // parameters and what stands before them
const INTERFACE_METHODS = 8;
const BANNED_NAMES = [
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'base',
  'impl',
  'data',
  'v2',
  'manager',
];

/** Banned words that are the thing's own name. */
const OWN_NAMES: readonly { readonly name: RegExp; readonly why: string }[] = [
  { name: /^key-managers?(?:-|$)/, why: "SPIRE's configuration calls the part so, and so does everybody" },
  { name: /^data-directory(?:-|$)/, why: "Postgres's own word for where it keeps its files" },
];

const BARRELS = ['shared/client/index.ts', 'shared/client/grpc/index.ts'];

const each = (
  sources: readonly Source[],
  look: (source: Source) => readonly Omit<Violation, 'path'>[],
): Violation[] =>
  sources.flatMap((source) => look(source).map((violation) => ({ path: source.path, ...violation })));

export const shapeRules: readonly Rule[] = [
  {
    name: `a file has at most ${FILE_LINES} lines`,
    why: 'a file holds one idea',
    check: (sources) =>
      each(sources, ({ text }) => {
        const lines = text.trimEnd().split('\n').length;
        return lines > FILE_LINES ? [{ line: lines, message: `${lines} lines` }] : [];
      }),
  },
  {
    name: `a function has at most ${FUNCTION_LINES} lines`,
    why: 'a flow is a list of named steps on one screen',
    check: (sources) =>
      each(sources, (source) =>
        functionsOf(source)
          .filter(({ lines }) => lines > FUNCTION_LINES)
          .map(({ line, lines }) => ({ line, message: `a function of ${lines} lines` })),
      ),
  },
  {
    name: `an interface has at most ${INTERFACE_METHODS} methods`,
    why: 'who implements it, and who fakes it, must see the whole of it',
    check: (sources) =>
      each(sources, (source) =>
        interfacesOf(source)
          .filter(({ methods }) => methods > INTERFACE_METHODS)
          .map(({ line, name, methods }) => ({ line, message: `${name} has ${methods} methods` })),
      ),
  },
  {
    name: 'names say the thing',
    why: `${BANNED_NAMES.join(', ')} say nothing about what is inside`,
    check: (sources) =>
      each(sources, ({ path }) => {
        const name = path.split('/').find(isBanned);
        return name === undefined ? [] : [{ line: 1, message: `"${name}" is a banned name` }];
      }),
  },
  {
    name: 'files and folders are kebab-case',
    why: 'one way to write a name',
    check: (sources) =>
      each(sources, ({ path }) => {
        const odd = path
          .split('/')
          .find((part) => !/^\.?[a-z0-9]+(?:-[a-z0-9]+)*(?:\.test)?(?:\.ts)?$/.test(part));
        return odd === undefined ? [] : [{ line: 1, message: `"${odd}" is not kebab-case` }];
      }),
  },
  {
    name: 'no default exports',
    why: 'a thing has one name, the same wherever it is used',
    check: (sources) => each(sources, (source) => found(source, /\bexport\s+default\b|\bas\s+default\b/g)),
  },
  {
    name: 'no barrels but the published ones',
    why: 'an import leads to the file where the thing is',
    check: (sources) =>
      each(sources, (source) => {
        if (BARRELS.includes(source.path)) return [];
        return [
          ...(basename(source.path) === 'index.ts' ? [{ line: 1, message: 'a file named index.ts' }] : []),
          ...found(source, /\bexport\s+(?:type\s+)?(?:\*|\{[^}]*\})\s*(?:as\s+\w+\s+)?from\b/g),
        ];
      }),
  },
  {
    name: 'nothing is left for later',
    why: 'a mark in the code is read by nobody: finish it, or file it',
    check: (sources) =>
      each(sources, (source) =>
        source.path.startsWith('test/architecture')
          ? []
          : matches(source, source.text, UNFINISHED).map(({ line, found: message }) => ({ line, message })),
      ),
  },
  {
    name: 'tests are in test/',
    why: 'what ships and what checks it are apart; test/ repeats the path',
    check: (sources) =>
      each(sources, ({ path }) =>
        path.endsWith('.test.ts') && !path.startsWith('test/')
          ? [{ line: 1, message: 'a test beside the source' }]
          : [],
      ),
  },
  {
    name: 'a test lies where its subject lies',
    why: 'a test is found from its source without searching',
    check: misplacedTests,
  },
  {
    name: 'each file says what it is',
    why: 'the header is the first thing that a reader sees',
    check: (sources) =>
      each(sources, ({ path, text }) =>
        path.endsWith('.test.ts') || /^(?:#!.*\n)?\/\*\*|^\/\//.test(text)
          ? []
          : [{ line: 1, message: 'no header comment' }],
      ),
  },
];

const found = (source: Source, pattern: RegExp): readonly Omit<Violation, 'path'>[] =>
  matches(source, source.bare, pattern).map(({ line, found: text }) => ({
    line,
    message: text.replace(/\s+/g, ' '),
  }));

function isBanned(part: string): boolean {
  const name = part.replace(/(?:\.test)?\.ts$/, '');
  return (
    !OWN_NAMES.some(({ name: own }) => own.test(name)) &&
    name.split(/[-.]/).some((word) => BANNED_NAMES.includes(word))
  );
}

/** Marks that promise to finish later. */
const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b/g;

/** test/server/ca/x509-ca.test.ts belongs to server/ca: the folder must be there. */
function misplacedTests(sources: readonly Source[]): readonly Violation[] {
  const folders = new Set(sources.map(({ path }) => dirname(path)));
  return sources
    .filter(({ path }) => /^test\/(?:server|agent|shared|deploy)\/.*\.test\.ts$/.test(path))
    .filter(({ path }) => !folders.has(dirname(path).slice('test/'.length)))
    .map(({ path }) => ({
      path,
      line: 1,
      message: `there is no folder ${dirname(path).slice('test/'.length)}`,
    }));
}

/** Bodies in braces of functions, methods and arrows. What lists tests is no flow, and so no function in this sense. */
const IS_LIST_OF_TESTS = /^\s*(?:test|it|describe)\(/m;

export function functionsOf({ text }: Source): readonly { readonly line: number; readonly lines: number }[] {
  const { bare } = blank(stripTypeScriptTypes(text));
  const open: { at: number; isFunction: boolean }[] = [];
  const functions: { line: number; lines: number }[] = [];
  for (let at = 0; at < bare.length; at += 1) {
    if (bare[at] === '{') open.push({ at, isFunction: isFunctionBody(bare, at) });
    if (bare[at] !== '}') continue;
    const start = open.pop();
    if (start?.isFunction !== true) continue;
    if (IS_LIST_OF_TESTS.test(bare.slice(start.at, at))) continue;
    const line = lineAt(text, start.at);
    functions.push({ line, lines: lineAt(text, at) - line + 1 });
  }
  return functions;
}

function isFunctionBody(bare: string, at: number): boolean {
  const before = bare.slice(Math.max(0, at - HEAD_LENGTH), at).trimEnd();
  if (before.endsWith('=>')) return true;
  if (!before.endsWith(')')) return false;
  let depth = 0;
  let start = before.length - 1;
  for (; start >= 0; start -= 1) {
    if (before[start] === ')') depth += 1;
    if (before[start] === '(') depth -= 1;
    if (depth === 0) break;
  }
  return !/\b(?:if|for|while|switch|catch|with|await)\s*$/.test(before.slice(0, start));
}

/** Methods, and fields that are functions. */
export function interfacesOf({
  bare,
}: Source): readonly { readonly name: string; readonly line: number; readonly methods: number }[] {
  return [...bare.matchAll(/\binterface\s+(\w+)[^{]*\{/g)].map((match) => {
    const body = bodyFrom(bare, match.index + match[0].length);
    return { name: match[1] ?? '', line: lineAt(bare, match.index), methods: methodsIn(body) };
  });
}

function bodyFrom(text: string, start: number): string {
  let depth = 1;
  let at = start;
  for (; at < text.length && depth > 0; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
  }
  return text.slice(start, at - 1);
}

function methodsIn(body: string): number {
  let depth = 0;
  let flat = '';
  for (const one of body) {
    if (')}]'.includes(one)) depth -= 1;
    if (depth === 0) flat += one;
    if ('({['.includes(one)) depth += 1;
  }
  return flat
    .split(';')
    .filter((member) =>
      /^\s*(?:\[[^\]]*\]|\w+)\??\s*(?:<[^;]*>)?\(\)|^\s*(?:readonly\s+)?\w+\??:\s*\(\)\s*=>/.test(member),
    ).length;
}
