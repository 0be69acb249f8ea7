/**
 * Text that stands where a number or a boolean is meant: which places, and how it is read.
 *
 * Compose casts text at these places after interpolation, so that `"${TTY}"` or a quoted "3" work there; anywhere
 * else text stays text.
 */

import type { NumberNode, BoolNode, TextNode } from './node.ts';
import { compileRules } from './rule-tree.ts';

export type Cast = 'integer' | 'number' | 'boolean';

/** What a cast gives: the node, with a word for a warning, or what is wrong with the text. */
export type CastResult =
  | { readonly node: NumberNode | BoolNode; readonly warning?: string }
  | { readonly problem: string };

/** Places whose text is cast, by pattern. */
export const CASTS = compileRules<Cast>({
  'services.*.cpu_count': 'integer',
  'services.*.cpu_percent': 'number',
  'services.*.cpu_period': 'integer',
  'services.*.cpu_quota': 'integer',
  'services.*.cpu_rt_period': 'integer',
  'services.*.cpu_rt_runtime': 'integer',
  'services.*.cpus': 'number',
  'services.*.cpu_shares': 'integer',
  'services.*.init': 'boolean',
  'services.*.deploy.replicas': 'integer',
  'services.*.deploy.update_config.parallelism': 'integer',
  'services.*.deploy.update_config.max_failure_ratio': 'number',
  'services.*.deploy.rollback_config.parallelism': 'integer',
  'services.*.deploy.rollback_config.max_failure_ratio': 'number',
  'services.*.deploy.restart_policy.max_attempts': 'integer',
  'services.*.deploy.placement.max_replicas_per_node': 'integer',
  'services.*.healthcheck.retries': 'integer',
  'services.*.healthcheck.disable': 'boolean',
  'services.*.oom_kill_disable': 'boolean',
  'services.*.oom_score_adj': 'integer',
  'services.*.pids_limit': 'integer',
  'services.*.ports[].target': 'integer',
  'services.*.pre_start[].per_replica': 'boolean',
  'services.*.privileged': 'boolean',
  'services.*.read_only': 'boolean',
  'services.*.scale': 'integer',
  'services.*.stdin_open': 'boolean',
  'services.*.tty': 'boolean',
  'services.*.ulimits.*': 'integer',
  'services.*.ulimits.*.hard': 'integer',
  'services.*.ulimits.*.soft': 'integer',
  'services.*.volumes[].read_only': 'boolean',
  'services.*.volumes[].volume.nocopy': 'boolean',
  'networks.*.external': 'boolean',
  'networks.*.internal': 'boolean',
  'networks.*.attachable': 'boolean',
  'networks.*.enable_ipv4': 'boolean',
  'networks.*.enable_ipv6': 'boolean',
  'volumes.*.external': 'boolean',
  'secrets.*.external': 'boolean',
  'configs.*.external': 'boolean',
});

const BOOLEANS: Readonly<Record<string, { readonly value: boolean; readonly better?: string }>> = {
  true: { value: true },
  false: { value: false },
  y: { value: true, better: 'true' },
  yes: { value: true, better: 'true' },
  on: { value: true, better: 'true' },
  n: { value: false, better: 'false' },
  no: { value: false, better: 'false' },
  off: { value: false, better: 'false' },
};

/** Reads the text of a node as what its place wants. */
export function castText(node: TextNode, cast: Cast): CastResult {
  const { value: text, at } = node;
  switch (cast) {
    case 'boolean': {
      const word = text.toLowerCase();
      const known = Object.hasOwn(BOOLEANS, word) ? BOOLEANS[word] : undefined;
      if (known === undefined) return { problem: `invalid boolean: ${text}` };
      const bool: BoolNode = { kind: 'bool', at, value: known.value };
      if (known.better === undefined) return { node: bool };
      return {
        node: bool,
        warning: `"${text}" for boolean is not supported by YAML 1.2, please use \`${known.better}\``,
      };
    }
    case 'integer': {
      const value = Number(text);
      if (!/^[-+]?[0-9]+$/.test(text) || !Number.isSafeInteger(value)) return { problem: `invalid integer: ${text}` };
      return { node: { kind: 'int', at, value } };
    }
    case 'number': {
      const value = parseFloatText(text);
      return value === undefined ? { problem: `invalid number: ${text}` } : { node: { kind: 'float', at, value } };
    }
  }
}

const NUMBER = /^[-+]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][-+]?\d[\d_]*)?$/;

/** A decimal number in text, underscores between digits allowed; undefined when it is none. */
export function parseFloatText(text: string): number | undefined {
  const isNumber = NUMBER.test(text) && !/_(?!\d)|(?<!\d)_/.test(text);
  return isNumber ? Number(text.replaceAll('_', '')) : undefined;
}
