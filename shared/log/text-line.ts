/** One JSON log line as `key=value` text, in the order in which logrus writes it. */

/** Takes and returns a line with its newline. */
export function textLine(json: string): string {
  const { time, level, msg, ...fields } = JSON.parse(json) as Record<string, unknown>;
  const pairs = [
    `time=${quoted(time)}`,
    `level=${level === 'warn' ? 'warning' : String(level)}`,
    `msg=${JSON.stringify(msg)}`,
    ...Object.keys(fields)
      .sort()
      .map((key) => `${key}=${quoted(fields[key])}`),
  ];
  return `${pairs.join(' ')}\n`;
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return /^[A-Za-z0-9._/@^+-]+$/.test(text) ? text : JSON.stringify(text);
}
