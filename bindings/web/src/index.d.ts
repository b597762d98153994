/**
 * vqz, a learned image codec, in browsers: decoding and encoding in a Worker. Nothing is fetched (the module, the model file, for `encode` the encoder
 * file) before it is needed.
 *
 * Every function fails with a `VqzError`; with an `AbortSignal`'s reason if it was aborted.
 */

export type ErrorCode =
  /** Not a .vqz file, or cut, or damaged. */
  | "damaged"
  /** Needs a later version of this package; or `encode`, with weights that have no encoder file. */
  | "unsupported"
  /** The file was made with another model than the weights are. */
  | "needs-model"
  /** The rendering file belongs to another model than the file was made with. */
  | "needs-rendering"
  /** Larger than `maxPixels`, or than the decoder's other limits. */
  | "limit"
  | "cancelled"
  | "out-of-memory"
  /** The caller's mistake, or a size or PSNR that no quality gives. */
  | "invalid-argument"
  /** A mistake of this package's; the Worker has been replaced. */
  | "internal"
  /** A file, the module or the weights did not arrive. */
  | "network"
  /** A file of weights does not have the SHA-256 that it should have, or its gzip is damaged. */
  | "weights";

export class VqzError extends Error {
  constructor(code: ErrorCode, message: string);
  readonly code: ErrorCode;
}

export interface Info {
  /** Pixels as stored, 1 to 65,535: an upright picture has them the other way round where `orientation` is 5 or more. */
  width: number;
  height: number;
  gray: boolean;
  alpha: boolean;
  /** 1, or more in a progressive file. */
  layers: number;
  /** Of these; a coarser picture can be drawn from 1 or more. */
  layersArrived: number;
  /** As EXIF numbers it, 1 to 8, as far as EXIF has arrived. */
  orientation: number;
  /** Whether the whole file has arrived. */
  finished: boolean;
  /** That it was encoded at, 0 to 100. */
  quality: number;
  /** The model that it was made with: the first 8 bytes of its SHA-256, hexadecimal. */
  model: string;
}

export interface Region {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface DecoderOptions {
  /** The rendering has 1/scale of the picture's width and height, rounded up: less work from 4 on. Default: 1. */
  scale?: 1 | 2 | 4 | 8 | 16;
  /** A rectangle of that rendering, in its own pixels, as stored. Default: all of it. */
  region?: Region;
  /**
   * A rendering file (.vqzr, as it is or in gzip) of the file's model ({@link perceptual} for the default model's files), its address or its bytes: the picture is drawn by it, at low qualities with texture
   * that looks like the original's without being it. At a scale of 4 and more it makes no difference. Default: the picture as near to the original as the model knows how.
   */
  rendering?: string | URL | BufferSource;
  /** Files of more pixels are refused, before memory is taken. Default: 67,108,864. */
  maxPixels?: number;
  /** As for `createImageBitmap`: whether pictures are turned as EXIF says. Default: "from-image". */
  imageOrientation?: "from-image" | "none";
}

export interface DecodeOptions extends DecoderOptions {
  signal?: AbortSignal;
  /** Called as soon as the header has arrived, even before the weights have, and again if metadata say that the picture is turned. */
  onInfo?: (info: Info) => void;
  /** Called with coarser pictures of a progressive file as its layers arrive, but not with the last one, which is the result. */
  onPicture?: (picture: Picture) => void;
}

export interface Picture {
  /** Where the file is whole, the pixels that the format specifies, the same on every machine. */
  image: ImageData;
  info: Info;
  /** The colour profile that the pixels are in; sRGB where there is none. */
  icc?: Uint8Array<ArrayBuffer>;
}

/** An address, or bytes in whichever form. */
export type Source = string | URL | Request | Response | Blob | BufferSource | ReadableStream<Uint8Array>;

/**
 * The picture of a file, which is decoded as it arrives. A file that ends too soon is an error ("damaged", "network") after all coarser pictures
 * that it has.
 */
export function decode(source: Source, options?: DecodeOptions): Promise<Picture>;

/** For those who have the bytes of a file in hand piece by piece. */
export class VqzDecoder {
  constructor(options?: DecoderOptions);
  /** Takes further bytes. `needed` more, at least, are needed before anything new can be known: 0 when the file is whole. */
  push(bytes: Uint8Array): Promise<{ needed: number; info?: Info }>;
  /** The picture as far as it has arrived; undefined before the header has. */
  picture(): Promise<Picture | undefined>;
  /** Says that no more bytes come: an error ("damaged") if the file is not whole. What has arrived can still be drawn. */
  finish(): Promise<void>;
  /** As far as they have arrived. */
  metadata(): Promise<Metadata>;
  /** Gives its memory back. */
  close(): void;
}

export interface Metadata {
  icc?: Uint8Array<ArrayBuffer>;
  /** A TIFF structure, without the `Exif\0\0` of JPEG files. */
  exif?: Uint8Array<ArrayBuffer>;
  xmp?: Uint8Array<ArrayBuffer>;
}

export interface EncodeOptions extends Metadata {
  /** 0 (smallest file) to 100 (best picture). Default: 50, unless one of the next two is given. */
  quality?: number;
  /** The largest size of the file in bytes: takes some trials. */
  size?: number;
  /** The least PSNR in dB: takes some trials. */
  psnr?: number;
  /** Whether the beginning of the file is already a picture. */
  progressive?: boolean;
  signal?: AbortSignal;
}

export interface Encoded {
  file: Uint8Array<ArrayBuffer>;
  /** Of the file, 0 to 100. */
  quality: number;
  /** In dB, if it was asked for. */
  psnr?: number;
}

/**
 * A file of a picture: of its pixels, or of anything that a canvas can draw, such as a JPEG file (turned as its EXIF says, without its metadata). The first
 * call fetches the encoder file, and the model file if it is not there yet.
 */
export function encode(
  picture: Pick<ImageData, "width" | "height" | "data"> | ImageBitmapSource,
  options?: EncodeOptions,
): Promise<Encoded>;

/** The header of a file that begins with `bytes`: null if it is no .vqz file, undefined if more are needed to tell (35 do). Needs no module. */
export function probe(bytes: Uint8Array): Info | null | undefined;

/** For a canvas, with the colour profile applied. */
export function toBitmap(picture: Picture): Promise<ImageBitmap>;

/** The address of the perceptual rendering of the default model's files, which is part of this package: for {@link DecoderOptions.rendering}. */
export const perceptual: string;

/** A file of weights, as it is or in gzip. */
export interface WeightsFile {
  url: string | URL;
  /** Of all that the file has, unpacked; in hexadecimal. The file is checked by it, and kept by the Cache API. Without it, the file is neither. */
  sha256?: string;
}

export interface Weights extends WeightsFile {
  /**
   * The encoder file (.vqze) of the model, which `encode` needs, unless it stands behind the model in the same file. Without either, `encode` is refused
   * ("unsupported"); that of another model is "damaged".
   */
  encoder?: WeightsFile;
}

export interface Settings {
  /** Address of vqz.wasm. Default: beside this script. */
  wasm?: string | URL;
  /** A model file (.vqzm), and its encoder file. Default: those beside this script. */
  weights?: Weights;
}

/** Before anything is decoded or encoded; later, it ends what is going on. */
export function configure(settings: Settings): void;
