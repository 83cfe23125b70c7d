/** Writes declared entries as YAML or JSON. Called by `entry export`; read back by read.ts. */
import type { EntryText } from './entry-text.ts';

export type Format = 'yaml' | 'json';

/** Piece by piece: there may be a million. Without what says no more than its absence; stable from run to run. */
export function* printDeclared(entries: readonly EntryText[], format: Format): Generator<string> {
  if (format === 'json') {
    yield '{"entries": [';
    for (const [at, entry] of entries.entries())
      yield `${at === 0 ? '' : ','}\n  ${JSON.stringify(withoutDefaults(entry))}`;
    yield `${entries.length === 0 ? '' : '\n'}]}\n`;
    return;
  }
  yield '# Registration entries, for `entry apply`.\n';
  yield entries.length === 0 ? 'entries: []\n' : 'entries:\n';
  for (const entry of entries) yield entryYaml(entry);
}

const isDefault = (value: unknown): boolean =>
  value === '' || value === 0 || value === false || (Array.isArray(value) && value.length === 0);

const withoutDefaults = (entry: EntryText): Partial<EntryText> =>
  Object.fromEntries(Object.entries(entry).filter(([, value]) => !isDefault(value)));

/** `- key: value`, the keys below each other. */
function entryYaml(entry: EntryText): string {
  const lines = Object.entries(withoutDefaults(entry)).flatMap(([key, value]): string[] =>
    Array.isArray(value)
      ? [`${key}:`, ...value.map((item: unknown) => `  - ${scalarYaml(item)}`)]
      : [`${key}: ${scalarYaml(value)}`],
  );
  return lines.map((line, at) => `${at === 0 ? '  - ' : '    '}${line}\n`).join('');
}

/** What any YAML reader takes for text, whatever the version; all other text is quoted as in JSON, which is YAML too. */
const PLAIN = /^(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9_.:/@+-]*(?<!:)$/i;

/** What YAML wants escaped and JSON does not. */
const UNPRINTABLE = /[\u007f-\u009f\u2028\u2029\ufeff]/g;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const scalarYaml = (value: unknown): string =>
  typeof value === 'string' && (PLAIN.test(value) || UUID.test(value))
    ? value
    : JSON.stringify(value).replace(
        UNPRINTABLE,
        (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
      );
