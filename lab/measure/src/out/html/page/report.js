// The numbers beside the viewer, and the start.

function regionLinks(index, { codec, worst }) {
  return worst.map((region, i) => {
    const query = new URLSearchParams({ photo: index, codec, region: i });
    const where = `${region.width} × ${region.height} pixels at ${region.x}, ${region.y}`;
    const name = `${codecName(codec)}, region ${i + 1}: ${fixed(region.psnr, 1)} dB, ${where}`;
    return el('a', { href: `#${query}`, title: where, 'aria-label': name }, fixed(region.psnr, 1));
  });
}

// Sides: names, sizes and scores of left and right; the better score is bold.
function sidesTable(view, item) {
  const ids = [view.left, view.right];
  const items = ids.map((id) => item(id));
  const line = (heading, text) => row(heading, items.map((one) => (one ? text(one) : NONE)));
  const scores = report.metrics.map((metric) => {
    const values = items.map((one) => one?.scores[metric.id]);
    const best = (metric.better === 'higher' ? Math.max : Math.min)(...values.map((value) => value ?? NaN));
    const cells = values.map((value) => el(value === best && values[0] !== values[1] ? 'strong' : 'span', {}, score(metric, value)));
    return row(withUnit(metric), cells);
  });
  const numbers = el('table', {});
  table(numbers, ['', ...ids.map((id, i) => el('span', { class: 'side' }, small(i ? 'Right' : 'Left'), label(id)))], [
    line('Quality', (one) => rough(one.quality)),
    line('Bytes', (one) => fixed(one.bytes, 0)),
    line('Bits per pixel', (one) => fixed(one.bpp, 4)),
    ...scores,
  ]);
  const regions = items.filter((one, i) => one && one !== items[i - 1]).map((one) =>
    [el('dt', {}, `Worst regions of ${codecName(one.codec)}, dB`), el('dd', { class: 'links' }, one.worst.length ? regionLinks(view.photo, one) : NONE)]);
  byId('sides').replaceChildren(numbers, el('dl', {}, regions));
}

function matchedTable(index) {
  const rows = report.matched[index].items.map((item) =>
    row(label(item.codec), [
      rough(item.quality), fixed(item.bytes, 0), fixed(item.bpp, 4),
      ...report.metrics.map((metric) => score(metric, item.scores[metric.id])),
      pictures[index] ? el('span', { class: 'links' }, regionLinks(index, item)) : item.worst.map((region) => fixed(region.psnr, 1)).join(', '),
    ]));
  const absent = report.codecs.filter(({ id }) => !report.matched[index].items.some((item) => item.codec === id));
  byId('absent').textContent = absent.length ? `No file as small as that: ${absent.map(({ name }) => name).join(', ')}.` : '';
  table(byId('matched'), ['Codec', 'Quality', 'Bytes', 'Bits per pixel', ...report.metrics.map(heading), ['Worst regions', small('dB')]], rows);
}

function start() {
  const counts = [plural(report.codecs.length, 'codec'), plural(report.photos.length, 'photo'), plural(report.metrics.length, 'metric')];
  byId('facts').textContent = `${counts.join(', ')}; made by vqz ${report.version}`;
  byId('pictures').hidden = report.matched.length === 0;
  byId('curves').hidden = report.means.length === 0;
  if (report.matched.length > 0) viewer();
  if (report.means.length > 0) chart();
  rates();
  costTable();
  methodTables();
  const sections = [...document.querySelectorAll('main > section:not([hidden])')];
  byId('contents').replaceChildren(...sections.map((section) => el('a', { href: `#${section.id}` }, section.querySelector('h2').textContent)));
}

start();
