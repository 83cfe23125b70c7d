/** What `completion` prints. */
import type { Command } from './command.ts';
import { type Flag, kebab } from './flag.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** `program` as the user types it: `writ server` or `spire-server`. */
export function completionScript(shell: Shell, program: string, commands: readonly Command[]): string {
  const [name = '', ...before] = program.split(' ');
  const places = [...(before.length > 0 ? [LAUNCHER] : []), ...placesOf(before, commands)];
  return shell === 'fish' ? fishScript(name, places) : bashScript(name, places, shell);
}

interface Place {
  /** What was typed after the program's name. */
  readonly words: readonly string[];
  /** Words that can follow, with what they do. */
  readonly next: ReadonlyMap<string, string>;
  readonly flags: readonly Flag[];
}

/** What the launcher itself knows. */
const LAUNCHER: Place = {
  words: [],
  next: new Map([
    ['up', 'try it: a server, an agent and two services on this machine'],
    ['server', 'run and administer a server'],
    ['agent', 'run an agent, fetch SVIDs, ask why'],
    ['completion', 'print a script that completes commands and flags'],
    ['version', 'print the version'],
  ]),
  flags: [],
};

function placesOf(before: readonly string[], commands: readonly Command[]): readonly Place[] {
  const prefixes = new Map<string, readonly string[]>([['', []]]);
  for (const { words } of commands)
    words.forEach((_, at) => prefixes.set(words.slice(0, at + 1).join(' '), words.slice(0, at + 1)));
  return [...prefixes.values()].map((prefix) => placeAt(prefix, before, commands));
}

function placeAt(prefix: readonly string[], before: readonly string[], commands: readonly Command[]): Place {
  const next = new Map<string, string>();
  let flags: readonly Flag[] = [];
  for (const { words, summary, flags: own } of commands) {
    if (!prefix.every((word, at) => words[at] === word)) continue;
    const word = words[prefix.length];
    if (word === undefined) flags = own;
    else next.set(word, words.length === prefix.length + 1 ? summary : `${word} commands`);
  }
  return { words: [...before, ...prefix], next, flags };
}

/** Tables by what was typed, and one function that looks there. */
function bashScript(name: string, places: readonly Place[], shell: 'bash' | 'zsh'): string {
  const tables = places.map(({ words, next, flags }) => {
    const key = [name, ...words].join(' ');
    const offered = [...next.keys(), ...flags.map((flag) => `-${flag.name}`), '-h'].join(' ');
    const taking = flags
      .filter(takesValue)
      .flatMap((flag) => spellings(flag).map((name) => name + valuesOf(flag)));
    return `_writ_place '${key}' '${offered}' '${taking.join(' ')}'\n`;
  });
  const [start, otherwise] = shell === 'zsh' ? ZSH : ['', ''];
  return `${start}${BASH}${tables.join('')}complete ${otherwise}-F _writ_complete ${name}\n`;
}

/** zsh takes what is written for bash. It has no way to offer files for some words alone: it does where nothing else is. */
const ZSH = ['autoload -U +X bashcompinit && bashcompinit\n', '-o default '] as const;

const spellings = ({ name }: Flag): readonly string[] => [
  ...new Set([`-${name}`, `--${name}`, `--${kebab(name)}`]),
];

/** `:pretty,json`, `:@` for a path, `:` for what only the user knows. */
const valuesOf = ({ values = [], isPath }: Flag): string => `:${isPath ? '@' : values.join(',')}`;

/** bash cuts `-flag=value` in three words. */
const BASH = `declare -gA _writ_words _writ_taking
_writ_place() {
  local key=$1
  _writ_words[$key]=$2
  _writ_taking[$key]=$3
}
_writ_complete() {
  local IFS=$' \\t\\n' key=\${COMP_WORDS[0]##*/} next at all of
  local current=\${COMP_WORDS[COMP_CWORD]} before=\${COMP_WORDS[COMP_CWORD-1]}
  for ((at = 1; at < COMP_CWORD; at++)); do
    next="$key \${COMP_WORDS[at]}"
    [[ -n \${_writ_words[$next]} ]] || break
    key=$next
  done
  [[ $before == '=' ]] && before=\${COMP_WORDS[COMP_CWORD-2]}
  [[ $current == '=' ]] && current=
  COMPREPLY=()
  all=" \${_writ_taking[$key]}"
  of=\${all#*" $before:"}
  if [[ $of == "$all" ]]; then
    COMPREPLY=($(compgen -W "\${_writ_words[$key]}" -- "$current"))
    return
  fi
  of=\${of%% *}
  if [[ $of == @ ]]; then
    IFS=$'\\n'
    [[ -n $ZSH_VERSION ]] || COMPREPLY=($(compgen -f -- "$current"))
    compopt -o filenames 2>/dev/null
  elif [[ -n $of ]]; then
    COMPREPLY=($(compgen -W "\${of//,/ }" -- "$current"))
  fi
}
`;

const takesValue = ({ kind }: Flag): boolean => kind !== 'boolean';

function fishScript(name: string, places: readonly Place[]): string {
  const lines = places.flatMap(({ words, next, flags }) => {
    const start = `complete -c ${name} -n '${['__writ_at', ...words].join(' ')}'`;
    return [
      ...[...next].map(([word, doc]) => `${start} -f -a ${word} -d ${quoted(doc)}\n`),
      ...flags.map((flag) => `${start} ${fishFlag(flag)} -d ${quoted(flag.doc)}\n`),
    ];
  });
  return FISH + lines.join('');
}

const fishFlag = (flag: Flag): string =>
  `-o ${flag.name} -l ${kebab(flag.name)}${takesValue(flag) ? fishValues(flag) : ''}`;

const fishValues = ({ values, isPath }: Flag): string =>
  isPath ? ' -r -F' : values === undefined ? ' -x' : ` -x -a '${values.join(' ')}'`;

const quoted = (text: string): string => `'${text.replace(/[\\']/g, '\\$&')}'`;

/** True where exactly these words were typed before the first flag. */
const FISH = `function __writ_at
    set -l typed (commandline -opc)
    set -e typed[1]
    set -l words
    for word in $typed
        string match -q -- '-*' $word; and break
        set -a words $word
    end
    test "$words" = "$argv"
end
`;
