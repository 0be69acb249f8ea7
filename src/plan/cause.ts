/**
 * Causes: why an action exists. A closed union that renders to one line for people; plans, history and the hook
 * ledger all print the same sentence. Values of secrets and environment never become part of a cause.
 */

export type Drift =
  | { readonly kind: 'config-changed' }
  /** A member of the service, by its name in the file. */
  | { readonly kind: 'member'; readonly member: string }
  | { readonly kind: 'attribute'; readonly attribute: string; readonly from: string; readonly to: string }
  /** One of a map, whose values may be secret: `label tier changed`. */
  | {
      readonly kind: 'entry';
      readonly attribute: string;
      readonly name: string;
      readonly change: 'added' | 'removed' | 'changed';
    }
  | { readonly kind: 'image-changed'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'content-changed';
      /** `config motd`, `secret token` */
      readonly object: string;
      /** The signal that tells the container; undefined: it is restarted or replaced. */
      readonly signal?: string;
    }
  | { readonly kind: 'volume-not-mounted'; readonly volume: string }
  | { readonly kind: 'volume-changed'; readonly volume: string }
  | { readonly kind: 'network-missing'; readonly network: string }
  | { readonly kind: 'network-added'; readonly network: string }
  | { readonly kind: 'alias-missing' | 'alias-added'; readonly network: string; readonly alias: string }
  | { readonly kind: 'link-missing'; readonly network: string; readonly alias: string }
  | { readonly kind: 'network-changed'; readonly network: string }
  | {
      readonly kind: 'endpoint';
      readonly network: string;
      readonly attribute: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'renamed'; readonly from: string; readonly to: string }
  | { readonly kind: 'restart-policy'; readonly from: string; readonly to: string }
  | {
      readonly kind: 'resource';
      readonly inPlace: boolean;
      readonly resource: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'borrows-from'; readonly service: string }
  | { readonly kind: 'dead' }
  | { readonly kind: 'forced' };

export type Cause =
  | { readonly kind: 'absent' }
  | { readonly kind: 'pull-policy'; readonly policy: string }
  | { readonly kind: 'other-platform'; readonly found: string }
  | { readonly kind: 'rebuild' }
  | { readonly kind: 'scale-up'; readonly from: number; readonly to: number }
  | { readonly kind: 'scale-down'; readonly to: number }
  | { readonly kind: 'drift'; readonly drift: readonly Drift[] }
  | { readonly kind: 'not-started' }
  | { readonly kind: 'ended'; readonly exitCode: number }
  /** By a command that is over, or by a restart that was cut off. */
  | { readonly kind: 'stopped-by-reeve' }
  | { readonly kind: 'paused' }
  | { readonly kind: 'unhealthy' }
  | { readonly kind: 'twin' }
  | { readonly kind: 'replaced' }
  | { readonly kind: 'being-removed' }
  | { readonly kind: 'orphan' }
  /** post_start of an incarnation that has not had it. */
  | { readonly kind: 'owed' }
  /** Of a hook's own container: an earlier run left it. */
  | { readonly kind: 'hook-container' }
  | { readonly kind: 'needed-by'; readonly service: string }
  | { readonly kind: 'dependency-restarted'; readonly service: string }
  | { readonly kind: 'command'; readonly command: 'down' | 'stop' | 'restart' | 'start' | 'prune' };

/** One line, without a subject: `config changed`, `needed by web`. */
export function renderCause(cause: Cause): string {
  switch (cause.kind) {
    case 'absent':
      return 'absent';
    case 'pull-policy':
      return `pull policy ${cause.policy}`;
    case 'other-platform':
      return `there for ${cause.found} only`;
    case 'rebuild':
      return 'built anew';
    case 'scale-up':
      return `scale ${cause.from} -> ${cause.to}`;
    case 'scale-down':
      return `scaled down to ${cause.to}`;
    case 'drift':
      return cause.drift.map(renderDrift).join(', ');
    case 'not-started':
      return 'created but not started';
    case 'ended':
      return `exited (${cause.exitCode})`;
    case 'stopped-by-reeve':
      return 'stopped by reeve';
    case 'paused':
      return 'paused';
    case 'unhealthy':
      return 'unhealthy';
    case 'twin':
      return 'second container of one replica';
    case 'replaced':
      return 'replaced';
    case 'being-removed':
      return 'being removed';
    case 'orphan':
      return 'orphan';
    case 'owed':
      return 'owed';
    case 'hook-container':
      return 'left by an earlier run';
    case 'needed-by':
      return `needed by ${cause.service}`;
    case 'dependency-restarted':
      return `${cause.service} is restarted`;
    case 'command':
      return cause.command;
  }
}

/** One difference: what, from what to what. */
export function renderDrift(drift: Drift): string {
  switch (drift.kind) {
    case 'config-changed':
      return 'config changed';
    case 'member':
      return `${drift.member} changed`;
    case 'attribute':
      return `${drift.attribute} ${drift.from} -> ${drift.to}`;
    case 'entry':
      return `${drift.attribute} ${drift.name} ${drift.change}`;
    case 'image-changed':
      return `image ${shortDigest(drift.from)} -> ${shortDigest(drift.to)}`;
    case 'content-changed':
      return `content of ${drift.object} changed`;
    case 'volume-not-mounted':
      return `volume ${drift.volume} not mounted`;
    case 'volume-changed':
      return `volume ${drift.volume} changed`;
    case 'network-missing':
      return `network ${drift.network} missing`;
    case 'network-added':
      return `network ${drift.network} added`;
    case 'alias-missing':
      return `alias ${drift.alias} missing on ${drift.network}`;
    case 'alias-added':
      return `alias ${drift.alias} added on ${drift.network}`;
    case 'link-missing':
      return `link ${drift.alias} missing on ${drift.network}`;
    case 'network-changed':
      return `network ${drift.network} changed`;
    case 'endpoint':
      return `${drift.attribute} ${drift.from} -> ${drift.to} on ${drift.network}`;
    case 'renamed':
      return `name ${drift.from} -> ${drift.to}`;
    case 'restart-policy':
      return `restart policy ${drift.from} -> ${drift.to} (docker update)`;
    case 'resource':
      return `${drift.resource} ${drift.from} -> ${drift.to}${drift.inPlace ? ' (docker update)' : ''}`;
    case 'borrows-from':
      return `container of ${drift.service} changed`;
    case 'dead':
      return 'dead';
    case 'forced':
      return 'forced';
  }
}

/** Where to look for each difference, in a word and once: `limits`, `network`. */
export function driftWords(drift: readonly Drift[]): string[] {
  return [...new Set(drift.map(driftWord))];
}

function driftWord(drift: Drift): string {
  switch (drift.kind) {
    case 'config-changed':
      return 'config';
    case 'member':
      return drift.member;
    case 'attribute':
      return drift.attribute === 'restart policy' ? 'restart' : drift.attribute;
    case 'entry':
      return drift.attribute === 'variable' ? 'environment' : 'labels';
    case 'image-changed':
      return 'image';
    case 'content-changed':
      return 'content';
    case 'volume-not-mounted':
    case 'volume-changed':
      return 'volume';
    case 'network-missing':
    case 'network-added':
    case 'network-changed':
    case 'alias-missing':
    case 'alias-added':
    case 'link-missing':
    case 'endpoint':
      return 'network';
    case 'renamed':
      return 'name';
    case 'restart-policy':
      return 'restart';
    case 'resource':
      return 'limits';
    case 'borrows-from':
      return drift.service;
    case 'dead':
    case 'forced':
      return drift.kind;
  }
}

function shortDigest(id: string): string {
  return id.replace(/^sha256:/, '').slice(0, 12) || 'none';
}
