// Compiled only: uses of the package that its types must allow, and some that they must not.

import { configure, decode, encode, perceptual, probe, toBitmap, VqzDecoder, VqzError } from "vqz";
import type { Encoded, ErrorCode, Info, Metadata, Picture } from "vqz";
import "vqz/element.js";
import "vqz/service-worker.js";

configure({ weights: { url: new URL("https://example.org/model.vqzm"), sha256: "b534" } });
configure({ weights: { url: "model.vqzm", encoder: { url: new URL("https://example.org/model.vqze"), sha256: "b534" } } });
// @ts-expect-error: an encoder file is for a model file
configure({ weights: { encoder: { url: "model.vqze" } } });

export async function show(canvas: HTMLCanvasElement, signal: AbortSignal): Promise<void> {
  const picture: Picture = await decode("photo.vqz", {
    signal,
    scale: 4,
    region: { x: 0, y: 0, width: 10, height: 10 },
    maxPixels: 1e6,
    imageOrientation: "none",
    rendering: perceptual,
    onInfo: ({ width, height }: Info) => ([canvas.width, canvas.height] = [width, height]),
    onPicture: async (coarser) => canvas.getContext("2d")?.drawImage(await toBitmap(coarser), 0, 0),
  });
  canvas.getContext("2d")?.putImageData(picture.image, 0, 0);
  for (const source of [new Uint8Array(1), new ArrayBuffer(1), new Blob(), new Response(), new Request("x"), new URL("x:y")])
    await decode(source);
  for (const rendering of [new URL("x:y"), new Uint8Array(1), new ArrayBuffer(1)]) await decode("photo.vqz", { rendering });
  // @ts-expect-error: no such scale
  await decode("photo.vqz", { scale: 3 });
}

export async function piecewise(pieces: Uint8Array[]): Promise<Metadata> {
  const decoder = new VqzDecoder({ maxPixels: 1000 });
  for (const piece of pieces) {
    const { needed, info } = await decoder.push(piece);
    if (needed > 0 && info?.layersArrived === 1) (await decoder.picture())?.image.data.fill(0);
  }
  await decoder.finish();
  decoder.close();
  return decoder.metadata();
}

export async function write(photo: File, image: ImageData): Promise<Blob> {
  const encoded: Encoded = await encode(photo, { quality: 60, progressive: true });
  const { file, psnr } = await encode(image, { psnr: 38, exif: new Uint8Array(2) });
  // @ts-expect-error: undefined unless it was asked for
  const decibels: number = psnr;
  return new Blob([encoded.file, file, decibels.toFixed()]);
}

export function code(error: unknown): ErrorCode | undefined {
  const header = probe(new Uint8Array(64));
  if (header) document.createElement("vqz-img").naturalWidth === header.width;
  return error instanceof VqzError ? error.code : undefined;
}
