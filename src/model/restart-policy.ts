/** Restart policy of a service as the engine takes it, and what it means for a container that ended. */

import type { Service } from './project.ts';

export interface RestartPolicy {
  /** `no`, `always`, `on-failure` or `unless-stopped`. */
  readonly name: string;
  readonly maximumRetryCount: number;
}

/** `deploy.restart_policy` wins over `restart`; neither means `no`. */
export function restartPolicyOf(service: Service): RestartPolicy {
  const deployed = service.deploy?.restart_policy;
  if (deployed) {
    return { name: conditionName(deployed.condition ?? ''), maximumRetryCount: deployed.max_attempts ?? 0 };
  }
  const [name = '', attempts = '0'] = (service.restart ?? 'no').split(':');
  return { name: conditionName(name), maximumRetryCount: Number.parseInt(attempts, 10) || 0 };
}

function conditionName(condition: string): string {
  switch (condition) {
    case 'none':
    case '':
      return 'no';
    case 'any':
      return 'always';
    default:
      return condition;
  }
}

/** `on-failure:3`, as a person writes it. */
export function renderRestartPolicy(policy: RestartPolicy): string {
  const name = policy.name === '' ? 'no' : policy.name;
  return policy.maximumRetryCount > 0 && name !== 'no' ? `${name}:${policy.maximumRetryCount}` : name;
}

/** Exited 0 under a policy that asks for no more: the container is finished, and stays. */
export function isFinished(state: { readonly status: string; readonly exitCode: number }, policyName: string): boolean {
  return state.status === 'exited' && state.exitCode === 0 && ['', 'no', 'on-failure'].includes(policyName);
}
