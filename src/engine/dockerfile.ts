/**
 * What a Dockerfile asks for that the engine's own builder passes over or refuses, where BuildKit, with which Docker Compose
 * builds, heeds it: here-documents, and the variables that tell platforms. Text in, text out.
 */

import { platformParts } from '../model/platform.ts';

/** The platform that is built for, and that of the engine: `linux/arm64`. */
export interface BuildPlatforms {
  readonly target: string;
  readonly engine: string;
}

const NAME = /(?:BUILD|TARGET)(?:PLATFORM|OS|ARCH|VARIANT)/;
const IN_FROM = new RegExp(`\\$(?:\\{(${NAME.source})\\}|(${NAME.source})\\b)`, 'g');
const HERE_DOCUMENT = /^(?:ONBUILD\s+)?(?:RUN|COPY|ADD)\s(?:.*\s)?\d*<<-?(["']?)[A-Za-z_]\w*\1(?:[\s;&|>)]|$)/i;

/** Whether lines of it are a file or a script within an instruction: the engine's own builder would leave the instruction empty. */
export function hasHereDocument(text: string): boolean {
  return instructions(text).some((instruction) => HERE_DOCUMENT.test(instruction));
}

/** Whether it is built in another way for another platform, by the variables that BuildKit sets. */
export function namesPlatforms(text: string): boolean {
  return NAME.test(text);
}

/** Values of the platform variables that its ARG instructions name. */
export function platformArguments(text: string, platforms: BuildPlatforms): Record<string, string> {
  const named = instructions(text).flatMap((instruction) => /^ARG\s+(.*)$/i.exec(instruction)?.[1]?.split(/\s+/) ?? []);
  return Object.fromEntries(Object.entries(variables(platforms)).filter(([name]) => named.includes(name)));
}

/** With the platform variables in FROM replaced, where they are there without an ARG; no line moves. */
export function withPlatforms(text: string, platforms: BuildPlatforms): string {
  const values = variables(platforms);
  return text.replaceAll(/^[ \t]*FROM[ \t].*$/gim, (line) =>
    line.replaceAll(IN_FROM, (_, braced: string | undefined, bare: string | undefined) => {
      return values[braced ?? bare ?? ''] ?? '';
    }),
  );
}

function variables({ target, engine }: BuildPlatforms): Record<string, string> {
  const of = (prefix: string, platform: string): [string, string][] => {
    const { os, architecture, variant } = platformParts(platform, engine);
    return [
      [`${prefix}PLATFORM`, [os, architecture, variant].filter((part) => part !== '').join('/')],
      [`${prefix}OS`, os],
      [`${prefix}ARCH`, architecture],
      [`${prefix}VARIANT`, variant],
    ];
  };
  return Object.fromEntries([...of('TARGET', target), ...of('BUILD', engine)]);
}

/** Continued lines joined, comments left out. */
function instructions(text: string): string[] {
  return text
    .split(/\r?\n/)
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\[ \t]*\n/g, ' ')
    .split('\n')
    .map((line) => line.trim());
}
