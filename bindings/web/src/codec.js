// The module vqz.wasm: libvqz, compiled for browsers. Its functions and structures are those of bindings/c/include/vqz.h. Everything here
// works at once and blocks its thread: see worker.js.

import { VqzError } from "./error.js";
import { Memory, Structure } from "./memory.js";

const OK = 0;
const NEED_MORE = 1;
const CODES = {
  2: "damaged",
  3: "unsupported",
  4: "needs-model",
  5: "limit",
  6: "cancelled",
  7: "out-of-memory",
  8: "invalid-argument",
  9: "internal",
  10: "needs-rendering",
};
export const Format = { RGB: 3, RGBA: 4, BGRA: 5 };
const METADATA = { icc: 1, exif: 2, xmp: 3 };
const RATES = { quality: 1, size: 2, psnr: 3 };
/** 256 MiB of RGBA, and three quarters of that within the decoder. */
const MAX_PIXELS = 2 ** 26;

const DecoderOptions = new Structure({
  threads: "u32",
  max_side: "u32",
  max_pixels: "u64",
  max_expansion: "u64",
  max_metadata: "u64",
  model: "u32",
  cancel: "u32",
  rendering: "u32",
});
const Info = new Structure({
  width: "u32",
  height: "u32",
  format: "u32",
  has_alpha: "u32",
  layers: "u32",
  layers_arrived: "u32",
  orientation: "u32",
  finished: "u32",
  quality: "f64",
  icc_bytes: "u64",
  exif_bytes: "u64",
  xmp_bytes: "u64",
  model: "u64",
});
const View = new Structure({
  scale: "u32",
  x: "u32",
  y: "u32",
  width: "u32",
  height: "u32",
  reserved: "u32",
  rendering: "u32",
});
const PERCEPTUAL = 1;
const EncoderOptions = new Structure({
  rate_kind: "u32",
  progressive: "u32",
  rate: "f64",
  threads: "u32",
  reserved: "u32",
  icc: "u32",
  icc_size: "u32",
  exif: "u32",
  exif_size: "u32",
  xmp: "u32",
  xmp_size: "u32",
  model: "u32",
  cancel: "u32",
});
const Encoded = new Structure({ data: "u32", size: "u32", quality: "f64", psnr: "f64" });

/** An instance of the module with one model. After a trap it is `dead`, and has to be replaced by another. */
export class Codec {
  #exports;
  model = 0;
  dead = false;

  /** From a `WebAssembly.Module` and weights, as `load` takes them. */
  constructor(module, weights) {
    this.#exports = new WebAssembly.Instance(module).exports;
    this.load(weights);
  }

  /** Takes a model from the bytes of its file, with the encoder file behind it or not. Decoders that there are go on with the model before. */
  load(weights) {
    const former = this.model;
    this.model = this.using((memory) => {
      const place = memory.put(new Uint8Array(4));
      this.check(this.call("vqz_model_new", memory.put(weights), weights.length, place));
      return memory.number(place);
    });
    this.call("vqz_model_free", former);
  }

  /** Bytes that the instance has. They never get fewer. */
  get size() {
    return this.#exports.memory.buffer.byteLength;
  }

  /** Runs `work` with memory that is freed behind it. */
  using(work) {
    const memory = new Memory(this.#exports);
    try {
      return work(memory);
    } finally {
      if (!this.dead) memory.free();
    }
  }

  /** Calls a function of vqz.h. A trap is a panic within the library, or memory that it could not do without. */
  call(name, ...values) {
    if (this.dead) throw new VqzError("internal", "the decoder has failed before");
    try {
      return this.#exports[name](...values) >>> 0;
    } catch (error) {
      this.dead = true;
      throw new VqzError("internal", `${name} failed (${error.message}); please report this`);
    }
  }

  /** Throws what a status says, with the text that `of` gives for it. */
  check(status, of = () => this.call("vqz_last_error")) {
    if (status === OK) return;
    const text = this.using((memory) => memory.text(of()));
    throw new VqzError(CODES[status] ?? "internal", text);
  }

  /** A decoder for one file. With the bytes of a rendering file, it draws by that. */
  decoder({ maxPixels = MAX_PIXELS, rendering } = {}) {
    return new Decoder(this, maxPixels, rendering);
  }

  /** The file of a picture of `width` × `height` pixels in a `Format`, rows from the top without gaps. Needs a model with its encoder. */
  encode(pixels, format, width, height, options = {}) {
    const [kind, rate] = Object.entries({ quality: options.quality, size: options.size, psnr: options.psnr }).find(
      ([, value]) => value !== undefined,
    ) ?? ["quality", 50];
    return this.using((memory) => {
      const [icc, exif, xmp] = [options.icc, options.exif, options.xmp];
      const settings = memory.build(EncoderOptions, {
        rate_kind: RATES[kind],
        rate,
        progressive: options.progressive ? 1 : 0,
        icc: memory.put(icc),
        icc_size: icc?.length,
        exif: memory.put(exif),
        exif_size: exif?.length,
        xmp: memory.put(xmp),
        xmp_size: xmp?.length,
        model: this.model,
      });
      const place = memory.build(Encoded);
      const stride = pixels.length / height;
      this.check(
        this.call("vqz_encode", settings, format, width, height, memory.put(pixels), pixels.length, stride, place),
      );
      const { data, size, quality, psnr } = memory.read(Encoded, place);
      const file = memory.bytes(data, size).slice();
      this.call("vqz_encoded_free", place);
      return { file, quality, ...(kind === "psnr" && { psnr }) };
    });
  }
}

/** One file as it arrives. */
class Decoder {
  #codec;
  #decoder;
  #rendering;

  constructor(codec, maxPixels, rendering) {
    this.#codec = codec;
    this.#rendering = rendering === undefined ? 0 : PERCEPTUAL;
    this.#decoder = codec.using((memory) => {
      const place = memory.put(new Uint8Array(4));
      let handle = 0;
      if (rendering !== undefined) {
        codec.check(codec.call("vqz_rendering_new", memory.put(rendering), rendering.length, place));
        handle = memory.number(place);
      }
      const options = memory.build(DecoderOptions, { max_pixels: maxPixels, model: codec.model, rendering: handle });
      try {
        codec.check(codec.call("vqz_decoder_new", options, place));
      } finally {
        // The decoder keeps what it needs of it.
        if (!codec.dead) codec.call("vqz_rendering_free", handle);
      }
      return memory.number(place);
    });
  }

  /** Takes further bytes. Returns how many are needed at least before anything new can be known: 0 when the file is whole. */
  push(bytes) {
    return this.#codec.using((memory) => {
      const place = memory.put(new Uint8Array(4));
      const status = this.#codec.call("vqz_decoder_push", this.#decoder, memory.put(bytes), bytes.length, place);
      if (status !== NEED_MORE) this.#check(status);
      return memory.number(place);
    });
  }

  /** Says that no more bytes come, and throws if the file is not whole. */
  finish() {
    this.#check(this.#codec.call("vqz_decoder_finish", this.#decoder));
  }

  /** What is known; undefined before the header is there. */
  info() {
    return this.#codec.using((memory) => {
      const place = memory.build(Info);
      const status = this.#codec.call("vqz_decoder_info", this.#decoder, place);
      if (status === NEED_MORE) return undefined;
      this.#check(status);
      const info = memory.read(Info, place);
      const model = memory.bytes(place + Info.size - 8, 8);
      return {
        width: info.width,
        height: info.height,
        gray: info.format < Format.RGB,
        alpha: info.has_alpha === 1,
        layers: info.layers,
        layersArrived: info.layers_arrived,
        orientation: info.orientation,
        finished: info.finished === 1,
        quality: info.quality,
        model: Array.from(model, (byte) => byte.toString(16).padStart(2, "0")).join(""),
      };
    });
  }

  /** `{ icc, exif, xmp }`, each undefined if there is none or it has not arrived. */
  metadata() {
    const found = {};
    for (const [name, kind] of Object.entries(METADATA)) {
      found[name] = this.#codec.using((memory) => {
        const [data, size] = [memory.take(4), memory.take(4)];
        const status = this.#codec.call("vqz_decoder_metadata", this.#decoder, kind, data, size);
        if (status === NEED_MORE) return undefined;
        this.#check(status);
        const pointer = memory.number(data);
        return pointer === 0 ? undefined : memory.bytes(pointer, memory.number(size)).slice();
      });
    }
    return found;
  }

  /** `{ width, height, data }` of a view, 4 bytes per pixel in a `Format`; undefined before the header is there. */
  decode({ scale = 1, region } = {}, format = Format.RGBA) {
    return this.#codec.using((memory) => {
      const view = memory.build(View, { scale, ...region, rendering: this.#rendering });
      const [width, height] = [memory.take(4), memory.take(4)];
      const status = this.#codec.call("vqz_decoder_view_size", this.#decoder, view, width, height);
      if (status === NEED_MORE) return undefined;
      this.#check(status);
      const size = { width: memory.number(width), height: memory.number(height) };
      const stride = size.width * 4;
      const buffer = memory.take(stride * size.height);
      this.#check(
        this.#codec.call("vqz_decoder_decode", this.#decoder, view, format, buffer, stride * size.height, stride),
      );
      return { ...size, data: memory.bytes(buffer, stride * size.height).slice() };
    });
  }

  free() {
    if (!this.#codec.dead) this.#codec.call("vqz_decoder_free", this.#decoder);
  }

  #check(status) {
    this.#codec.check(status, () => this.#codec.call("vqz_decoder_last_error", this.#decoder));
  }
}
