/**
 * Puts the values of variables into every text of a document, and casts text at the places where a number or a
 * boolean is meant. Keys are never touched.
 */

import { CASTS, castText, type Cast } from './casts.ts';
import { formatPath, type Findings } from './diagnostic.ts';
import type { Environment } from './environment.ts';
import { badNode, textNode, type Node, type TextNode } from './node.ts';
import { below, type RuleTree } from './rule-tree.ts';
import { substitute, type TemplateFault } from './template.ts';

/** Interpolates a tree in place and returns it (a text at the root is replaced). */
export function interpolate(root: Node, environment: Environment, findings: Findings): Node {
  return new Interpolation(environment, findings).visit(root, CASTS);
}

class Interpolation {
  readonly #environment: Environment;
  readonly #findings: Findings;
  /** Of the node that is visited; changed in place. */
  readonly #path: (string | number)[] = [];

  constructor(environment: Environment, findings: Findings) {
    this.#environment = environment;
    this.#findings = findings;
  }

  visit(node: Node, casts: RuleTree<Cast> | undefined): Node {
    if (node.kind === 'map') {
      for (const entry of node.entries.values()) {
        const { key, value } = entry;
        if (value.kind !== 'string' && value.kind !== 'map' && value.kind !== 'list') continue;
        this.#path.push(key);
        entry.value = this.visit(value, below(casts, key));
        this.#path.pop();
      }
    } else if (node.kind === 'list') {
      for (const [index, item] of node.items.entries()) {
        this.#path.push(index);
        node.items[index] = this.visit(item, casts?.items);
        this.#path.pop();
      }
    } else if (node.kind === 'string') return this.#text(node, casts?.rule);
    return node;
  }

  #text(node: TextNode, cast: Cast | undefined): Node {
    if (!node.value.includes('$')) return cast === undefined ? node : this.#cast(node, cast);
    const path = this.#path;
    const result = substitute(node.value, (name) => this.#environment.get(name), {
      unset: (name) => {
        const message = `The "${name}" variable is not set. Defaulting to a blank string.`;
        this.#findings.warn({ code: 'unset-variable', message, at: node.at, path });
      },
      used: (name, value) => this.#environment.markUsed(name, value),
    });
    if (!result.ok) return this.#fail(node, result.fault);
    const text = textNode(node.at, result.text);
    return cast === undefined ? text : this.#cast(text, cast);
  }

  #cast(node: TextNode, cast: Cast): Node {
    const path = this.#path;
    const result = castText(node, cast);
    if ('problem' in result) {
      const message = `${formatPath(path)}: ${result.problem}`;
      this.#findings.error({ code: 'wrong-type', message, at: node.at, path, expected: EXPECTED[cast] });
      return badNode(node.at);
    }
    if (result.warning !== undefined) {
      this.#findings.warn({ code: 'obsolete', message: result.warning, at: node.at, path });
    }
    return result.node;
  }

  #fail(node: TextNode, fault: TemplateFault): Node {
    const path = this.#path;
    const { at } = node;
    if (fault.kind === 'required') {
      const reason = fault.reason === '' ? '' : `: ${fault.reason}`;
      const message = `${formatPath(path)}: required variable ${fault.name} is missing a value${reason}`;
      const remedy = `set ${fault.name} in the environment or in .env`;
      this.#findings.error({ code: 'missing-variable', message, at, path, remedy });
    } else if (fault.kind === 'format') {
      const message = `${formatPath(path)}: invalid interpolation format: ${shorten(fault.template)}`;
      this.#findings.error({ code: 'interpolation', message, at, path, remedy: 'write $$ for a literal $' });
    } else {
      this.#findings.error({
        code: 'interpolation',
        message: 'the interpolation is nested too deeply or too long',
        at,
        path,
      });
    }
    return badNode(at);
  }
}

const EXPECTED: Readonly<Record<Cast, string>> = {
  boolean: 'true or false',
  integer: 'an integer',
  number: 'a number',
};

function shorten(text: string): string {
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
