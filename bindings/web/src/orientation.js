// Which way up a picture is, as EXIF numbers it.

/** Whether width and height change places. */
export function turns(orientation) {
  return orientation >= 5;
}

/** A picture `{ width, height, data }` of 4 bytes per pixel, turned so that it is upright. */
export function upright({ width, height, data }, orientation) {
  if (orientation === 1) return { width, height, data };
  // Where the upright picture's first pixel is, and how far apart are those of a row and those of a column.
  const [first, right, down] = {
    2: [width - 1, -1, width],
    3: [width * height - 1, -1, -width],
    4: [width * (height - 1), 1, -width],
    5: [0, width, 1],
    6: [width * (height - 1), -width, 1],
    7: [width * height - 1, -width, -1],
    8: [width - 1, width, -1],
  }[orientation];
  const [columns, rows] = turns(orientation) ? [height, width] : [width, height];
  const from = new Uint32Array(data.buffer, data.byteOffset, width * height);
  const to = new Uint32Array(width * height);
  for (let y = 0, index = 0; y < rows; y++)
    for (let x = 0, place = first + y * down; x < columns; x++, place += right) to[index++] = from[place];
  return { width: columns, height: rows, data: new Uint8Array(to.buffer) };
}
