import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { printable } from '../../../shared/cli/printable.ts';

describe('a text that others chose', () => {
  for (const [text, printed] of [
    ['plain', 'plain'],
    ['Grüße, 世界 🙂', 'Grüße, 世界 🙂'],
    ['back\\slash', 'back\\slash'],
    ['two\nlines\r\tand', 'two\\nlines\\r\\tand'],
    ['\u001b[31mred\u0007', '\\x1b[31mred\\x07'],
    ['\u0000\u007f\u009b', '\\x00\\x7f\\x9b'],
    ['right\u202eleft\u2066\u2028', 'right\\u202eleft\\u2066\\u2028'],
  ] as const) {
    it(`is printed as ${printed}`, () => assert.equal(printable(text), printed));
  }
});
