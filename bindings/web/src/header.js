// What the first bytes of a file tell, without the module (SPEC.md 4.2 to 4.4). Nothing is checked here: that is the decoder's work.

const SIGNATURE = [0x8d, 0x56, 0x51, 0x5a, 0x0d, 0x0a, 0x1a, 0x0a];
/** The signature, then length and type of the chunk `VHDR`. */
const HEADER = 16;
const END = HEADER + 19;

/** The version of the format that the library reads (SPEC.md 4.4). */
const FORMAT_VERSION = 3;

/** The header of a file that begins with `bytes`: null if it is no .vqz file that this version reads, undefined if more bytes are needed to tell. */
export function probe(bytes) {
  if (SIGNATURE.some((byte, index) => index < bytes.length && bytes[index] !== byte)) return null;
  if (bytes.length < END) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + HEADER, END - HEADER);
  if (view.getUint8(0) !== FORMAT_VERSION) return null;
  const flags = view.getUint8(5);
  return {
    width: view.getUint16(1, true),
    height: view.getUint16(3, true),
    gray: (flags & 1) !== 0,
    alpha: (flags & 2) !== 0,
    layers: view.getUint8(18),
    layersArrived: 0,
    orientation: 1,
    finished: false,
    quality: (view.getUint16(15, true) * 100) / 1024,
    model: Array.from({ length: 8 }, (_, index) => view.getUint8(7 + index).toString(16).padStart(2, "0")).join(""),
  };
}
