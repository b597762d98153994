// What pointer, keys and wheel do to the viewer.

// Of the wheel, in pixels: less than this is a tremor.
const WHEEL_STEP = 50;

// `act`: what the viewer can do; `pan` and `moveDivider` take pixels of the stage and a place from 0 to 1.
function gestures(stage, divider, act) {
  const inside = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  // The divider is dragged; so is the picture, if there is more of it than is seen, else it moves the divider too.
  function drag(event) {
    if (event.button !== 0) return;
    const panning = !divider.contains(event.target) && act.pannable();
    let last = inside(event);
    const move = (next) => {
      const [x, y] = inside(next);
      if (panning) act.pan(x - last[0], y - last[1]);
      else act.moveDivider(x / stage.clientWidth);
      last = [x, y];
    };
    const end = () => {
      stage.classList.remove('dragging');
      stage.removeEventListener('pointermove', move);
      stage.removeEventListener('pointerup', end);
      stage.removeEventListener('pointercancel', end);
    };
    stage.setPointerCapture(event.pointerId);
    stage.addEventListener('pointermove', move);
    stage.addEventListener('pointerup', end);
    stage.addEventListener('pointercancel', end);
    stage.classList.add('dragging');
    (panning ? stage : divider).focus({ preventScroll: true });
    event.preventDefault();
    move(event);
  }

  function key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const far = event.shiftKey ? 10 : 1;
    const onDivider = event.target === divider;
    const step = (x, y) => (onDivider ? act.moveDivider(act.split() + ((x - y) * far) / 100) : act.pan(-x * 32 * far, -y * 32 * far));
    const actions = {
      ArrowLeft: () => step(-1, 0), ArrowRight: () => step(1, 0), ArrowUp: () => step(0, -1), ArrowDown: () => step(0, 1),
      '+': () => act.zoomBy(1), '=': () => act.zoomBy(1), '-': () => act.zoomBy(-1),
    };
    if (onDivider) Object.assign(actions, { Home: () => act.moveDivider(0), End: () => act.moveDivider(1) });
    if (!actions[event.key]) return;
    event.preventDefault();
    actions[event.key]();
  }

  let wheeled = 0;
  function wheel(event) {
    // Nothing to zoom out of: the page scrolls.
    if (event.deltaY > 0 && act.fitted()) return;
    event.preventDefault();
    wheeled += event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? event.deltaY : Math.sign(event.deltaY) * WHEEL_STEP;
    if (Math.abs(wheeled) < WHEEL_STEP) return;
    act.zoomBy(-Math.sign(wheeled), inside(event));
    wheeled = 0;
  }

  stage.addEventListener('pointerdown', drag);
  stage.addEventListener('keydown', key);
  stage.addEventListener('wheel', wheel, { passive: false });
}
