// SPDX-License-Identifier: Apache-2.0
// Quantities as people read them. Findings hold SI numbers and fractions; null is "not measured".

const scaled = (value, unit, steps) => {
  const [factor, prefix] = steps.find(([f]) => Math.abs(value) >= f) ?? steps[steps.length - 1];
  return `${Number((value / factor).toPrecision(3))} ${prefix}${unit}`;
};
const small = [[1, ''], [1e-3, 'm'], [1e-6, 'µ'], [1e-9, 'n']];
const large = [[1e12, 'T'], [1e9, 'G'], [1e6, 'M'], [1e3, 'k'], [1, '']];
const binary = [[2 ** 30, 'Gi'], [2 ** 20, 'Mi'], [2 ** 10, 'Ki'], [1, '']];

export const none = '–';
const or = (show) => (value) => (value === null || value === undefined ? none : show(value));

export const seconds = or((v) => (v === 0 ? '0 s' : scaled(v, 's', small)));
export const bytes = or((v) => scaled(v, 'B', binary));
export const rate = (of) => or((v) => scaled(v, `${of}/s`, large));
export const number = or((v) => String(Number(v.toPrecision(3))));
export const times = or((v) => `${v.toFixed(2)}×`);
export const percent = or((v) => `${(100 * v).toFixed(Math.abs(v) < 0.0995 ? 1 : 0)} %`);
export const signed = or((v) => `${v > 0 ? '+' : ''}${(100 * v).toFixed(1)} %`);
// An error of exactly nothing is another thing than a small one.
export const error = or((v) => (v === 0 ? '0 (exact)' : percent(v)));

// [1,2,3,4,7] -> "1–4, 7"
export function rows(list, most = 10) {
  const sorted = [...new Set(list)].sort((a, b) => a - b);
  const ranges = [];
  for (const row of sorted) {
    const last = ranges[ranges.length - 1];
    if (last && row === last[1] + 1) last[1] = row;
    else ranges.push([row, row]);
  }
  const text = ranges.slice(0, most).map(([a, b]) => (a === b ? `${a}` : `${a}–${b}`)).join(', ');
  return ranges.length > most ? `${text}, … (${sorted.length} rows)` : text;
}
