/** Parses the engine's answer about an image into our vocabulary. */

import type { ObservedImage } from '../model/observed.ts';
import type { ImageAnswer } from './answers.ts';

export function parseImage({ Id, Config, Os, Architecture, Variant, Metadata }: ImageAnswer): ObservedImage {
  const path = Config?.Env?.find((item) => item.startsWith('PATH='))?.slice('PATH='.length);
  // Of one that never had a name the engine says a time in the year 1.
  const taggedAtMs = Date.parse(Metadata?.LastTagTime ?? '');
  return {
    id: Id,
    volumes: Object.keys(Config?.Volumes ?? {}),
    ...(path !== undefined && { searchPath: path }),
    ...(Os && Architecture && { platform: [Os, Architecture, ...(Variant ? [Variant] : [])].join('/') }),
    ...(taggedAtMs > 0 && { taggedAtMs }),
  };
}
