/** Patterns in Go's syntax: what they match, what is refused, and that no text keeps them busy. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LinearPattern } from '../../shared/linear-pattern.ts';

test('matches anywhere unless it is told where', () => {
  for (const [source, text, matches] of [
    ['p[0-9]\\.example\\.com', 'p1.example.com', true],
    ['p[0-9]\\.example\\.com', 'xp1.example.com.evil.net', true],
    ['^p[0-9]+\\.example\\.com$', 'p12.example.com', true],
    ['^p[0-9]+\\.example\\.com$', 'p12.example.com.evil.net', false],
    ['^(web|db)-\\d{2,3}$', 'db-123', true],
    ['^(web|db)-\\d{2,3}$', 'db-1', false],
    ['^(?:[a-z0-9-]+\\.)*example\\.com$', 'a.b-c.example.com', true],
    ['(?i)^HOST$', 'host', true],
    ['(?i)^[^a-f]$', 'a', false],
    ['(?i)^[^a-f]$', 'A', false],
    ['(?i)^[^a-f]$', 'x', true],
    ['(?i)^node-[^x]+\\.example\\.org$', 'node-x.example.org', false],
    ['(?i)^[a-f]$', 'B', true],
    ['(?i)^[A-F]$', 'b', true],
    ['^[^.]+$', 'a.b', false],
    ['^[]a-]+$', 'a-]', true],
    ['\\Aa.?z\\z', 'abz', true],
    ['^a{0}b{2}$', 'bb', true],
    ['^\\w+\\S\\D$', 'a_b', true],
    ['^(?P<name>a)+?$', 'aaa', true],
    ['', 'anything', true],
    ['a|', 'b', true],
  ] as const)
    assert.equal(LinearPattern.parse(source).isMatch(text), matches, `${source} on ${text}`);
});

test('refuses what Go does, and what is not supported', () => {
  for (const source of [
    '(',
    ')',
    '[',
    '[a',
    '*',
    'a**',
    'a{2,1}',
    'a{1001}',
    '\\',
    '\\1',
    '\\b',
    '(?=a)',
    '(?<!a)',
    '(?s)a',
    '[z-a]',
    '[[:alpha:]]',
    '((a{100}){100}){100}',
    '('.repeat(60),
    'a'.repeat(1_001),
  ])
    assert.throws(() => LinearPattern.parse(source), /^CodedError: pattern /, source);
});

test('takes as long as the text is, whatever the pattern', () => {
  for (const source of ['^(a+)+$', '^(a|a)*$', '^(a|aa)+$', '^(.*)*x$']) {
    const pattern = LinearPattern.parse(source);
    assert.equal(pattern.isMatch(`${'a'.repeat(5_000)}!`), false);
  }
});
