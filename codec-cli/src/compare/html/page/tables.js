// All tables but the one of the chosen photo.

function pointsTable(node, curves) {
  const bytes = curves.flat().some((point) => point.bytes);
  const metric = metrics.get(byId('metric').value);
  const rows = curves.flat().map((point) =>
    row(codecName(point.codec), [rough(point.quality), bytes ? fixed(point.bytes, 0) : null, fixed(point.bpp, 4), score(metric, point.score)].filter((cell) => cell != null)));
  table(node, ['Codec', 'Quality', ...(bytes ? ['Bytes'] : []), 'Bits per pixel', heading(metric)], rows);
}

function bdTable() {
  const list = report.bd_rate;
  byId('savings').hidden = list.length === 0;
  if (list.length === 0) return;
  byId('anchor').textContent = codecName(list[0].anchor);
  const compared = report.metrics.filter(({ id }) => list.some(({ metric }) => metric === id));
  const of = (id, metric) => list.find((item) => item.codec === id && item.metric === metric.id);
  const signed = (value) => el('span', { class: value == null ? null : value < 0 ? 'fewer' : 'more' }, percent(value));
  const rows = report.codecs.flatMap(({ id, name }) => {
    if (id === list[0].anchor) return [row(label(id), compared.map(() => 'anchor'), { class: 'anchor' })];
    const cells = compared.map((metric) => {
      const item = of(id, metric);
      if (!item) return NONE;
      const unit = metric.unit && ` ${metric.unit}`;
      return [signed(item.percent), small(`${score(metric, item.from)} to ${score(metric, item.to)}${unit}`)];
    });
    const detail = (heading, cells, kind = 'photo') => row(heading, cells, { class: `detail ${kind}`, hidden: true });
    const details = report.photos.map(({ name: photo }) =>
      detail(photo, compared.map((metric) => signed(of(id, metric)?.photos.find((item) => item.photo === photo)?.percent))));
    details.push(detail('Mean of the photos', compared.map((metric) => {
      const values = (of(id, metric)?.photos ?? []).map((item) => item.percent);
      const all = values.length === report.photos.length;
      return values.length ? [signed(values.reduce((a, b) => a + b) / values.length), all ? null : small(`of ${values.length}`)] : NONE;
    }), 'mean'));
    const button = el('button', { type: 'button', class: 'expand', 'aria-expanded': 'false', 'aria-label': `${name}: each photo` }, label(id));
    button.addEventListener('click', () => {
      const open = button.getAttribute('aria-expanded') === 'false';
      button.setAttribute('aria-expanded', open);
      details.forEach((detail) => { detail.hidden = !open; });
    });
    return [row(button, cells), ...details];
  });
  table(byId('bd-rate'), ['Codec', ...compared.map(columnName)], rows);
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
