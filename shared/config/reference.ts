/** Prints the reference page of a configuration from its shape and flags. Called by deploy/config/generate-reference. */
import { describeEnvelope, describeShape, type Description } from './describe-shape.ts';
import type { ConfigFlag } from './flags.ts';
import type { Shape } from './shape.ts';

export interface ReferencePage {
  readonly title: string;
  readonly introduction: string;
  readonly shape: Shape<unknown>;
  readonly flags: readonly ConfigFlag[];
}

/** The page as Markdown. */
export function printReference(page: ReferencePage): string {
  const entries = describeShape(page.shape);
  const parts = [
    `# ${page.title}`,
    'This page is printed from the code that reads the file; change it there.',
    page.introduction,
    ...sections('', entries),
    ...(entries.some(hasPlugins)
      ? ['## Around every plugin', 'The keys beside `plugin_data`.', table(describeEnvelope())]
      : []),
    ...(page.flags.length > 0
      ? ['## Flags', 'Each stands above the key that it names.', flagTable(page.flags)]
      : []),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const hasPlugins = (entry: Description): boolean =>
  entry.kind === 'plugins' || (entry.kind === 'block' && entry.entries.some(hasPlugins));

type BlockDescription = Extract<Description, { kind: 'block' }>;
type PluginsDescription = Extract<Description, { kind: 'plugins' }>;

/** The keys of one object, then its blocks and plugins, each under a heading of its own. */
function sections(scope: string, entries: readonly Description[]): string[] {
  return [
    table(entries),
    ...entries.filter((entry) => entry.kind === 'block').flatMap((entry) => blockSection(scope, entry)),
    ...entries.filter((entry) => entry.kind === 'plugins').flatMap(pluginSection),
  ];
}

function blockSection(scope: string, entry: BlockDescription): string[] {
  const name = scope === '' ? entry.key : `${scope}.${entry.key}`;
  const title = entry.isLabelled ? `${name} "NAME"` : name;
  return [`## \`${title}\``, sentence(entry.doc), ...sections(name, entry.entries)];
}

function pluginSection(entry: PluginsDescription): string[] {
  const later = entry.spec.notYet.map((name) => `\`${name}\``).join(', ');
  const what =
    entry.spec.ifNotYet === 'warn'
      ? 'Taken with a warning, without effect yet'
      : 'Refused, not supported yet';
  return [
    `## \`${entry.type}\``,
    sentence(entry.spec.doc),
    ...entry.named.flatMap(({ name, doc, entries }) => [
      `### \`${entry.type} "${name}"\``,
      sentence(doc),
      table(entries),
    ]),
    later === '' ? '' : `${what}: ${later}.`,
  ];
}

function table(entries: readonly Description[]): string {
  const rows = entries.flatMap(row);
  if (rows.length === 0) return '';
  return ['| key | value | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function row(entry: Description): string[] {
  switch (entry.kind) {
    case 'field':
      return [cells(`\`${entry.key}\``, entry.field.type, defaultOf(entry.field), entry.field.doc)];
    case 'without-effect':
      return [cells(`\`${entry.key}\``, '', '', `no effect yet: ${entry.doc}`)];
    case 'not-supported':
      return [cells(`\`${entry.key}\``, '', '', `refused, not supported yet: ${entry.doc}`)];
    default:
      return [];
  }
}

const defaultOf = (field: { isRequired: boolean; shownDefault: string }): string => {
  if (field.isRequired) return '(required)';
  return field.shownDefault === '' ? '' : `\`${field.shownDefault}\``;
};

const flagTable = (flags: readonly ConfigFlag[]): string =>
  [
    '| flag | key | meaning |',
    '|---|---|---|',
    ...flags.map((flag) => cells(`\`-${flag.name}\``, `\`${flag.key}\``, flag.doc)),
  ].join('\n');

const cells = (...texts: readonly string[]): string =>
  `| ${texts.map((text) => text.replaceAll('|', '\\|')).join(' | ')} |`;

const sentence = (doc: string): string => `${doc.charAt(0).toUpperCase()}${doc.slice(1)}.`;
