/** Agent path templates: what they print, as Go and sprig would, and what is refused when they are read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PathTemplate } from '../../shared/path-template.ts';
import type { Value } from '../../shared/path-template-functions.ts';

const KNOWN = { fields: ['PluginName', 'Name', 'Subject.CommonName', 'Names', 'Port'], maps: ['Tags'] };
const VALUES = new Map<string, Value>([
  ['PluginName', 'x509pop'],
  ['Name', 'Host-1.Example.org'],
  ['Subject.CommonName', 'cn'],
  ['Names', ['a', 'b']],
  ['Port', 80],
  ['Tags', new Map([['zone', 'z1']])],
]);

const filled = (text: string): string => PathTemplate.parse(text, KNOWN).fill(VALUES);

/** What text/template with SPIRE's functions prints for the same. */
const PRINTS: readonly (readonly [string, string])[] = [
  ['/{{ .PluginName }}/{{ .Name }}', '/x509pop/Host-1.Example.org'],
  ['/{{.PluginName}}/cn/{{.Subject.CommonName}}', '/x509pop/cn/cn'],
  ['/a {{- /* c */ -}} b', '/ab'],
  ['/a {{- .Subject.CommonName -}} /b', '/acn/b'],
  ['/{{ .Tags.zone }}', '/z1'],
  ['/{{ index .Tags "none" | default "no-zone" }}', '/no-zone'],
  ['/{{ index .Names 1 }}/{{ first .Names }}/{{ last .Names }}', '/b/a/b'],
  ['/{{ .Name | lower | replace "." "-" | trimSuffix "-org" }}', '/host-1-example'],
  ['/{{ lower (trimPrefix "Host-" .Name) }}', '/1.example.org'],
  ['/{{ .Name | trunc 4 }}/{{ .Name | trunc -3 }}/{{ substr 5 6 .Name }}', '/Host/org/1'],
  ['/{{ splitList "." .Name | first | upper }}', '/HOST-1'],
  ['/{{ splitList "." .Name | join "/" }}', '/Host-1/Example/org'],
  ['/{{ printf "%s-%d%%" .PluginName .Port }}', '/x509pop-80%'],
  ['/{{ hasPrefix "Host" .Name | ternary "host" "other" }}', '/host'],
  ['/{{ ternary "b" "a" (contains "zzz" .Name) }}/{{ empty .Name }}', '/a/false'],
  ['/{{ coalesce "" .Subject.CommonName }}{{ nospace " x y " }}{{ trimAll "-" "--z-" }}', '/cnxyz'],
  ['/{{ sha1sum "a" }}', '/86f7e437faa5a7fce15d1ddcb9eaeaea377667b8'],
  ['/{{ `raw` }}{{ "q\\"" }}{{ toString 7 }}{{ true }}', '/rawq"7true'],
  ['{{ "/" }}x', '/x'],
];

test('prints what Go prints', () => {
  for (const [text, expected] of PRINTS) assert.equal(filled(text), expected, text);
});

test('refuses, when it is read, what it could never fill in', () => {
  for (const [text, message] of [
    ['', /template is empty/],
    ['cn/{{ .Name }}', /must begin with a slash/],
    ['/{{ .Nam }}', /there is no field \.Nam, only \.PluginName, \.Name/],
    ['/{{ .Subject }}', /there is no field \.Subject/],
    ['/{{ .Tags.a.b }}', /there is no field/],
    ['/{{ .Name ', /action that is not closed/],
    ['/{{ }}', /an action that says nothing/],
    ['/{{ if .Name }}a{{ end }}', /"if" is not supported/],
    ['/{{ env "HOME" }}', /function "env" is not supported, only lower/],
    ['/{{ constructor }}', /function "constructor" is not supported/],
    ['/{{ $x := .Name }}', /has "\$x := .Name }}" where/],
    ['/{{ .Name | }}', /where a field, function or text should be/],
    ['/{{ (lower .Name }}', /a "\(" too many/],
    ['/{{ lower .Name) }}', /a "\)" too many/],
    ['/{{ .Name .Name }}', /gives arguments to what is no function/],
    ['/{{ lower .Name | .Name }}', /gives arguments to what is no function/],
    ['/{{ "\\x41" }}', /escapes are not supported/],
    [`/{{ ${'('.repeat(40)}.Name${')'.repeat(40)} }}`, /nested more than/],
    [`/${'a'.repeat(5_000)}`, /longer than 4096 characters/],
  ] as const)
    assert.throws(() => PathTemplate.parse(text, KNOWN), { message }, text);
});

test('refuses, when it is filled in, values that do not fit', () => {
  for (const [text, message] of [
    ['/{{ .Tags.rack }}', /\.Tags has no "rack"/],
    ['/{{ .Names }}', /a list or map cannot be part of a path/],
    ['/{{ .Tags }}', /a list or map cannot be part of a path/],
    ['/{{ index .Names 2 }}', /function "index" asks for what is not in the list/],
    ['/{{ lower .Port }}', /function "lower" takes text/],
    ['/{{ lower .Name .Name }}', /takes 1 arguments, not 2/],
    ['/{{ trunc .Name 1 }}', /takes a number/],
    ['/{{ substr 5 99 .Name | substr 3 1 }}', /not in the text/],
    ['/{{ printf "%q" .Name }}', /a format that does not fit/],
    ['/{{ printf "x" .Name }}', /more values than its format/],
    ['/{{ ternary "a" "b" .Name }}', /chooses by true or false/],
  ] as const)
    assert.throws(() => filled(text), { message }, text);
  assert.throws(
    () => PathTemplate.parse('/{{ .Port }}', KNOWN).fill(new Map()),
    /there is no value of \.Port/,
  );
});
