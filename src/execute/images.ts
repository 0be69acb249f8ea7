/** Images: pulled, or built, and their ids noted for the containers that are made from them. */

import { EngineError } from '../model/errors.ts';
import type { ActionOf } from '../plan/plan.ts';
import { buildRequest } from './build-request.ts';
import { redactedError } from './redactor.ts';
import { desiredProject, type RunContext } from './run-context.ts';

/** `detail`: where it came from, where that was open. */
type ImageResult = { readonly ok: true; readonly detail?: string } | { readonly ok: false; readonly message: string };

type ImageAction = ActionOf<'pull-image' | 'build-image'>;

export async function pullImage(
  context: RunContext,
  action: ImageAction,
  asked: { readonly platform: string | undefined; readonly once?: boolean },
): Promise<ImageResult> {
  const { engine, lanes } = context;
  const onProgress = (progress: { done: number; total: number }): void =>
    context.emit({ type: 'pull-progress', project: context.observed.name, action, ...progress });
  await lanes.long(() => engine.pullImage({ ref: action.ref, ...asked, onProgress }, untilDrained(context)));
  return noted(context, action);
}

/** Where a registry is asked first and does not give it: built, or left as it is where it is there. */
export async function buildImage(context: RunContext, action: ActionOf<'build-image'>): Promise<ImageResult> {
  if (!action.pullsFirst) return build(context, action);
  const { platform, isPresent } = action.pullsFirst;
  try {
    await pullImage(context, action, { platform, once: true });
    return { ok: true, detail: 'pulled' };
  } catch (error) {
    untilDrained(context).throwIfAborted();
    if (!(error instanceof EngineError)) throw error;
    const result = isPresent ? await noted(context, action) : await build(context, action);
    if (!result.ok) return result;
    const [why = ''] = error.message.split('\n');
    return { ok: true, detail: `${isPresent ? 'left as it is' : 'built'}, for it could not be pulled: ${why}` };
  }
}

async function build(context: RunContext, action: ActionOf<'build-image'>): Promise<ImageResult> {
  const { engine, lanes } = context;
  const project = desiredProject(context, action);
  const service = project.services[action.service];
  if (!service?.build) throw new Error(`${action.id} is about something that the project does not have`);
  const asked = buildRequest(project, service, service.build);
  if (!asked.ok) return asked;
  const onOutput = (line: string): void =>
    context.emit({ type: 'build-output', project: context.observed.name, action, line });
  await lanes
    .long(() => engine.buildImage({ ...asked.request, onOutput }, untilDrained(context)))
    .catch((error: unknown) => {
      throw redactedError(error, project.sensitiveValues);
    });
  return noted(context, action);
}

/** Of a pull or a build nothing half-done remains, so neither is waited for when nothing new is to begin. */
function untilDrained({ signal, drain }: RunContext): AbortSignal {
  return AbortSignal.any([signal, drain]);
}

async function noted(context: RunContext, { ref }: ImageAction): Promise<ImageResult> {
  const image = await context.engine.inspectImage(ref, context.signal);
  if (image) context.images.set(ref, image.id);
  return { ok: true };
}
