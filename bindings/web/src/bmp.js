// Pixels as a BMP file: quick to make, with alpha and colour profile, read by every browser.

const FILE_HEADER = 14;
/** BITMAPV5HEADER. */
const HEADER = 124;
const BITFIELDS = 3;
const SRGB = 0x73524742;
const EMBEDDED_PROFILE = 0x4d424544;
const PERCEPTUAL = 4;

/** The parts of the file, for a `Blob` or a `Response`: `{ width, height, data }` has 4 bytes per pixel, blue first; `icc` may be undefined. */
export function bmp({ width, height, data }, { alpha, icc }) {
  const header = new DataView(new ArrayBuffer(FILE_HEADER + HEADER));
  const start = FILE_HEADER + HEADER;
  const set16 = (at, value) => header.setUint16(at, value, true);
  const set32 = (at, value) => header.setUint32(at, value, true);
  set16(0, 0x4d42);
  set32(2, start + data.length + (icc?.length ?? 0));
  set32(10, start);
  set32(14, HEADER);
  set32(18, width);
  // Negative: the rows are from the top.
  set32(22, -height);
  set16(26, 1);
  set16(28, 32);
  set32(30, BITFIELDS);
  set32(34, data.length);
  // Red, green, blue, alpha.
  [0x00ff0000, 0x0000ff00, 0x000000ff, alpha ? 0xff000000 : 0].forEach((mask, index) => set32(54 + 4 * index, mask));
  set32(70, icc ? EMBEDDED_PROFILE : SRGB);
  set32(122, PERCEPTUAL);
  // Counted from the header.
  set32(126, icc ? HEADER + data.length : 0);
  set32(130, icc?.length ?? 0);
  return icc ? [header.buffer, data, icc] : [header.buffer, data];
}
