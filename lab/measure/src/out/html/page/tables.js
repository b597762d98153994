// All tables but the one of the chosen photo.

function pointsTable(node, curves) {
  const bytes = curves.flat().some((point) => point.bytes);
  const metric = metrics.get(byId('metric').value);
  const rows = curves.flat().map((point) =>
    row(codecName(point.codec), [rough(point.quality), bytes ? fixed(point.bytes, 0) : null, fixed(point.bpp, 4), score(metric, point.score)].filter((cell) => cell != null)));
  table(node, ['Codec', 'Quality', ...(bytes ? ['Bytes'] : []), 'Bits per pixel', heading(metric)], rows);
}

// Bits of one codec against another: the pair as it was found, or turned round.
function rate(codec, against, metric) {
  const found = report.rates.find((pair) => pair.metric === metric.id && pair.codec === codec && pair.against === against);
  if (found) return found;
  const other = report.rates.find((pair) => pair.metric === metric.id && pair.codec === against && pair.against === codec);
  if (!other) return null;
  const turned = (percent) => 100 * (100 / (100 + percent) - 1);
  const { spread, photos } = other;
  return {
    ...other,
    percent: turned(other.percent),
    spread: spread && {
      median: turned(spread.median), lower: turned(spread.upper), upper: turned(spread.lower),
      wins: photos.filter(({ percent }) => percent > 0).length,
    },
    photos: photos.map(({ photo, percent }) => ({ photo, percent: turned(percent) })),
  };
}

function rateTable() {
  const rated = byId('rated').value;
  const words = report.words.filter(({ codec, against }) => codec === rated || against === rated);
  byId('words').replaceChildren(...words.map(({ text }) => el('li', {}, text)));
  const compared = report.metrics.filter(({ id }) => report.rates.some(({ metric }) => metric === id));
  const signed = (value) => el('span', { class: value == null ? null : value < 0 ? 'fewer' : 'more' }, percent(value));
  const rows = report.codecs.filter(({ id }) => id !== rated).flatMap(({ id, name }) => {
    const pairs = compared.map((metric) => rate(rated, id, metric));
    const cells = pairs.map((pair, i) => {
      if (!pair) return NONE;
      const unit = compared[i].unit && ` ${compared[i].unit}`;
      return [signed(pair.percent), small(`${score(compared[i], pair.from)} to ${score(compared[i], pair.to)}${unit}`)];
    });
    const detail = (heading, cells, kind = 'photo') => row(heading, cells, { class: `detail ${kind}`, hidden: true });
    const details = report.photos.map(({ name: photo }) =>
      detail(photo, pairs.map((pair) => signed(pair?.photos.find((item) => item.photo === photo)?.percent))));
    const spread = (heading, cell) => details.push(detail(heading, pairs.map((pair) => (pair?.spread ? cell(pair) : NONE)), 'mean'));
    spread('Median of the photos', (pair) => signed(pair.spread.median));
    spread('Middle half of the photos', ({ spread: { lower, upper } }) => [signed(lower), ' to ', signed(upper)]);
    spread('Photos with fewer bits', (pair) => `${pair.spread.wins} of ${pair.photos.length}`);
    const button = el('button', { type: 'button', class: 'expand', 'aria-expanded': 'false', 'aria-label': `${name}: each photo` }, label(id));
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') === 'false';
      button.setAttribute('aria-expanded', open);
      details.forEach((detail) => { detail.hidden = !open; });
    });
    return [row(button, cells), ...details];
  });
  table(byId('bd-rate'), ['Against', ...compared.map(columnName)], rows);
}

function rates() {
  byId('savings').hidden = report.rates.length === 0;
  if (report.rates.length === 0) return;
  fillSelect(byId('rated'), report.codecs.map(({ id, name }) => [id, name]), rateTable);
  rateTable();
}

function costTable() {
  const area = new Map(report.photos.map((photo) => [photo.name, (photo.width * photo.height) / 1e6]));
  byId('speed').hidden = report.points.length === 0;
  const milliseconds = (points, field) => {
    if (points.length === 0) return NONE;
    const list = points.map((point) => (1000 * point[field]) / area.get(point.photo));
    const mean = list.reduce((a, b) => a + b) / list.length;
    const [low, high] = [Math.min(...list), Math.max(...list)].map(rough);
    return [rough(mean), low === high ? null : small(`${low} to ${high}`)];
  };
  const peak = (points, field) => {
    const list = points.map((point) => point[field]).filter((bytes) => bytes != null);
    return list.length === 0 ? NONE : rough(Math.max(...list) / 1e6);
  };
  const rows = report.codecs.map(({ id }) => {
    const points = report.points.filter((point) => point.codec === id);
    return row(label(id), [milliseconds(points, 'encode_seconds'), milliseconds(points, 'decode_seconds'), peak(points, 'encode_memory'), peak(points, 'decode_memory')]);
  });
  table(byId('costs'), ['Codec', 'Encode, ms per megapixel', 'Decode, ms per megapixel', 'Encode, peak MB', 'Decode, peak MB'], rows);
}

function methodTables() {
  const settings = report.codecs.map(({ id, version, settings: text }) =>
    el('tr', {}, el('th', { scope: 'row' }, label(id)), el('td', {}, version), el('td', { class: 'prose' }, text)));
  byId('settings').replaceChildren(
    el('thead', {}, el('tr', {}, ['Codec', 'Version', 'Settings'].map((text) => el('th', { scope: 'col' }, text)))), el('tbody', {}, settings));
  byId('command').textContent = report.command;
  byId('notes').replaceChildren(...report.notes.map((note) => el('li', {}, note)));
  byId('photos-summary').textContent = plural(report.photos.length, 'photo');
  table(byId('photos'), ['Photo', 'Width', 'Height'], report.photos.map(({ name, width, height }) => row(name, [String(width), String(height)])));
  if (report.skipped.length > 0) {
    const items = report.skipped.map(({ path, reason }) => el('li', {}, el('code', {}, path), `: ${reason}`));
    byId('skipped').append(el('p', {}, `${plural(items.length, 'file')} could not be compared:`), el('ul', {}, items));
  }
}
