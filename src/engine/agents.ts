/**
 * Sockets to the engine: kept alive and not limited in number, because calls that last (exec, events, stop, pull)
 * must never hold up a short one. How many calls run at once is bounded by the callers' queue.
 *
 * Every agent hides from util.inspect: the modem formats its whole request for a debug line on every call, written
 * or not, and walking an agent's sockets made a call fifty times slower (8 ms instead of 0.16 ms; docker-modem 5.0.7).
 */

import http from 'node:http';
import https from 'node:https';
import type { Duplex } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import type { Address, Tls } from './address.ts';
import { CommandSocket } from './command-socket.ts';

const OPTIONS = { keepAlive: true, maxFreeSockets: 64 };
/** Says that there is no name to ask for in TLS: Node would look for one in every request, and see whether it is an address. */
const PLAIN = { ...OPTIONS, servername: '' };

class PlainAgent extends http.Agent {
  [inspect.custom](): string {
    return 'PlainAgent';
  }
}

/** Runs `ssh HOST docker system dial-stdio`, as the docker command line does: the user's own keys, agent and config. */
class SshAgent extends http.Agent {
  readonly #command: readonly string[];

  constructor(command: readonly string[]) {
    super(PLAIN);
    this.#command = command;
  }

  [inspect.custom](): string {
    return 'SshAgent';
  }

  override createConnection(): Duplex {
    return new CommandSocket('ssh', this.#command);
  }
}

/** The agent for an address. */
export function agentOf(address: Address): http.Agent {
  switch (address.kind) {
    case 'unix':
      return new PlainAgent(PLAIN);
    case 'tcp':
      return address.tls ? tlsAgent(address.tls) : new PlainAgent(PLAIN);
    case 'ssh':
      return new SshAgent(sshCommand(address));
  }
}

/** A function and not a class, as one would load TLS with this file. */
function tlsAgent(tls: Tls): http.Agent {
  const agent = new https.Agent({ ...OPTIONS, ...tlsOptions(tls) });
  return Object.assign(agent, { [inspect.custom]: () => 'TlsAgent' });
}

/** Arguments of ssh; `--` keeps a host that begins with a dash from being an option. */
export function sshCommand(address: Extract<Address, { kind: 'ssh' }>): string[] {
  return [
    '-T',
    '-oConnectTimeout=30',
    '-oBatchMode=yes',
    '-oServerAliveInterval=15',
    ...(address.user === undefined ? [] : ['-l', address.user]),
    ...(address.port === undefined ? [] : ['-p', String(address.port)]),
    '--',
    address.host,
    'docker',
    'system',
    'dial-stdio',
  ];
}

function tlsOptions(tls: Tls): https.AgentOptions {
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca ? { ca: tls.ca } : {}),
    ...(tls.cert ? { cert: tls.cert } : {}),
    ...(tls.key ? { key: tls.key } : {}),
  };
}

/** A client that talks to the address through the agent. */
export function dockerAt(address: Address, agent: http.Agent, version: string | undefined): Docker {
  // Everything is said, absent things too: the modem would else fill gaps from DOCKER_* variables.
  const own = {
    agent,
    version,
    timeout: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    socketPath: address.kind === 'unix' ? address.socketPath : undefined,
    host: address.kind === 'unix' ? undefined : address.host,
    port: address.kind === 'tcp' ? address.port : undefined,
    protocol: address.kind === 'tcp' && address.tls ? 'https' : 'http',
    pathPrefix: '/',
  };
  return withoutDockerHost(() => new Docker(own as Docker.DockerOptions));
}

/** Where DOCKER_HOST is set the modem reads certificates too, whatever it is given, and fails where there are none. */
function withoutDockerHost<T>(make: () => T): T {
  const { DOCKER_HOST } = process.env;
  delete process.env['DOCKER_HOST'];
  try {
    return make();
  } finally {
    if (DOCKER_HOST !== undefined) process.env['DOCKER_HOST'] = DOCKER_HOST;
  }
}
