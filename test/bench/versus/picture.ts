/**
 * The results as one SVG: a pair of bars for each kind of work and phase, as long as its share of the slower of the two,
 * with the seconds beside it; and below how the cost grows with the number of services. Plain shapes, readable on light and dark.
 */
import { phases } from './contestants.ts';
import { growthOf, phaseTitles, seconds, workOf, type Result, type Results } from './results.ts';

const own = 'reeve';
const peer = 'Docker Compose';
const colours: Readonly<Record<string, string>> = { [own]: '#2f81f7', [peer]: '#8b949e' };
const size = { width: 860, label: 250, bar: 420, line: 42, top: 56, chart: 230 } as const;

interface Pair {
  readonly label: string;
  readonly own: number;
  readonly peer: number;
}

export function picture({ date, machine, engine, versions, results }: Results): string {
  const pairs = workOf(results).flatMap(pairsOf);
  const growth = growthOf(results);
  const chartTop = size.top + pairs.length * size.line + 40;
  const height = chartTop + (growth.length > 0 ? size.chart + 60 : 0);
  const title = `reeve ${versions[own] ?? ''} beside Docker Compose ${versions[peer] ?? ''}: the same work, whole processes, medians`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size.width} ${height}" role="img" aria-label="${escaped(title)}">`,
    '<style>text{font:13px ui-sans-serif,system-ui,sans-serif;fill:#57606a}.t{font-weight:600}@media(prefers-color-scheme:dark){text{fill:#c9d1d9}}</style>',
    text(16, 22, title, 't'),
    text(16, 40, `${date}, ${machine}, Docker Engine ${engine}; shorter is better`),
    ...pairs.flatMap((pair, index) => bars(pair, size.top + index * size.line)),
    ...(growth.length > 0 ? chart(growth, chartTop) : []),
    '</svg>',
    '',
  ].join('\n');
}

function pairsOf({ project, medians }: Result): Pair[] {
  return phases.flatMap((phase) => {
    const { [own]: ours, [peer]: theirs } = medians[phase] ?? {};
    if (ours === undefined || theirs === undefined) return [];
    return [{ label: `${project}, ${phaseTitles[phase]}`, own: ours, peer: theirs }];
  });
}

function bars({ label, own: ours, peer: theirs }: Pair, y: number): string[] {
  const longest = Math.max(ours, theirs);
  const bar = (ms: number, name: string, at: number): string[] => {
    const width = Math.max(1, (ms / longest) * size.bar);
    return [
      `<rect x="${size.label}" y="${at}" width="${width.toFixed(1)}" height="11" rx="2" fill="${colours[name]}"/>`,
      text(size.label + width + 6, at + 10, `${name} ${seconds(ms)}`),
    ];
  };
  return [text(16, y + 18, label), ...bar(ours, own, y), ...bar(theirs, peer, y + 16)];
}

/** `up` over the number of services: both programs and, where known, the bare engine calls. */
function chart(growth: readonly Result[], top: number): string[] {
  const points = growth.flatMap(({ services, medians }) =>
    Object.entries(medians['up'] ?? {}).map(([name, ms]) => ({ name, services, ms })),
  );
  const most = {
    services: Math.max(...points.map((one) => one.services)),
    ms: Math.max(...points.map((one) => one.ms)),
  };
  const x = (services: number): number => size.label + (services / most.services) * size.bar;
  const y = (ms: number): number => top + size.chart - (ms / most.ms) * (size.chart - 20);
  const names = [...new Set(points.map(({ name }) => name))];
  const bottom = top + size.chart;
  return [
    text(16, top, 'How the cost of up grows', 't'),
    `<path d="M${size.label} ${top} V${bottom} H${size.label + size.bar}" fill="none" stroke="#8b949e"/>`,
    ...growth.map(({ services }) => text(x(services) - 8, bottom + 18, String(services))),
    text(size.label, bottom + 36, 'services'),
    ...names.flatMap((name) => {
      const ofName = points.filter((point) => point.name === name).toSorted((a, b) => a.services - b.services);
      const last = ofName.at(-1);
      const colour = colours[name] ?? '#d29922';
      const path = ofName.map((point) => `${x(point.services).toFixed(1)},${y(point.ms).toFixed(1)}`).join(' ');
      return [
        `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`,
        ...(last === undefined
          ? []
          : [text(x(last.services) + 6, labelY(name, names, y(last.ms)), `${name} ${seconds(last.ms)}`)]),
      ];
    }),
  ];
}

/** Lines that end at the same height keep their names apart. */
function labelY(name: string, names: readonly string[], y: number): number {
  return y + 4 + names.indexOf(name) * 14;
}

function text(x: number, y: number, words: string, kind?: string): string {
  return `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}"${kind === undefined ? '' : ` class="${kind}"`}>${escaped(words)}</text>`;
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
