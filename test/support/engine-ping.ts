/** Exits 0 when a Docker engine answers where the tests will look for it, 1 when it does not. Says nothing. */
import { callText } from './engine-client.ts';

try {
  await callText('/_ping', { signal: AbortSignal.timeout(5000) });
} catch {
  process.exitCode = 1;
}
