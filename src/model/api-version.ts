/** API versions of the engine: how two compare, and which release of Docker first spoke one. */

/** Compares versions such as `1.44` by their numbers. */
export function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major === leastMajor ? minor >= leastMinor : major > leastMajor;
}

/** API version -> the first release of Docker that speaks it. */
export const DOCKER_RELEASE: Readonly<Record<string, string>> = {
  '1.42': '23.0',
  '1.43': '24.0',
  '1.44': '25.0',
  '1.45': '26.0',
  '1.46': '27.0',
  '1.47': '27.2',
  '1.48': '28.0',
  '1.49': '28.1',
};
