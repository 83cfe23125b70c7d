/** One JSON log line as `key=value` text, in the order in which logrus writes it. */

/** Takes and returns a line with its newline. */
export function textLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = [
    `time=${quoted(time)}`,
    `level=${level === 'warn' ? 'warning' : String(level)}`,
    `msg=${inQuotes(msg)}`,
    ...Object.keys(fields)
      .sort()
      .map((key) => `${key}=${quoted(fields[key])}`),
  ];
  return `${pairs.join(' ')}\n`;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[A-Za-z0-9._/@^+-]+$/.test(text) ? text : inQuotes(text);
}

/** What steers a terminal or reorders the line: controls that JSON leaves as they are, direction and line marks. */
const UNPRINTABLE = /[\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/** Whoever names a file or a process writes in this log: the name must not look like anything but a name. */
const inQuotes = (value: unknown): string => printableJson(JSON.stringify(value) ?? '""');

/** The same JSON, in which nothing steers a terminal or looks like the end of a line. */
export const printableJson = (json: string): string =>
  json.replace(UNPRINTABLE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
