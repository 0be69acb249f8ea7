/**
 * Which key makes which project. Two of one name would undo each other's work, so the first keeps it until its files name
 * another project or go away. Who was refused a name is told when it is free: no notice of its own files would come.
 */

export class ProjectNames {
  readonly #owners = new Map<string, string>();
  /** What the files of each key ask for, granted or not. */
  readonly #asked = new Map<string, string>();
  readonly #onFree: (name: string, refused: readonly string[]) => void;

  /** `onFree` is told of a name that nobody has any more, with the keys that were refused it. */
  constructor(onFree: (name: string, refused: readonly string[]) => void) {
    this.#onFree = onFree;
  }

  /** The files of this key ask for a project; gives the key that makes it, which is another one if that has it already. */
  claim(key: string, name: string): string {
    const owner = this.#owners.get(name) ?? key;
    this.#owners.set(name, owner);
    this.#ask(key, name);
    return owner;
  }

  /** The files of this key went away. */
  release(key: string): void {
    this.#ask(key, undefined);
  }

  /** The key that makes this project. */
  ownerOf(name: string): string | undefined {
    return this.#owners.get(name);
  }

  /** Whether files of some key ask for this project, as far as they were read. */
  isAsked(name: string): boolean {
    return this.#askers(name).length > 0;
  }

  #ask(key: string, name: string | undefined): void {
    const before = this.#asked.get(key);
    if (before === name) return;
    if (name === undefined) this.#asked.delete(key);
    else this.#asked.set(key, name);
    if (before === undefined) return;
    if (this.#owners.get(before) === key) this.#owners.delete(before);
    if (!this.#owners.has(before)) this.#onFree(before, this.#askers(before));
  }

  #askers(name: string): string[] {
    return [...this.#asked].filter(([, asked]) => asked === name).map(([key]) => key);
  }
}
