/** PEM, the strict form of RFC 7468: labelled base64 blocks. Called by bundle files, key files, the command line, tests. */
import { fromBase64, toBase64 } from '../bytes.ts';
import { invalidArgument } from '../errors.ts';

const PEM_MAX_CHARS = 8 * 1024 * 1024; // a bundle of some thousand authorities
const LINE_CHARS = 64; // RFC 7468 2
const BOUNDARY = /^-----(BEGIN|END) ([^\r\n]*)-----$/;

export interface PemOptions {
  /** What to do with a block of another label: pass it over (the default), or throw. */
  readonly foreign?: 'skip' | 'refuse';
}

/** The contents of every block labelled `label`; throws InvalidArgument on a malformed block. Text between blocks is allowed. */
export function parsePem(text: string, label: string, options: PemOptions = {}): Uint8Array[] {
  if (text.length > PEM_MAX_CHARS) throw invalidArgument(`PEM is longer than ${PEM_MAX_CHARS} characters`);
  const blocks = readBlocks(text);
  if (options.foreign === 'refuse') refuseForeign(blocks, label);
  return blocks.filter((block) => block.label === label).map((block) => block.bytes);
}

/** One block, with a newline at its end. */
export function formatPem(label: string, der: Uint8Array): string {
  const lines = toBase64(der).match(new RegExp(`.{1,${LINE_CHARS}}`, 'g')) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

interface Block {
  readonly label: string;
  readonly bytes: Uint8Array;
}

function refuseForeign(blocks: readonly Block[], label: string): void {
  const foreign = blocks.find((block) => block.label !== label);
  if (foreign !== undefined)
    throw invalidArgument(`PEM block is "${foreign.label}" where only "${label}" is expected`);
}

function readBlocks(text: string): Block[] {
  const blocks: Block[] = [];
  let open: { label: string; lines: string[] } | undefined;
  for (const line of text.split('\n').map((each) => each.trimEnd())) {
    const [, edge, label = ''] = BOUNDARY.exec(line) ?? [];
    if (edge === undefined) {
      open?.lines.push(line);
    } else if (edge === 'BEGIN') {
      if (open !== undefined) throw invalidArgument(`PEM block "${open.label}" has no end`);
      open = { label, lines: [] };
    } else {
      if (open === undefined || open.label !== label)
        throw invalidArgument(`PEM block "${label}" ends without a beginning`);
      blocks.push({ label, bytes: decode(open.label, open.lines) });
      open = undefined;
    }
  }
  if (open !== undefined) throw invalidArgument(`PEM block "${open.label}" has no end`);
  return blocks;
}

function decode(label: string, lines: readonly string[]): Uint8Array {
  const bytes = fromBase64(lines.join(''));
  if (bytes === undefined || bytes.length === 0) throw invalidArgument(`PEM block "${label}" is not base64`);
  return bytes;
}
