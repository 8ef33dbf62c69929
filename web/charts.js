// SPDX-License-Identifier: Apache-2.0
// The plots, each a Vega-Lite specification made from the findings; null where the data cannot fill it.

const colors = { compute: '#3b7dd8', memory: '#d8772e', launch: '#7a5cc8', '': '#8a8f98' };

// Colours of one theme; the page's style sheet holds the same ones.
export const theme = (dark) => ({
  background: 'transparent',
  font: 'system-ui, sans-serif',
  view: { stroke: 'transparent' },
  axis: {
    labelColor: dark ? '#b6bcc6' : '#4a505a', titleColor: dark ? '#d8dce3' : '#2b3038',
    gridColor: dark ? '#2c323b' : '#e6e8ec', domainColor: dark ? '#4a525e' : '#b4b9c2',
    tickColor: dark ? '#4a525e' : '#b4b9c2', titleFontWeight: 500, labelFontSize: 11,
  },
  legend: { labelColor: dark ? '#b6bcc6' : '#4a505a', titleColor: dark ? '#d8dce3' : '#2b3038' },
  rule: { color: dark ? '#8a93a0' : '#6a717c' },
  text: { color: dark ? '#b6bcc6' : '#4a505a', fontSize: 11 },
});

const setting = (o) => `${o.precision}, ${o.threads} thread${o.threads === 1 ? '' : 's'}`;
const latency = (point) => point.quiet_s ?? point.typical_s;
const byBottleneck = {
  field: 'bottleneck', type: 'nominal', title: 'bound by',
  scale: { domain: ['compute', 'memory', 'launch'], range: [colors.compute, colors.memory, colors.launch] },
};

function pointsOf(findings) {
  return findings.points.filter(latency).map((p) => {
    const time = latency(p);
    const width = p.half_width ?? 0;
    return {
      ...p, setting: setting(p), time_us: 1e6 * time, estimate_us: p.analytical_s ? 1e6 * p.analytical_s : null,
      low_us: 1e6 * time * (1 - width), high_us: 1e6 * time * (1 + width),
      gflops: p.flops ? p.flops / time / 1e9 : null,
      gflops_low: p.flops ? p.flops / (time * (1 + width)) / 1e9 : null,
      gflops_high: p.flops ? p.flops / (time * Math.max(1e-3, 1 - width)) / 1e9 : null,
      error_pct: p.error === null ? null : 100 * p.error,
    };
  });
}

const tooltip = [
  { field: 'name', title: 'configuration' }, { field: 'row', title: 'row' },
  { field: 'time_us', title: 'measured, µs', format: ',.4~g' },
  { field: 'estimate_us', title: 'estimated, µs', format: ',.4~g' },
  { field: 'error_pct', title: 'error, %', format: '+.1f' },
  { field: 'bottleneck', title: 'bound by' }, { field: 'scenario', title: 'scenario' },
  { field: 'verdict', title: 'verdict' },
];

// Rate against arithmetic intensity, under the roofs: min(arithmetic ceiling, bandwidth x intensity) of every level.
function roofline(findings) {
  const points = pointsOf(findings).filter((p) => p.gflops && p.intensity);
  if (points.length === 0 || findings.roofs.length === 0) return null;
  const low = Math.min(...points.map((p) => p.intensity)) / 3;
  const high = Math.max(...points.map((p) => p.intensity)) * 3;
  const lines = [];
  for (const roof of findings.roofs) {
    const ridge = roof.flops_per_s / roof.bytes_per_s;
    for (const x of [low, ridge, high]) {
      if (x < low || x > high) continue;
      const y = Math.min(roof.flops_per_s, roof.bytes_per_s * x) / 1e9;
      lines.push({
        intensity: x, gflops: y, kind: roof.kind, setting: setting(roof), level: roof.level,
        roof: `${roof.kind} ${roof.level} ${setting(roof)}`,
      });
    }
  }
  const least = Math.min(...points.map((p) => p.gflops_low)) / 2;
  const most = 2 * Math.max(...lines.map((l) => l.gflops), ...points.map((p) => p.gflops));
  const x = { field: 'intensity', type: 'quantitative', scale: { type: 'log', domain: [low, high], nice: false },
              axis: { title: 'arithmetic intensity, FLOP per byte moved', format: '~g', grid: true } };
  const y = { field: 'gflops', type: 'quantitative', scale: { type: 'log', domain: [least, most], nice: false, clamp: true },
              axis: { title: 'GFLOP/s', format: '~g' } };
  const settings = [...new Set([...points, ...lines].map((o) => o.setting))];
  return {
    height: 380,
    params: [{ name: 'shown', value: settings.includes('fp32, 1 thread') ? 'fp32, 1 thread' : settings[0],
               bind: { input: 'select', options: settings, name: 'Setting ' } }],
    transform: [{ filter: 'datum.setting === shown' }],
    layer: [
      { data: { values: lines }, transform: [{ filter: 'datum.setting === shown' }],
        mark: { type: 'line', strokeWidth: 1.4, clip: true },
        encoding: { x, y, detail: { field: 'roof' },
          strokeDash: { field: 'kind', type: 'nominal', title: 'roof',
                        scale: { domain: ['measured', 'fitted', 'theoretical'], range: [[1, 0], [2, 2], [7, 4]] } },
          opacity: { condition: { test: "datum.kind === 'measured'", value: 0.9 }, value: 0.65 },
          tooltip: [{ field: 'roof' }] } },
      { data: { values: lines.filter((l) => l.kind === 'measured') },
        transform: [{ filter: 'datum.setting === shown' },
                    { joinaggregate: [{ op: 'min', field: 'intensity', as: 'first' }], groupby: ['roof'] },
                    { filter: 'datum.intensity === datum.first' }],
        mark: { type: 'text', align: 'left', dx: 4, dy: -7, clip: true },
        encoding: { x, y, text: { field: 'level' } } },
      { data: { values: points }, transform: [{ filter: 'datum.setting === shown' }],
        mark: { type: 'rule', opacity: 0.7 },
        encoding: { x, y: { ...y, field: 'gflops_low' }, y2: { field: 'gflops_high' }, color: byBottleneck } },
      { data: { values: points }, transform: [{ filter: 'datum.setting === shown' }],
        mark: { type: 'point', filled: true, size: 42, opacity: 0.85 },
        encoding: { x, y, color: byBottleneck, tooltip } },
    ],
  };
}

// Estimated against measured latency: on the line is right, the band is 10 % wide.
function agreement(findings) {
  const points = pointsOf(findings).filter((p) => p.estimate_us);
  if (points.length === 0) return null;
  const all = points.flatMap((p) => [p.time_us, p.estimate_us]);
  const ends = [Math.min(...all) / 1.5, Math.max(...all) * 1.5];
  const line = ends.map((v) => ({ time_us: v, estimate_us: v, low: v * 0.9, high: v * 1.1 }));
  const scale = { type: 'log', domain: ends, nice: false };
  const x = { field: 'time_us', type: 'quantitative', scale, axis: { title: `measured ${findings.statistic} latency, µs`, format: '~g' } };
  const y = { field: 'estimate_us', type: 'quantitative', scale, axis: { title: 'estimated, µs', format: '~g' } };
  return {
    height: 330,
    layer: [
      { data: { values: line }, mark: { type: 'area', opacity: 0.13, color: '#3b9d6c', clip: true },
        encoding: { x, y: { ...y, field: 'low' }, y2: { field: 'high' } } },
      { data: { values: line }, mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1, color: '#3b9d6c' }, encoding: { x, y } },
      { data: { values: points }, mark: { type: 'rule', opacity: 0.7 },
        encoding: { x: { ...x, field: 'low_us' }, x2: { field: 'high_us' }, y, color: byBottleneck } },
      { data: { values: points }, mark: { type: 'point', filled: true, size: 38, opacity: 0.8 },
        encoding: { x, y, color: byBottleneck, tooltip } },
    ],
  };
}

// Signed error against latency.
function errors(findings) {
  const points = pointsOf(findings).filter((p) => p.error_pct !== null);
  if (points.length === 0) return null;
  return {
    height: 330,
    layer: [
      { data: { values: [{ low: -10, high: 10 }] }, mark: { type: 'rect', opacity: 0.13, color: '#3b9d6c' },
        encoding: { y: { field: 'low', type: 'quantitative' }, y2: { field: 'high' } } },
      { data: { values: [{ at: 0 }] }, mark: { type: 'rule', strokeDash: [5, 4], color: '#3b9d6c' },
        encoding: { y: { field: 'at', type: 'quantitative' } } },
      { data: { values: points }, mark: { type: 'point', filled: true, size: 38, opacity: 0.8 },
        encoding: {
          x: { field: 'time_us', type: 'quantitative', scale: { type: 'log', nice: false, padding: 8 },
               axis: { title: `measured ${findings.statistic} latency, µs`, format: '~g' } },
          y: { field: 'error_pct', type: 'quantitative', axis: { title: 'error of the estimate, %' } },
          color: byBottleneck, shape: { field: 'precision', type: 'nominal', title: 'precision' }, tooltip } },
    ],
  };
}

// Time per sample by batch size, the median over each model label's configurations.
function batches(findings) {
  const points = pointsOf(findings).map((p) => ({ ...p, per_sample_us: p.time_us / p.batch_size, line: `${p.model}, ${p.setting}` }));
  if (new Set(points.map((p) => p.batch_size)).size < 2) return null;
  return {
    height: 330,
    data: { values: points },
    transform: [{ aggregate: [{ op: 'median', field: 'per_sample_us', as: 'per_sample_us' }, { op: 'count', as: 'rows' }],
                  groupby: ['model', 'setting', 'line', 'batch_size'] }],
    mark: { type: 'line', point: { size: 30 }, strokeWidth: 1.5 },
    encoding: {
      x: { field: 'batch_size', type: 'quantitative', scale: { type: 'log', base: 2, nice: false, padding: 12 },
           axis: { title: 'batch size', values: [...new Set(points.map((p) => p.batch_size))], format: 'd' } },
      y: { field: 'per_sample_us', type: 'quantitative', scale: { type: 'log', nice: false, padding: 12 },
           axis: { title: 'µs per sample (median)', format: '~g' } },
      color: { field: 'model', type: 'nominal', title: 'model', scale: { scheme: 'tableau10' } },
      strokeDash: { field: 'setting', type: 'nominal', title: 'setting' },
      tooltip: [{ field: 'line' }, { field: 'batch_size' }, { field: 'per_sample_us', format: ',.3~g' }, { field: 'rows' }],
    },
  };
}

export const charts = [
  { id: 'roofline', title: 'Roofline', wide: true, spec: roofline,
    text: 'Each point is a configuration; bars are its 95 % interval. Solid roofs were measured on this machine, dotted ones are the fitted share of them, dashed ones are the theoretical peak.' },
  { id: 'agreement', title: 'Estimated against measured', spec: agreement, text: 'The band is ± 10 %.' },
  { id: 'errors', title: 'Error by latency', spec: errors, text: 'Above 0 the estimate is too slow.' },
  { id: 'batches', title: 'Batch size', wide: true, spec: batches, text: 'What a sample costs as the batch grows.' },
];
