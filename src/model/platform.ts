/** Platforms (`linux/arm64/v8`) and their other spellings. */

const ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  'x86-64': 'amd64',
  i386: '386',
  aarch64: 'arm64',
  armhf: 'arm/v7',
  armel: 'arm/v6',
  arm: 'arm/v7',
};

/** Whether what was made for one platform is what is asked for. */
export function isPlatform(found: string, asked: string): boolean {
  const [foundSystem, foundMachine] = parse(found);
  const [system, machine] = parse(asked);
  return system === foundSystem && (machine === undefined || machine === foundMachine);
}

/** As in Compose, an image for another platform is as good as not there: its name may stand for several. */
export function isImageFor({ platform: made }: { readonly platform?: string }, platform: string | undefined): boolean {
  return platform === undefined || made === undefined || isPlatform(made, platform);
}

/** A platform in its parts (`linux`, `arm`, `v7`; no variant is ''), with what it does not name taken from another one. */
export function platformParts(text: string, rest: string): { os: string; architecture: string; variant: string } {
  const [os, machine = parse(rest)[1] ?? ''] = parse(text);
  const [architecture = '', variant = ''] = machine.split('/');
  return { os, architecture, variant };
}

/** Operating system and machine; no machine where only a system is named, `linux` where only a machine is. */
function parse(text: string): readonly [system: string, machine: string | undefined] {
  const words = text.toLowerCase().split('/');
  const [first = ''] = words;
  if (words.length === 1)
    return first === 'linux' || first === 'windows' ? [first, undefined] : ['linux', known(first)];
  return [first, known(words.slice(1).join('/'))];
}

function known(machine: string): string {
  const name = ARCHITECTURES[machine] ?? machine;
  // The first of its kind is the same with and without its variant.
  return name === 'arm64/v8' ? 'arm64' : name === 'amd64/v1' ? 'amd64' : name;
}
