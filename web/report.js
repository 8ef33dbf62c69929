// SPDX-License-Identifier: Apache-2.0
// Fills the report page from the findings that stand in it as JSON. Works from a file, without a network.
import { parse, View } from 'vega';
import { compile } from 'vega-lite';
import { charts, theme } from './charts.js';
import * as show from './format.js';
import { configurations, tables } from './tables.js';

const findings = JSON.parse(document.getElementById('findings').textContent);

function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function tableElement({ columns, rows }) {
  const numeric = columns.map((_, i) => rows.every((row) => /^[\d±+\-–.,×% ]*[\dA-Za-zµ/]{0,4}%?$/.test(String(row[i])) && /\d|–/.test(String(row[i]))));
  const cells = (row, tag) => row.map((text, i) => element(tag, numeric[i] ? { class: 'number' } : {}, String(text)));
  return element('div', { class: 'scroll' }, element('table', {},
    element('thead', {}, element('tr', {}, ...cells(columns, 'th'))),
    element('tbody', {}, ...rows.map((row) => element('tr', {}, ...cells(row, 'td'))))));
}

function section(title, note, ...children) {
  return element('section', {}, element('h2', {}, title), ...(note ? [element('p', { class: 'note' }, note)] : []), ...children);
}

function cards({ summary, statistic }) {
  const error = (quantity) => summary.errors.find((e) => e.quantity === quantity);
  const figures = [
    [`MAPE, ${statistic} latency`, show.error(error(`${statistic} latency`)?.mape), `median ${show.percent(error(`${statistic} latency`)?.median)}`],
    ['Noise floor', show.percent(summary.noise_floor), summary.noise_floor_source],
    ['Memory error', show.error(error('memory')?.mape), 'peak of live tensors'],
    ['FLOPs error', show.error(error('FLOPs')?.mape), 'counted from dispatched calls'],
    ['Configurations', String(summary.configurations), summary.verdicts.map((v) => `${v.rows} ${v.verdict}`).join(', ') || `${summary.architectures} architectures`],
    ['Contention', show.times(summary.contention), 'typical over quiet, median'],
  ];
  return element('div', { class: 'cards' }, ...figures.map(([name, value, note]) => element('div', { class: 'card' },
    element('div', { class: 'name' }, name), element('div', { class: 'value' }, value), element('div', { class: 'note' }, note))));
}

function insights() {
  const items = findings.insights.map((one) => element('li', {}, element('b', {}, `${one.topic}: `), one.text,
    element('span', { class: 'cite' }, ` rows ${show.rows(one.rows)}`)));
  return items.length ? [section('Insights', '', element('ul', {}, ...items))] : [];
}

let views = [];
async function draw(dark) {
  views.forEach((view) => view.finalize());
  views = [];
  for (const chart of charts) {
    const host = document.getElementById(`chart-${chart.id}`);
    if (!host) continue;
    const spec = { $schema: 'https://vega.github.io/schema/vega-lite/v6.json', width: 'container',
                   autosize: { type: 'fit-x', contains: 'padding' }, ...chart.spec(findings), config: theme(dark) };
    host.replaceChildren(element('div', { class: 'plot' }), element('div', { class: 'controls' }));
    const view = new View(parse(compile(spec).spec), { renderer: 'svg', container: host.firstChild, bind: host.lastChild, hover: true });
    views.push(await view.runAsync());
  }
  document.documentElement.dataset.ready = 'true';
}

const systemDark = matchMedia('(prefers-color-scheme: dark)');
let dark = systemDark.matches;
function setTheme(to) {
  dark = to;
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  draw(dark).catch((error) => { document.documentElement.dataset.failed = String(error); });
}

const main = document.querySelector('main');
document.title = findings.title;
const button = element('button', { type: 'button', title: 'light or dark' }, '◐');
button.addEventListener('click', () => setTheme(!dark));
systemDark.addEventListener('change', (event) => setTheme(event.matches));
main.append(
  element('header', {}, element('div', {}, element('h1', {}, findings.title),
    element('p', { class: 'note' }, [findings.data, findings.machine && `machine ${findings.machine}`,
      findings.summary.coefficients.length ? `estimates: ${findings.summary.coefficients.join('; ')}` : ''].filter(Boolean).join(' · '))), button),
  cards(findings),
  element('div', { class: 'charts' }, ...charts.filter((c) => c.spec(findings)).map((c) =>
    element('section', c.wide ? { class: 'wide' } : {}, element('h2', {}, c.title), element('p', { class: 'note' }, c.text), element('div', { id: `chart-${c.id}` })))),
  ...insights(),
  ...tables(findings).map((t) => section(t.title, t.note, tableElement(t))),
  element('section', {}, element('details', {}, element('summary', {}, `All ${findings.points.length} configurations`), tableElement(configurations(findings)))),
);
setTheme(dark);
