/** Headers that a peer has us remember: against RFC 7541's examples, python-hpack and nghttp2, which Node's HTTP/2 is. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectHttp2, type OutgoingHttpHeaders, sensitiveHeaders } from 'node:http2';
import { createServer, type Socket } from 'node:net';
import { describe, it, test } from 'node:test';
import fc from 'fast-check';
import { Code } from '../../../../shared/errors.ts';
import { Flag, FrameReader, FrameType, writeFrame } from '../../../../shared/rpc/http2/frames.ts';
import { type Field, HeaderTable } from '../../../../shared/rpc/http2/header-table.ts';
import { decodeFields, encodeFields } from '../../../../shared/rpc/http2/hpack.ts';
import { PREFACE } from '../../../fakes/http2-bytes.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const read = (block: Uint8Array, table: HeaderTable, maxBytes?: number): readonly Field[] => [
  ...decodeFields(block, table, maxBytes),
];

/** Lines of `name: value`. */
const fieldsOf = (text: string): readonly Field[] =>
  text
    .trim()
    .split('\n')
    .map((line) => {
      const [, name = '', value = ''] = /^\s*(:?[^:]+): (.*)$/.exec(line) ?? [];
      return { name, value };
    });

const REQUESTS = [
  ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com',
  ':method: GET\n:scheme: http\n:path: /\n:authority: www.example.com\ncache-control: no-cache',
  ':method: GET\n:scheme: https\n:path: /index.html\n:authority: www.example.com\ncustom-key: custom-value',
];
const COOKIE = 'foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1';
const at = (second: number): string => `date: Mon, 21 Oct 2013 20:13:${second} GMT`;
const RESPONSES = [
  `:status: 302\ncache-control: private\n${at(21)}\nlocation: https://www.example.com`,
  `:status: 307\ncache-control: private\n${at(21)}\nlocation: https://www.example.com`,
  `:status: 200\ncache-control: private\n${at(22)}\nlocation: https://www.example.com\ncontent-encoding: gzip\nset-cookie: ${COOKIE}`,
];

/** RFC 7541 appendix C: the sizes of the table that the appendix gives after each block are those of `left`. */
const examples: Readonly<
  Record<string, { tableBytes: number; blocks: readonly string[]; texts: readonly string[] }>
> = {
  'C.3, requests': {
    tableBytes: 4_096,
    blocks: [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    texts: REQUESTS,
  },
  'C.4, requests with Huffman codes': {
    tableBytes: 4_096,
    blocks: [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
    texts: REQUESTS,
  },
  'C.5, answers that evict': {
    tableBytes: 256,
    blocks: [
      `4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e
       1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d`,
      '4803 3330 37c1 c0bf',
      `88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f 6f3d
       4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 303b 2076 6572
       7369 6f6e 3d31`,
    ],
    texts: RESPONSES,
  },
  'C.6, answers that evict, with Huffman codes': {
    tableBytes: 256,
    blocks: [
      `4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad 1718 63c7 8f0b
       97c8 e9ae 82ae 43d3`,
      '4883 640e ffc1 c0bf',
      `88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 dfdf
       cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07`,
    ],
    texts: RESPONSES,
  },
};

for (const [what, { tableBytes, blocks, texts }] of Object.entries(examples))
  test(`RFC 7541 ${what}: read as they are written there`, () => {
    const table = new HeaderTable(tableBytes);
    for (const [number, block] of blocks.entries())
      assert.deepEqual(read(hex(block.replaceAll('\n', '')), table), fieldsOf(texts[number] ?? ''));
  });

describe('a table of headers', () => {
  const literal = (name: string, value: string): Buffer =>
    Buffer.concat([
      Buffer.of(0x40, name.length),
      Buffer.from(name),
      Buffer.of(value.length),
      Buffer.from(value),
    ]);

  it('is emptied by what is larger than all of it (4.4)', () => {
    const table = new HeaderTable(64);
    read(literal('a', '1'), table);
    assert.deepEqual(read(hex('be'), table), [{ name: 'a', value: '1' }]);
    read(literal('b', 'x'.repeat(60)), table);
    assert.throws(() => read(hex('be'), table), { code: Code.internal });
  });

  it('is given another size at the beginning of a block, several times (4.2)', () => {
    const table = new HeaderTable(4_096);
    read(Buffer.concat([literal('a', '1'), literal('b', '2')]), table);
    assert.deepEqual(read(hex('20 3fe1 1f'), table), []);
    assert.throws(() => read(hex('be'), table), { code: Code.internal });
  });

  const wrong: Readonly<Record<string, string>> = {
    'a larger size than allowed (4.2)': '3fe2 1f',
    'another size behind a header (4.2)': '82 20',
    'the number behind the last (2.3.3)': 'bf',
    'a name of the number behind the last': '7f00 0161',
  };
  for (const [what, block] of Object.entries(wrong))
    it(`refuses ${what}`, () => {
      const table = new HeaderTable(4_096);
      read(literal('a', '1'), table);
      assert.throws(() => read(hex(block), table), { code: Code.internal });
    });

  it('lets nobody have a few bytes read as many headers', () => {
    const table = new HeaderTable(4_096);
    read(literal('a', 'x'.repeat(100)), table);
    const repeated = Buffer.alloc(500, 0xbe);
    assert.equal(read(repeated, table).length, 500);
    assert.throws(() => read(repeated, table, 66_499), { code: Code.internal, message: /too long/ });
    assert.equal(read(repeated, table, 66_500).length, 500); // 133 bytes each by RFC 7541 4.1
  });
});

test('what python-hpack wrote is read as it was meant, over whole connections', () => {
  const path = new URL('../../../vectors/hpack/connections.json', import.meta.url);
  const connections = JSON.parse(readFileSync(path, 'utf8')) as readonly (readonly {
    readonly block: string;
    readonly fields: readonly (readonly [name: string, value: string, isSensitive?: boolean])[];
  }[])[];
  assert.ok(connections.length > 0);
  for (const blocks of connections) {
    const table = new HeaderTable(4_096);
    for (const { block, fields } of blocks) {
      const expected = fields.map(([name, value, isSensitive]) =>
        isSensitive === true ? { name, value, isSensitive } : { name, value },
      );
      assert.deepEqual(read(hex(block), table), expected);
    }
  }
});

/** What Node's client sends: blocks of headers. It waits for settings first. */
async function blocksOf(requests: readonly OutgoingHttpHeaders[]): Promise<readonly Uint8Array[]> {
  const blocks: Uint8Array[] = [];
  const done = Promise.withResolvers<void>();
  const server = createServer((socket: Socket) => {
    const frames = new FrameReader();
    let skipped = PREFACE.length;
    socket.on('error', () => {});
    socket.write(writeFrame({ type: FrameType.settings, flags: 0, stream: 0, payload: new Uint8Array() }));
    socket.on('data', (chunk: Buffer) => {
      const bytes = chunk.subarray(skipped);
      skipped -= chunk.length - bytes.length;
      for (const { type, flags, payload } of frames.read(bytes)) {
        if (type !== FrameType.headers) continue;
        assert.equal(flags & (Flag.endHeaders | Flag.padded | Flag.priority), Flag.endHeaders);
        blocks.push(Buffer.from(payload));
      }
      if (blocks.length === requests.length) done.resolve();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  assert.ok(address !== null && typeof address === 'object');
  const session = connectHttp2(`http://127.0.0.1:${address.port}`);
  session.on('error', () => {});
  for (const headers of requests) session.request(headers).on('error', () => {});
  await done.promise;
  session.destroy();
  server.close();
  return blocks;
}

test('what nghttp2 wrote is read as it was meant, and nghttp2 reads what we write', async () => {
  const name = fc.constantFrom('x-a', 'x-b', 'x-c', 'cookie', 'user-agent', 'x-secret', 'authorization');
  const value = fc.oneof(fc.constantFrom('1', 'same', 'other'), fc.stringMatching(/^[!-~]{0,300}$/));
  const headers = fc.dictionary(name, value, { maxKeys: 6 });
  const wanted = fc.sample(headers, 90).map((own) => ({ ...own }));
  const requests = wanted.map((own, number) => ({
    ':path': `/${number % 7}`,
    ...own,
    [sensitiveHeaders]: ['x-secret'],
  }));
  const blocks = await blocksOf(requests);
  const table = new HeaderTable(4_096);
  for (const [number, own] of wanted.entries()) {
    const fields = read(blocks[number] ?? assert.fail('a block is missing'), table);
    const found = fields.filter((field) => !field.name.startsWith(':'));
    assert.deepEqual(Object.fromEntries(found.map((field) => [field.name, field.value])), own);
    assert.equal(fields.find((field) => field.name === ':path')?.value, `/${number % 7}`);
    for (const field of found)
      assert.equal(field.isSensitive === true, field.name === 'x-secret' || isGuarded(field));
    assert.deepEqual(read(encodeFields(fields), new HeaderTable(0)), fields);
  }
});

/** nghttp2 lets nobody remember what may be guessed by trying (RFC 7541 7.1.3). */
const isGuarded = ({ name, value }: Field): boolean =>
  name === 'authorization' || (name === 'cookie' && value.length < 20);
