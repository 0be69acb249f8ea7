/**
 * Short forms become long ones, so that every later stage meets one form only.
 *
 * Which attribute has which short form is a table; a form that cannot be read is reported and left as a `bad` node.
 * It adds no defaults but those that belong to a short form.
 */

import type { Findings } from './diagnostic.ts';
import type { Form } from './form.ts';
import { get, type MapNode, type Node } from './node.ts';
import { device, external, mount, ports } from './resource-forms.ts';
import { below, compileRules, type RuleTree } from './rule-tree.ts';
import {
  anyToText,
  dependsOn,
  envFile,
  gpus,
  keyValues,
  listToNulls,
  ssh,
  stringToList,
  textUnder,
} from './short-forms.ts';

const FORMS = compileRules<Form>({
  'services.*.build': textUnder('context'),
  'services.*.build.secrets[]': textUnder('source'),
  'services.*.build.provenance': anyToText,
  'services.*.build.sbom': anyToText,
  'services.*.build.additional_contexts': keyValues,
  'services.*.build.ssh': ssh,
  'services.*.depends_on': dependsOn,
  'services.*.env_file': envFile,
  'services.*.label_file': stringToList,
  'services.*.extends': textUnder('service'),
  'services.*.gpus': gpus,
  'services.*.networks': listToNulls,
  'services.*.models': listToNulls,
  'services.*.volumes[]': mount,
  'services.*.dns': stringToList,
  'services.*.devices[]': device,
  'services.*.secrets[]': textUnder('source'),
  'services.*.configs[]': textUnder('source'),
  'services.*.ports': ports,
  'services.*.develop.watch[].ignore': stringToList,
  'services.*.develop.watch[].include': stringToList,
  'volumes.*': external,
  'networks.*': external,
  'secrets.*': external,
  'configs.*': external,
  'include[]': textUnder('path'),
});

/** Brings a model into its long form, in place. */
export function canonicalise(root: MapNode, findings: Findings): void {
  visit(root, [], FORMS, findings);
}

/** `path` is changed on the way and left as it was. */
function visit(node: Node, path: (string | number)[], rules: RuleTree<Form>, findings: Findings): Node {
  const formed = rules.rule === undefined || node.kind === 'bad' ? node : rules.rule(node, path, findings);
  if (formed.kind === 'map') {
    for (const entry of formed.entries.values()) {
      const next = below(rules, entry.key);
      if (next === undefined) continue;
      path.push(entry.key);
      entry.value = visit(entry.value, path, next, findings);
      path.pop();
    }
  } else if (formed.kind === 'list' && rules.items !== undefined) {
    for (const [index, item] of formed.items.entries()) {
      path.push(index);
      formed.items[index] = visit(item, path, rules.items, findings);
      path.pop();
    }
  }
  return formed;
}

/** Drops blank entries of `dns`, which Compose does not keep. */
export function dropBlankDns(root: MapNode): void {
  const services = get(root, 'services');
  if (services?.kind !== 'map') return;
  for (const { value } of services.entries.values()) {
    const dns = get(value, 'dns');
    if (dns?.kind === 'list') dns.items = dns.items.filter((item) => !isBlank(item));
  }
}

function isBlank(node: Node): boolean {
  return node.kind === 'null' || (node.kind === 'string' && node.value === '');
}
