// The rate-distortion chart: own SVG, redrawn whenever a choice or the width changes.

const MARGIN = { left: 58, right: 14, top: 12, bottom: 46 };
const MEAN = '';
// Farther than this from every point, the pointer points at nothing.
const REACH = 40;

// Colours repeat after eight codecs; then the lines are dashed.
function series(index) {
  return `series-${index % 8}`;
}

function dashes(index) {
  return index < 8 ? null : '6 3';
}

// A different shape for each codec, so that colours are not the only difference.
function mark(index, x, y) {
  const shapes = ['m-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0', 'm-3.5-3.5h7v7h-7z', 'm0-4.5l4.5 8h-9z', 'm0-5l5 5l-5 5l-5-5z', 'm0 4.5l4.5-8h-9z', 'm-5-1.5h3.5v-3.5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5z'];
  return svg('path', { d: `M${x} ${y}${shapes[index % shapes.length]}` });
}

// Round numbers over [low, high], about `count` of them.
function ticks(low, high, count) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= raw);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

function logTicks(low, high) {
  const list = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power++) {
    for (const digit of [1, 2, 5]) list.push(Number((digit * 10 ** power).toPrecision(1)));
  }
  return list.filter((value) => value >= low && value <= high);
}

function chart() {
  const holder = byId('chart');
  const state = { metric: report.metrics[0].id, photo: MEAN, log: true, hidden: new Set(), active: null };
  const tip = el('div', { class: 'tip', hidden: true });
  const spoken = el('p', { class: 'unseen', 'aria-live': 'polite' });
  let points = []; // of the visible curves, with their places: {codec, index, i, x, y, …}

  function curves() {
    const curve = ({ id }) => {
      if (state.photo !== MEAN) {
        return report.points
          .filter((point) => point.codec === id && point.photo === state.photo)
          .map((point) => ({ ...point, score: point.scores[state.metric] }));
      }
      const mean = report.means.find((means) => means.codec === id);
      const scores = mean?.scores[state.metric] ?? [];
      return scores.map((value, i) => ({ codec: id, quality: mean.quality[i], bpp: mean.bpp[i], score: value }));
    };
    return report.codecs
      .filter(({ id }) => !state.hidden.has(id))
      .map((codec) => curve(codec).filter((point) => Number.isFinite(point.score)).sort((a, b) => a.bpp - b.bpp))
      .filter((list) => list.length > 0);
  }

  function draw() {
    const width = Math.max(280, holder.clientWidth);
    const height = width < 600 ? 320 : 440;
    const metric = metrics.get(state.metric);
    const lists = curves();
    state.active = null;
    tip.hidden = true;
    points = [];
    const all = lists.flat();
    if (all.length === 0) {
      holder.replaceChildren(el('p', { class: 'empty' }, 'No points to show: no codec is switched on, or none has this metric.'), spoken);
      return;
    }
    const rates = all.map((point) => point.bpp);
    const scores = all.map((point) => point.score);
    const pad = (Math.max(...scores) - Math.min(...scores)) * 0.04 || 1;
    const [low, high] = [Math.min(...scores) - pad, Math.max(...scores) + pad];
    const [left, right] = state.log ? [Math.min(...rates) * 0.9, Math.max(...rates) * 1.1] : [0, Math.max(...rates) * 1.03];
    const along = state.log ? (bpp) => Math.log(bpp / left) / Math.log(right / left) : (bpp) => bpp / right;
    const x = (bpp) => MARGIN.left + along(bpp) * (width - MARGIN.left - MARGIN.right);
    const y = (value) => height - MARGIN.bottom - ((value - low) / (high - low)) * (height - MARGIN.top - MARGIN.bottom);
    const bottom = height - MARGIN.bottom;

    const grid = svg('g', { class: 'grid' });
    const labels = svg('g', { class: 'labels' });
    for (const bpp of state.log ? logTicks(left, right) : ticks(left, right, width < 600 ? 4 : 8)) {
      grid.append(svg('line', { x1: x(bpp), x2: x(bpp), y1: MARGIN.top, y2: bottom }));
      labels.append(svg('text', { x: x(bpp), y: bottom + 18, 'text-anchor': 'middle' }, String(bpp)));
    }
    for (const value of ticks(low, high, 7)) {
      grid.append(svg('line', { x1: MARGIN.left, x2: width - MARGIN.right, y1: y(value), y2: y(value) }));
      labels.append(svg('text', { x: MARGIN.left - 8, y: y(value) + 4, 'text-anchor': 'end' }, String(value).replace('-', '−')));
    }
    const scale = state.log ? ', logarithmic' : '';
    labels.append(
      svg('text', { x: (MARGIN.left + width - MARGIN.right) / 2, y: height - 8, 'text-anchor': 'middle' }, `bits per pixel${scale}`),
      svg('text', { transform: `translate(14 ${(MARGIN.top + bottom) / 2}) rotate(-90)`, 'text-anchor': 'middle' },
        `${withUnit(metric)}; ${metric.better} is better`),
    );

    const drawn = lists.map((list) => {
      const { index } = codecs.get(list[0].codec);
      const placed = list.map((point, i) => ({ ...point, index, i, x: x(point.bpp), y: y(point.score) }));
      points.push(...placed);
      const path = svg('polyline', { points: placed.map((point) => `${point.x},${point.y}`).join(' '), 'stroke-dasharray': dashes(index) });
      return svg('g', { class: series(index), 'data-codec': list[0].codec }, path, placed.map((point) => mark(index, point.x, point.y)));
    });
    const ring = svg('circle', { class: 'ring', r: 9, visibility: 'hidden' });
    byId('better').textContent = metric.better;
    const what = `${metric.name} over bits per pixel, ${state.photo === MEAN ? 'mean of the photos' : state.photo}`;
    const drawing = svg('svg', { width, height, tabindex: 0, role: 'img', 'aria-label': what, onkeydown: step }, grid, labels, drawn, ring);
    drawing.addEventListener('pointermove', (event) => pointAt(nearest(event)));
    drawing.addEventListener('pointerdown', (event) => pointAt(nearest(event)));
    drawing.addEventListener('pointerleave', () => pointAt(null));
    drawing.addEventListener('blur', () => pointAt(null));
    holder.replaceChildren(drawing, tip, spoken);
  }

  function nearest(event) {
    const box = holder.getBoundingClientRect();
    const distance = (point) => Math.hypot(point.x - (event.clientX - box.left), point.y - (event.clientY - box.top));
    const best = points.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    return distance(best) <= REACH ? best : null;
  }

  function lines(point) {
    const metric = metrics.get(state.metric);
    const list = [['quality', rough(point.quality)], ['bits per pixel', fixed(point.bpp, 4)], [metric.name, `${score(metric, point.score)} ${metric.unit}`]];
    if (point.bytes) {
      list.splice(1, 0, ['bytes', fixed(point.bytes, 0)]);
      list.push(['encode', `${rough(1000 * point.encode_seconds)} ms`], ['decode', `${rough(1000 * point.decode_seconds)} ms`]);
    }
    return list;
  }

  function pointAt(point) {
    state.active = point;
    const ring = holder.querySelector('.ring');
    tip.hidden = !point;
    ring?.setAttribute('visibility', point ? 'visible' : 'hidden');
    if (!point) return;
    ring.setAttribute('cx', point.x);
    ring.setAttribute('cy', point.y);
    const rows = lines(point).map(([name, value]) => [el('dt', {}, name), el('dd', {}, value)]);
    tip.replaceChildren(el('b', {}, label(point.codec)), el('dl', {}, rows));
    const beside = point.x + 16 + tip.offsetWidth <= holder.clientWidth ? point.x + 16 : Math.max(0, point.x - 16 - tip.offsetWidth);
    tip.style.left = `${beside}px`;
    tip.style.top = `${Math.max(0, Math.min(point.y - 20, holder.clientHeight - tip.offsetHeight))}px`;
  }

  // Arrow keys: left and right to the neighbour on the curve, up and down to the nearest rate on the next curve.
  function step(event) {
    const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!by || points.length === 0) return;
    event.preventDefault();
    const shown = [...new Set(points.map((point) => point.codec))];
    const from = state.active ?? points[0];
    const codec = shown[(shown.indexOf(from.codec) + by[1] + shown.length) % shown.length];
    const curve = points.filter((point) => point.codec === codec);
    const to = by[1]
      ? curve.reduce((a, b) => (Math.abs(b.x - from.x) < Math.abs(a.x - from.x) ? b : a))
      : curve[Math.max(0, Math.min(curve.length - 1, from.i + (state.active ? by[0] : 0)))];
    pointAt(to);
    spoken.textContent = `${codecName(to.codec)}: ${lines(to).map((line) => line.join(' ')).join(', ')}`;
  }

  function legend() {
    const toggle = (id) => (state.hidden.delete(id) || state.hidden.add(id)) && update();
    byId('legend').replaceChildren(...report.codecs.map(({ id }) =>
      el('button', { type: 'button', 'aria-pressed': !state.hidden.has(id), 'data-codec': id, onclick: () => toggle(id) }, label(id))));
  }

  function update() {
    const focused = document.activeElement?.closest('#legend button')?.dataset.codec;
    legend();
    if (focused) byId('legend').querySelector(`[data-codec="${CSS.escape(focused)}"]`).focus();
    pressAxis(state.log);
    draw();
    pointsTable(byId('points'), curves());
  }

  const pressAxis = choice(byId('axis'), [[true, 'Logarithmic'], [false, 'Linear']], (log) => { state.log = log; update(); });
  fillSelect(byId('metric'), report.metrics.map(({ id, name }) => [id, name]), (id) => { state.metric = id; update(); });
  const scopes = [[MEAN, `Mean of ${plural(report.photos.length, 'photo')}`], ...report.photos.map(({ name }) => [name, name])];
  fillSelect(byId('scope'), scopes, (photo) => { state.photo = photo; update(); });
  new ResizeObserver(draw).observe(holder);
  update();
}
