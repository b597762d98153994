'use strict';
// Elements, and numbers as text. Text from the report only ever becomes text nodes and attributes, never markup.

const SVG = 'http://www.w3.org/2000/svg';
const report = JSON.parse(byId('report-data').textContent);
const pictures = JSON.parse(byId('pictures-data').textContent);

function byId(id) {
  return document.getElementById(id);
}

// Attributes: `on…` is a listener, true is an attribute without value, false and null leave it out (but `aria-…` is written as it is). Children: nodes or strings.
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') node.addEventListener(name.slice(2), value);
    else if (name.startsWith('aria-')) node.setAttribute(name, value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child != null));
  return node;
}

function el(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), attributes, children);
}

// A group of buttons of which one is pressed. `options`: [[value, text], …]; calls `pick(value)`. Returns a function that presses one.
function choice(group, options, pick) {
  const buttons = options.map(([value, text]) => el('button', { type: 'button', onclick: () => pick(value) }, text));
  group.replaceChildren(...buttons);
  return (value) => buttons.forEach((button, i) => button.setAttribute('aria-pressed', options[i][0] === value));
}

function fillSelect(select, options, pick) {
  select.replaceChildren(...options.map(([value, text]) => el('option', { value }, text)));
  select.addEventListener('change', () => pick(select.value));
}

// A table of numbers; `rows` as `row` makes them.
function table(node, head, rows) {
  const cells = head.map((cell, i) => el('th', { scope: 'col', class: i ? 'number' : null }, cell));
  node.replaceChildren(el('thead', {}, el('tr', {}, cells)), el('tbody', {}, rows));
}

// A row whose first cell is its heading and whose others are numbers.
function row(heading, cells, attributes = {}) {
  const numbers = cells.map((cell) => el('td', { class: 'number' }, cell));
  return el('tr', attributes, el('th', { scope: 'row' }, heading), numbers);
}

function small(text) {
  return el('small', {}, text);
}

// A codec's colour and mark, as in the chart.
function swatch(index) {
  const line = svg('line', { x1: 0, y1: 7, x2: 22, y2: 7, 'stroke-dasharray': dashes(index) });
  return svg('svg', { class: `swatch ${series(index)}`, width: 22, height: 14, 'aria-hidden': 'true' }, line, mark(index, 11, 7));
}

// A codec's swatch and name, which stay side by side.
function label(id) {
  return el('span', { class: 'codec' }, id === 'original' ? null : swatch(codecs.get(id).index), el('span', {}, codecName(id)));
}

const codecs = new Map(report.codecs.map((codec, index) => [codec.id, { ...codec, index }]));
const metrics = new Map(report.metrics.map((metric) => [metric.id, metric]));

function codecName(id) {
  return id === 'original' ? 'Original' : codecs.get(id).name;
}

const NONE = '–';

function fixed(value, digits) {
  if (value == null || !Number.isFinite(value)) return NONE;
  return value.toLocaleString('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }).replace('-', '−');
}

// Three significant digits, for times and sizes of any magnitude.
function rough(value) {
  if (value == null) return NONE;
  return value.toLocaleString('en-GB', { maximumSignificantDigits: 3 });
}

function score(metric, value) {
  const digits = metric.unit === 'dB' ? 2 : Math.abs(value) <= 1 && metric.better === 'higher' ? 4 : 2;
  return fixed(value, digits);
}

// The unit, unless the name tells it: `MS-SSIM in dB`.
function unitBeside(metric) {
  return metric.name.endsWith(` ${metric.unit}`) ? '' : metric.unit;
}

function withUnit(metric) {
  const unit = unitBeside(metric);
  return unit ? `${metric.name}, ${unit}` : metric.name;
}

// Breaks at spaces only, not within MS-SSIM.
function columnName(metric) {
  return metric.name.replaceAll('-', '\u2011');
}

// A metric as the heading of a column.
function heading(metric) {
  const unit = unitBeside(metric);
  return [columnName(metric), unit ? small(unit) : null];
}

function percent(value) {
  return value == null ? NONE : `${value > 0 ? '+' : ''}${fixed(value, 1)} %`;
}

function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}
