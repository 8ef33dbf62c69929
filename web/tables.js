// SPDX-License-Identifier: Apache-2.0
// The tables of the page: each gives a heading, columns and rows of text, or null where there is nothing to show.
import * as show from './format.js';

const threads = (n) => `${n} thread${n === 1 ? '' : 's'}`;

function errors({ summary }) {
  if (summary.errors.length === 0) return null;
  return {
    title: 'Errors of the estimates', columns: ['Quantity', 'Rows', 'MAPE', 'Bias', 'Median', 'p90', 'Max', 'Within 10 %'],
    rows: summary.errors.map((e) => [e.quantity, e.rows, show.error(e.mape), show.signed(e.bias), show.percent(e.median),
      show.percent(e.p90), show.percent(e.max), show.percent(e.within_10)]),
  };
}

function bottlenecks(findings) {
  if (findings.bottlenecks.length === 0) return null;
  return {
    title: 'Bottleneck analysis', columns: ['Bound by', 'Rows', 'Intensity, FLOP/B', 'MAPE', 'Bias', 'p90'],
    rows: findings.bottlenecks.map((b) => [b.bottleneck, b.rows, b.intensity_low === null ? show.none
      : `${show.number(b.intensity_low)} – ${show.number(b.intensity_high)}`,
      show.percent(b.latency?.mape), show.signed(b.latency?.bias), show.percent(b.latency?.p90)]),
  };
}

const value = (coefficient, v) => (coefficient.name.endsWith('_s') ? show.seconds(v) : show.number(v));

function updates(findings) {
  return findings.updates.map(({ fit, before, levels, ridge_flops_per_byte }) => ({
    title: `Recommended updates: ${fit.precision}, ${threads(fit.threads)}`,
    note: `MAPE over ${fit.configurations} configurations of ${fit.groups} architectures: ${show.percent(fit.assumed_mape)} before, `
      + `${show.percent(fit.fit_mape)} fitted, ${fit.held_out_mape === null ? 'nothing to hold out' : `${show.percent(fit.held_out_mape)} on held-out architectures`}. `
      + `Ridge points, FLOP/B: ${levels.map((level, i) => `${level} ${show.number(ridge_flops_per_byte[i])}`).join(', ')}.`,
    columns: ['Coefficient', 'Level', 'Was', 'Update to', 'Standard error', 'Note'],
    rows: fit.coefficients.map((c, i) => [c.name, c.level, value(c, before[i].value),
      c.source === 'measured' ? value(c, c.value) : 'keep', c.standard_error === null ? show.none : `± ${value(c, c.standard_error)}`,
      c.identified ? '' : `not identified: ${c.note}`]),
  }));
}

function transitions(findings) {
  if (findings.transitions.length === 0) return null;
  return {
    title: 'Memory scenario transitions', note: 'Relative to the first scenario, at equal batch sizes.',
    columns: ['Setting', 'Scenario', 'Working set', 'Rows', 'Slowdown per FLOP', 'per byte', 'Intensity, FLOP/B'],
    rows: findings.transitions.map((t) => [`${t.precision}, ${threads(t.threads)}`, t.scenario,
      `${show.bytes(t.working_set_low_bytes)} – ${show.bytes(t.working_set_high_bytes)}`, t.rows,
      show.times(t.slowdown_per_flop), show.times(t.slowdown_per_byte),
      t.intensity_low === null ? show.none : `${show.number(t.intensity_low)} – ${show.number(t.intensity_high)}`]),
  };
}

function leftOut(findings) {
  if (findings.left_out.length === 0) return null;
  return { title: 'Left out', columns: ['Section', 'Why'], rows: findings.left_out.map((l) => [l.section, l.reason]) };
}

export const tables = (findings) =>
  [errors(findings), bottlenecks(findings), ...updates(findings), transitions(findings), leftOut(findings)].filter(Boolean);

export function configurations(findings) {
  return {
    title: 'Configurations',
    columns: ['Row', 'Configuration', 'Quiet', 'Typical', 'Estimated', 'Error', 'Bound by', 'Scenario', 'Verdict'],
    rows: findings.points.map((p) => [p.row, p.name, show.seconds(p.quiet_s), show.seconds(p.typical_s),
      show.seconds(p.analytical_s), show.signed(p.error), p.bottleneck, p.scenario, p.verdict]),
  };
}
