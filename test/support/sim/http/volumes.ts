/** Routes about volumes. */
import { hasLabel } from '../events.ts';
import { notFound } from '../refusal.ts';
import type { Json, SimVolume } from '../things.ts';
import type { VolumeBody } from '../volumes.ts';
import { filtersOf, jsonOf, type Exchange, type Route, type SimAnswer } from './exchange.ts';

export const volumeRoutes: readonly Route[] = [
  { method: 'GET', path: '/volumes', handle: list },
  {
    method: 'POST',
    path: '/volumes/create',
    handle: ({ world, request, by }) => ({
      status: 201,
      body: shown(world.volumes.create(jsonOf(request) as VolumeBody, by)),
    }),
  },
  {
    method: 'GET',
    path: '/volumes/:',
    handle: ({ world, parts: [name = ''] }) => {
      const volume = world.state.volumes.get(name);
      if (!volume) throw notFound(`get ${name}: no such volume`);
      return { status: 200, body: shown(volume) };
    },
  },
  {
    method: 'DELETE',
    path: '/volumes/:',
    handle: ({ world, by, parts: [name = ''] }) => {
      world.volumes.remove(name, by);
      return { status: 204 };
    },
  },
];

function list({ world, request }: Exchange): SimAnswer {
  const { label = [], name = [] } = filtersOf(request.query);
  const found = [...world.state.volumes.values()].filter(
    (volume) =>
      label.every((wanted) => hasLabel(volume.labels ?? {}, wanted)) &&
      (name.length === 0 || name.some((part) => volume.name.includes(part))),
  );
  return { status: 200, body: { Volumes: found.map(shown), Warnings: null } };
}

function shown({ name, created, driver, options, labels }: SimVolume): Json {
  return {
    CreatedAt: created,
    Driver: driver,
    Labels: labels,
    Mountpoint: `/var/lib/docker/volumes/${name}/_data`,
    Name: name,
    Options: options,
    Scope: 'local',
  };
}
