/**
 * Makes the images that tests and examples run, from a static busybox and without a registry. Leaves alone what is there
 * already; never replaces an image that somebody else pulled or built.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callText, EngineRefusal } from './engine-client.ts';
import { tar, type TarEntry } from './tar.ts';

/** The image of nearly every test: busybox, all applets as links, `/bin/sh` as its command. */
export const testImage = 'reeve-test/busybox:1';
/** Images that the examples name: pulled where a registry answers, else the test image under their name. */
const exampleImages = ['busybox:1.36'];
const pullDeadlineMs = 20_000;

await ensureTestImage();
for (const image of exampleImages) {
  if (await imageExists(image)) continue;
  if (await pull(image)) continue;
  say(`${image} cannot be pulled here: tagging the test image with that name`);
  await tagTestImage(image);
}

async function ensureTestImage(): Promise<void> {
  if (await imageExists(testImage)) return;
  const busybox = staticBusybox();
  if (busybox !== undefined) {
    say(`making ${testImage} from ${busybox.path}`);
    await importImage(rootFileSystem(busybox.bytes, busybox.applets));
  } else if ((await imageExists('busybox:1.36')) || (await pull('busybox:1.36'))) {
    await callText('/images/busybox:1.36/tag', { method: 'POST', query: { repo: 'reeve-test/busybox', tag: '1' } });
  } else {
    throw new Error(`${testImage}: no static busybox here and none to pull: apt-get install busybox-static`);
  }
}

interface Busybox {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly applets: readonly string[];
}

/** The machine's own static busybox, else Debian's package unpacked beside (nothing is installed). */
function staticBusybox(): Busybox | undefined {
  const installed = readBusybox('/bin/busybox') ?? readBusybox('/usr/bin/busybox');
  if (installed !== undefined || !existsSync('/usr/bin/apt-get')) return installed;
  const folder = mkdtempSync(join(tmpdir(), 'reeve-busybox-'));
  try {
    execFileSync('apt-get', ['download', '-qq', 'busybox-static'], { cwd: folder, stdio: 'ignore' });
    const archive = readdirSync(folder).find((name) => name.endsWith('.deb'));
    if (archive === undefined) return undefined;
    execFileSync('dpkg-deb', ['--extract', archive, folder], { cwd: folder, stdio: 'ignore' });
    return readBusybox(join(folder, 'bin/busybox')) ?? readBusybox(join(folder, 'usr/bin/busybox'));
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readBusybox(path: string): Busybox | undefined {
  if (process.platform !== 'linux' || !existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  if (hasInterpreter(bytes)) return undefined;
  const applets = execFileSync(path, ['--list-full'], { encoding: 'utf8' }).split('\n').filter(Boolean);
  return { path, bytes, applets };
}

/** Whether a 64-bit ELF program asks for a dynamic loader (a PT_INTERP header), which an empty image has not. */
function hasInterpreter(elf: Uint8Array): boolean {
  const view = new DataView(elf.buffer, elf.byteOffset, elf.byteLength);
  const [offset, size, count] = [
    Number(view.getBigUint64(32, true)),
    view.getUint16(54, true),
    view.getUint16(56, true),
  ];
  return Array.from({ length: count }, (_, i) => view.getUint32(offset + i * size, true)).includes(3);
}

function rootFileSystem(busybox: Uint8Array, applets: readonly string[]): Uint8Array<ArrayBuffer> {
  const directories = [
    'bin',
    'sbin',
    'usr',
    'usr/bin',
    'usr/sbin',
    'etc',
    'dev',
    'proc',
    'sys',
    'home',
    'var',
    'run',
    'mnt',
  ];
  const names = new Set(applets.map((path) => path.slice(path.lastIndexOf('/') + 1)));
  names.delete('busybox');
  // Every applet under /bin, whatever its usual place, and env where scripts look for it: PATH stays short.
  const links = [...[...names].map((name) => `bin/${name}`), 'usr/bin/env'];
  const entries: TarEntry[] = [
    ...directories.map((path): TarEntry => ({ kind: 'directory', path })),
    { kind: 'directory', path: 'root', mode: 0o700 },
    { kind: 'directory', path: 'tmp', mode: 0o1777 },
    { kind: 'file', path: 'etc/passwd', content: 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' },
    { kind: 'file', path: 'etc/group', content: 'root:x:0:\nnogroup:x:65534:\n' },
    { kind: 'file', path: 'bin/busybox', content: busybox, mode: 0o755 },
    ...links.map((path): TarEntry => ({ kind: 'link', path, target: '/bin/busybox' })),
  ];
  return tar(entries);
}

async function importImage(archive: Uint8Array): Promise<void> {
  const changes = ['CMD ["/bin/sh"]', 'ENV PATH=/bin:/usr/bin'];
  const query = new URLSearchParams({ fromSrc: '-', repo: 'reeve-test/busybox', tag: '1' });
  for (const change of changes) query.append('changes', change);
  const answer = await callText(`/images/create?${query.toString()}`, { method: 'POST', body: archive });
  if (answer.includes('"error"')) throw new Error(`${testImage}: import failed: ${answer.trim()}`);
}

async function tagTestImage(image: string): Promise<void> {
  const [repo = '', tag = ''] = image.split(':');
  await callText(`/images/${testImage}/tag`, { method: 'POST', query: { repo, tag } });
}

async function imageExists(image: string): Promise<boolean> {
  try {
    await callText(`/images/${image}/json`);
    return true;
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return false;
    throw error;
  }
}

/** Pulls an image; a pull that fails (its answer is 200 all the same, with an error line) or takes too long is `false`. */
async function pull(image: string): Promise<boolean> {
  const [fromImage = '', tag = ''] = image.split(':');
  const signal = AbortSignal.timeout(pullDeadlineMs);
  try {
    const answer = await callText('/images/create', { method: 'POST', query: { fromImage, tag }, signal });
    return !answer.includes('"error"');
  } catch {
    return false;
  }
}

function say(line: string): void {
  process.stderr.write(`bootstrap: ${line}\n`);
}
