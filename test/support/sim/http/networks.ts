/** Routes about networks. */
import { hasLabel } from '../events.ts';
import type { EndpointBody, Json, SimNetwork } from '../things.ts';
import type { SimWorld } from '../world.ts';
import { filtersOf, jsonOf, type Exchange, type Route, type SimAnswer } from './exchange.ts';

interface ConnectBody {
  readonly Container?: string;
  readonly EndpointConfig?: EndpointBody | null;
}

export const networkRoutes: readonly Route[] = [
  { method: 'GET', path: '/networks', handle: list },
  {
    method: 'POST',
    path: '/networks/create',
    handle: ({ world, request, by }) => {
      const { id } = world.networks.create(jsonOf(request) as Json & { Name?: string }, by);
      return { status: 201, body: { Id: id, Warning: '' } };
    },
  },
  {
    method: 'GET',
    path: '/networks/:',
    handle: ({ world, parts: [which = ''] }) => ({ status: 200, body: inspected(world, world.state.network(which)) }),
  },
  {
    method: 'DELETE',
    path: '/networks/:',
    handle: ({ world, by, parts: [which = ''] }) => {
      world.networks.remove(which, by);
      return { status: 204 };
    },
  },
  {
    method: 'POST',
    path: '/networks/:/connect',
    handle: ({ world, request, by, parts: [which = ''] }) => {
      const { Container = '', EndpointConfig } = jsonOf(request) as ConnectBody;
      world.networks.connect(which, Container, EndpointConfig ?? {}, by);
      return { status: 200 };
    },
  },
  {
    method: 'POST',
    path: '/networks/:/disconnect',
    handle: ({ world, request, by, parts: [which = ''] }) => {
      world.networks.disconnect(which, (jsonOf(request) as ConnectBody).Container ?? '', by);
      return { status: 200 };
    },
  },
];

function list({ world, request }: Exchange): SimAnswer {
  const { label = [], name = [], id = [] } = filtersOf(request.query);
  const found = [...world.state.networks.values()].filter(
    (network) =>
      label.every((wanted) => hasLabel(network.labels, wanted)) &&
      (name.length === 0 || name.some((part) => network.name.includes(part))) &&
      (id.length === 0 || id.some((part) => network.id.startsWith(part))),
  );
  return { status: 200, body: found.map((network) => ({ ...shown(network), Containers: {} })) };
}

function shown({ id, name, created, body, labels, driver }: SimNetwork): Json {
  return {
    Name: name,
    Id: id,
    Created: created,
    Scope: 'local',
    Driver: driver,
    EnableIPv6: body['EnableIPv6'] ?? false,
    IPAM: body['IPAM'] ?? { Driver: 'default', Options: null, Config: [] },
    Internal: body['Internal'] ?? false,
    Attachable: body['Attachable'] ?? false,
    Ingress: false,
    Options: body['Options'] ?? {},
    Labels: labels,
  };
}

function inspected(world: SimWorld, network: SimNetwork): Json {
  const users = world.networks.usersOf(network).map(({ id, name, endpoints }) => {
    const address = endpoints.get(network.name)?.address ?? '';
    return [id, { Name: name, IPv4Address: `${address}/16`, IPv6Address: '', MacAddress: '' }];
  });
  return { ...shown(network), Containers: Object.fromEntries(users) };
}
