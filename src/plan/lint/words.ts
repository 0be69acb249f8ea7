/**
 * What the words of a command say without running them: which program, through which wrappers, whether a shell reads
 * the rest, and the single commands of a shell's script. Knows only what can be told from the words.
 */

const SHELLS = new Set(['sh', 'bash', 'ash', 'dash', 'zsh', 'ksh', 'mksh', 'fish', 'su', 'script', 'eval']);
/** Programs that run the command behind them, with the number of words of their own before it. */
const WRAPPERS: Readonly<Record<string, number>> = {
  env: 0,
  nice: 0,
  ionice: 0,
  nohup: 0,
  setsid: 0,
  exec: 0,
  sudo: 0,
  doas: 0,
  busybox: 0,
  tini: 0,
  'dumb-init': 0,
  timeout: 1,
  gosu: 1,
  'su-exec': 1,
  setpriv: 0,
  chroot: 1,
};

export interface Invocation {
  /** Without its folder: `sh` of `/bin/sh`. */
  readonly program: string;
  readonly args: readonly string[];
}

/** The command that is run in the end, wrappers such as `env` and `gosu USER` taken off. */
export function invocationOf(words: readonly string[]): Invocation {
  let rest = words;
  for (;;) {
    const [first = '', ...args] = rest;
    const program = first.slice(first.lastIndexOf('/') + 1);
    const own = WRAPPERS[program];
    const inner = own === undefined ? [] : withoutOptions(args).slice(own);
    if (inner.length === 0) return { program, args };
    rest = inner;
  }
}

/** Flags and assignments that stand before a wrapped command. */
function withoutOptions(args: readonly string[]): readonly string[] {
  const at = args.findIndex((word) => !word.startsWith('-') && !/^\w+=/.test(word));
  return at === -1 ? [] : args.slice(at);
}

export function isShell({ program }: Invocation): boolean {
  return SHELLS.has(program);
}

/** The script of `sh -c SCRIPT`, and the words after it; undefined without `-c`. */
export function scriptOf(invocation: Invocation): { script: string; after: readonly string[] } | undefined {
  if (!isShell(invocation)) return undefined;
  const at = invocation.args.findIndex((word) => /^-[a-z]*c$/i.test(word) || word === '--command');
  const script = at === -1 ? undefined : invocation.args[at + 1];
  return script === undefined ? undefined : { script, after: invocation.args.slice(at + 2) };
}

/** Every single command: of a script each of its parts, else the command itself. */
export function commandsOf(words: readonly string[]): Invocation[] {
  const whole = invocationOf(words);
  const script = scriptOf(whole)?.script;
  if (script === undefined) return [whole];
  return script
    .split(/&&|\|\||[;|&\n(){}]/)
    .map((part) => part.trim().split(/\s+/))
    .map((part) => invocationOf(part.slice(part.findIndex((word) => !KEYWORDS.has(word) && !/^\w+=/.test(word)))))
    .filter(({ program }) => program !== '');
}

const KEYWORDS = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', 'time']);
