// The codecs that the browser itself encodes with, at the size of a .vqz file; and how far pictures are from the original.

/** Of the dial from 0 to 1; some browsers have no finer steps. */
const STEPS = 100;

/** The best file of at most `bytes` bytes, or the smallest there is: `{ blob, quality }`. Undefined if the browser does not encode `type`. */
export async function ofSize(image, type, bytes) {
  const canvas = canvasOf(image);
  const at = async (step) => ({ blob: await canvas.convertToBlob({ type, quality: step / STEPS }), quality: step });
  let best = await at(0);
  if (best.blob.type !== type) return undefined;
  let [low, high] = [0, STEPS + 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    const tried = await at(middle);
    if (tried.blob.size <= bytes) [low, best] = [middle, tried];
    else high = middle;
  }
  return best;
}

export async function pixelsOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return context.getImageData(0, 0, context.canvas.width, context.canvas.height);
}

/** In dB over the colour samples. */
export function psnr(a, b) {
  let squares = 0;
  for (let at = 0; at < a.data.length; at++) if (at % 4 !== 3) squares += (a.data[at] - b.data[at]) ** 2;
  return 10 * Math.log10((255 ** 2 * a.data.length * 0.75) / squares);
}

function canvasOf(image) {
  const canvas = new OffscreenCanvas(image.width, image.height);
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}
