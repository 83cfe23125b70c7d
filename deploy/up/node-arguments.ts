/** How `writ up` starts a part of Writ, as the launcher would. Called by system. */

/** Arguments for Node: SIGUSR1 would open a debugger, and with it the keys, to every user of the machine. */
export const nodeArguments = (script: string, args: readonly string[]): readonly string[] => [
  '--disable-warning=ExperimentalWarning',
  '--disable-sigusr1',
  script,
  ...args,
];
