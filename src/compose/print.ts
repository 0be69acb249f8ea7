/**
 * A project as text: the model that `config` prints, which can be read in again.
 *
 * JSON is Compose's own text, member by member; YAML is the same model with extensions in it. Every `$` is doubled,
 * because reading it in again interpolates.
 */

import { compareText, JsonObject, toJson, writeJson, type Json } from '../model/canonical-json.ts';
import { hooksWithImages } from '../model/carried-hook.ts';
import { FILE_OBJECT, NETWORK, SERVICE, VOLUME } from '../model/compose-shapes.ts';
import type { FileObject, Mapping, Project, Service } from '../model/project.ts';
import type { Shape } from '../model/shape.ts';
import { yamlText } from './print-yaml.ts';
import { escapeUnseen } from '../model/unseen.ts';

/** `json-line`: the same JSON without a line break. */
export type PrintFormat = 'json' | 'json-line' | 'yaml';

/** The text of a project. */
export function printProject(project: Project, format: PrintFormat): string {
  const model = projectJson(project);
  return textOf(model, format).replaceAll('$', '$$$$');
}

function textOf(model: JsonObject, format: PrintFormat): string {
  if (format === 'yaml') return yamlText(model);
  return escapeUnseen(format === 'json' ? writeJson(model, '  ') : writeJson(model));
}

function projectJson(project: Project): JsonObject {
  const sections: [string, Json][] = [['name', project.name]];
  const add = (name: string, mapping: Mapping<unknown>, shape: Shape): void => {
    if (Object.keys(mapping).length > 0) sections.push([name, toJson(mapping, { is: 'map', of: shape })]);
  };
  sections.push(['services', toJson(mapValues(project.services, printedService), { is: 'map', of: SERVICE })]);
  add('networks', project.networks, NETWORK);
  add('volumes', project.volumes, VOLUME);
  add('secrets', mapValues(project.secrets, withoutValue), FILE_OBJECT);
  add('configs', mapValues(project.configs, withoutValue), FILE_OBJECT);
  for (const [name, value] of Object.entries(project.extensions)) sections.push([name, toJson(value, { is: 'any' })]);
  return new JsonObject(sections.toSorted((a, b) => compareText(a[0], b[0])));
}

/** Files that are folded in are not printed. */
function printedService(service: Service): Omit<Service, 'env_file' | 'label_file'> {
  const { env_file: _envFile, label_file: _labelFile, ...printed } = service;
  const pre_start = hooksWithImages(service);
  return pre_start ? { ...printed, pre_start } : printed;
}

/** The source of a value is printed, never a value that came from the environment. */
function withoutValue(object: FileObject): Omit<FileObject, 'value'> {
  const { value: _value, content, ...printed } = object;
  return object.environment === undefined && content !== undefined ? { ...printed, content } : printed;
}

function mapValues<T, U>(mapping: Mapping<T>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(mapping).map(([key, value]) => [key, change(value)]));
}
