// The viewer: two pictures over each other, cut at a divider, and the numbers of both.

const FIT = 0;
const ZOOMS = [FIT, 1, 2, 4, 8];

function viewer() {
  const stage = byId('stage');
  const divider = byId('divider');
  const sides = { left: byId('left'), right: byId('right') };
  // `centre` is the point of the photo, in its pixels, in the middle of the stage; `split` the divider's place, 0 to 1.
  const view = { photo: 0, left: null, right: null, zoom: FIT, centre: [0, 0], split: 0.5, region: null };

  const matched = () => report.matched[view.photo];
  const size = () => report.photos.find((photo) => photo.name === matched().photo);
  const item = (id) => matched().items.find((candidate) => candidate.codec === id);

  function source(id) {
    const files = pictures[view.photo];
    return id === 'original' ? files.original : files.items[matched().items.indexOf(item(id))];
  }

  // Pixels of the stage per pixel of the photo.
  const fit = () => Math.min(1, stage.clientWidth / size().width, stage.clientHeight / size().height);
  const scale = () => view.zoom || fit();

  const pannable = () => size().width * scale() > stage.clientWidth || size().height * scale() > stage.clientHeight;

  // Where the photo's left or upper edge is on the stage: in the middle if it fits, else never past the stage's edges.
  function offset(centre, length, room) {
    const long = length * scale();
    if (long <= room) return Math.round((room - long) / 2);
    return Math.round(Math.min(0, Math.max(room - long, room / 2 - centre * scale())));
  }

  const origin = () => [offset(view.centre[0], size().width, stage.clientWidth), offset(view.centre[1], size().height, stage.clientHeight)];

  // Moves what is on the stage; the pictures stay.
  function place() {
    if (byId('viewer').hidden) return;
    const { width, height } = size();
    // As high as the photo; the style sheet has limits.
    stage.style.setProperty('--height', `${Math.round(height * Math.min(1, stage.clientWidth / width))}px`);
    const [x, y] = origin();
    // What the edges allow is the centre from now on, so that the next pan starts from what is seen.
    view.centre = [(stage.clientWidth / 2 - x) / scale(), (stage.clientHeight / 2 - y) / scale()];
    for (const side of ['left', 'right']) {
      const { style } = byId(`${side}-picture`);
      style.width = `${width}px`;
      style.height = `${height}px`;
      style.transform = `translate(${x}px, ${y}px) scale(${scale()})`;
      style.imageRendering = scale() >= 1 ? 'pixelated' : 'auto';
    }
    const percentage = Math.round(view.split * 1000) / 10;
    stage.style.setProperty('--split', `${percentage}%`);
    divider.setAttribute('aria-valuenow', Math.round(percentage));
    divider.setAttribute('aria-valuetext', `${Math.round(percentage)} % ${codecName(view.left)}, the rest ${codecName(view.right)}`);
    stage.classList.toggle('pannable', pannable());
    pressZoom(view.zoom);
    const { region } = view;
    byId('marker').hidden = !region;
    if (region) {
      const { style } = byId('marker');
      style.left = `${x + region.x * scale()}px`;
      style.top = `${y + region.y * scale()}px`;
      style.width = `${region.width * scale()}px`;
      style.height = `${region.height * scale()}px`;
    }
  }

  // Everything: after a change of photo or codec.
  async function show() {
    const hasPictures = pictures[view.photo] != null;
    byId('viewer').hidden = !hasPictures;
    byId('no-pictures').hidden = hasPictures;
    const { photo, target_bytes: bytes, target_bpp: bpp, reference } = matched();
    const { width, height } = size();
    byId('photo-title').textContent = `${photo}, ${width} × ${height}`;
    const model = reference && `, the size of ${codecName(reference)}’s file at quality ${rough(item(reference)?.quality)}`;
    byId('target').textContent = `Here the target is ${fixed(bytes, 0)} bytes (${fixed(bpp, 3)} bits per pixel)${model ?? ''}.`;
    document.querySelectorAll('#thumbs button').forEach((button, i) => button.setAttribute('aria-pressed', i === view.photo));
    if (!hasPictures) return;
    stage.setAttribute('aria-busy', 'true');
    for (const side of ['left', 'right']) {
      const picture = byId(`${side}-picture`);
      for (const option of sides[side].options) option.disabled = option.value !== 'original' && !item(option.value);
      sides[side].value = view[side];
      byId(`${side}-tag`).textContent = codecName(view[side]);
      picture.src = source(view[side]);
      picture.alt = `${photo}: ${codecName(view[side])}`;
    }
    sidesTable(view, item);
    place();
    const shown = [view.photo, view.left, view.right].join();
    await Promise.allSettled(['left', 'right'].map((side) => byId(`${side}-picture`).decode()));
    // Unless something else is on its way by now.
    if (shown === [view.photo, view.left, view.right].join()) stage.setAttribute('aria-busy', 'false');
  }

  function pickPhoto(index) {
    const { width, height } = report.photos.find((photo) => photo.name === report.matched[index].photo);
    Object.assign(view, { photo: index, zoom: FIT, centre: [width / 2, height / 2], region: null });
    for (const side of ['left', 'right']) if (view[side] !== 'original' && !item(view[side])) view[side] = 'original';
    matchedTable(index);
    show();
  }

  // `at`: a point of the stage that stays over the same point of the photo; the middle if missing.
  function zoomTo(zoom, at = [stage.clientWidth / 2, stage.clientHeight / 2]) {
    const before = origin();
    const point = at.map((value, axis) => (value - before[axis]) / scale());
    view.zoom = zoom;
    view.centre = point.map((value, axis) => value - (at[axis] - [stage.clientWidth, stage.clientHeight][axis] / 2) / scale());
    if (zoom === FIT) view.region = null;
    place();
  }

  function zoomBy(steps, at) {
    // Fit may lie between the others, or above 1×.
    const levels = ZOOMS.filter((zoom) => zoom !== FIT && (steps > 0 ? zoom > scale() : zoom < scale()));
    const next = steps > 0 ? levels[0] : levels.at(-1);
    if (steps < 0 && (next ?? 0) <= fit()) zoomTo(FIT, at);
    else if (next) zoomTo(next, at);
  }

  function pan(dx, dy) {
    view.centre = [view.centre[0] - dx / scale(), view.centre[1] - dy / scale()];
    place();
  }

  function moveDivider(split) {
    view.split = Math.max(0, Math.min(1, split));
    place();
  }

  // Links to worst regions: #photo=0&codec=webp&region=0
  function follow(hash) {
    const query = new URLSearchParams(hash.slice(1));
    const index = Number(query.get('photo') ?? NaN);
    const region = report.matched[index]?.items.find((candidate) => candidate.codec === query.get('codec'))?.worst[Number(query.get('region'))];
    if (!region) return;
    if (index !== view.photo) pickPhoto(index);
    Object.assign(view, { left: 'original', right: query.get('codec'), region, split: 0.5 });
    show();
    if (byId('viewer').hidden) return;
    const room = Math.min(stage.clientWidth / region.width, stage.clientHeight / region.height);
    view.zoom = ZOOMS.findLast((zoom) => zoom > 0 && zoom <= 0.8 * room) ?? 1;
    view.centre = [region.x + region.width / 2, region.y + region.height / 2];
    place();
    byId('viewer').scrollIntoView({ block: 'nearest' });
    stage.focus({ preventScroll: true });
  }

  const pressZoom = choice(byId('zoom'), ZOOMS.map((zoom) => [zoom, zoom ? `${zoom}×` : 'Fit']), (zoom) => zoomTo(zoom));
  const options = [['original', 'Original'], ...report.codecs.map(({ id, name }) => [id, name])];
  for (const side of ['left', 'right']) fillSelect(sides[side], options, (id) => { view[side] = id; show(); });
  byId('swap').addEventListener('click', () => { [view.left, view.right] = [view.right, view.left]; show(); });
  byId('thumbs').replaceChildren(...report.matched.map(({ photo }, i) => {
    const files = pictures[i];
    const image = files && el('img', { src: files.original, alt: '', decoding: 'async' });
    return el('button', { type: 'button', title: photo, onclick: () => pickPhoto(i) }, image, el('span', {}, photo));
  }));
  byId('thumbs').hidden = report.matched.length === 1;
  gestures(stage, divider, { pannable, pan, moveDivider, zoomBy, split: () => view.split, fitted: () => view.zoom === FIT });
  document.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#photo="]');
    // The address may be the same as before, then there is no hashchange.
    if (link && link.hash === location.hash) follow(link.hash);
  });
  window.addEventListener('hashchange', () => follow(location.hash));
  new ResizeObserver(place).observe(stage);

  const first = matched().items.map(({ codec }) => codec);
  view.left = matched().reference ?? 'original';
  view.right = first.find((id) => id !== view.left) ?? 'original';
  pickPhoto(0);
  follow(location.hash);
}
