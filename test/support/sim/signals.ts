/** Signals by name and number, as the engine takes both. */

const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  KILL: 9,
  USR1: 10,
  USR2: 12,
  TERM: 15,
  CONT: 18,
  STOP: 19,
  WINCH: 28,
};

/** undefined: there is no such signal. */
export function signalNumber(signal: string): number | undefined {
  if (/^\d+$/.test(signal)) return Number(signal);
  return NUMBERS[signal.toUpperCase().replace(/^SIG/, '')];
}

export function signalName(signal: string): string {
  const number = signalNumber(signal);
  const name = Object.keys(NUMBERS).find((one) => NUMBERS[one] === number);
  return name === undefined ? signal : `SIG${name}`;
}
