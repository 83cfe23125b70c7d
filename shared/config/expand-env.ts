/** `-expandEnv`: `$NAME` and `${NAME}` in a configuration, before it is parsed. Called by load. */

/** Names of one character that stand without braces, as in a shell. */
const SPECIAL = /^[*#$@!?0-9-]$/;
const NAME = /[A-Za-z0-9_]+/y;

export interface ExpandedText {
  readonly text: string;
  /** Names that the environment lacks, each once; they became empty. */
  readonly missing: readonly string[];
}

/** Replaces as Go's os.ExpandEnv does: unset is empty, a `$` before no name stays, `${}` and an open `${` vanish. */
export function expandEnv(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
): ExpandedText {
  const missing = new Set<string>();
  const lastBrace = text.lastIndexOf('}');
  let expanded = '';
  let done = 0;
  for (
    let dollar = text.indexOf('$');
    dollar >= 0 && dollar + 1 < text.length;
    dollar = text.indexOf('$', done)
  ) {
    const { name, length } = nameAfter(text, dollar + 1, lastBrace);
    expanded += text.slice(done, dollar);
    if (length === 0) expanded += '$';
    if (name !== '') expanded += valueOf(name, environment, missing);
    done = dollar + 1 + length;
  }
  return { text: expanded + text.slice(done), missing: [...missing] };
}

function valueOf(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  missing: Set<string>,
): string {
  const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
  if (value === undefined) missing.add(name);
  return value ?? '';
}

/** The name that begins after a dollar, and how many characters it and its braces take; no name is empty. */
function nameAfter(text: string, at: number, lastBrace: number): { name: string; length: number } {
  if (text[at] === '{') return nameInBraces(text, at, lastBrace);
  const first = text.charAt(at);
  if (SPECIAL.test(first)) return { name: first, length: 1 };
  NAME.lastIndex = at;
  const name = NAME.exec(text)?.[0] ?? '';
  return { name, length: name.length };
}

function nameInBraces(text: string, at: number, lastBrace: number): { name: string; length: number } {
  if (lastBrace < at) return { name: '', length: 1 };
  const close = text.indexOf('}', at);
  return { name: text.slice(at + 1, close), length: close - at + 1 };
}
