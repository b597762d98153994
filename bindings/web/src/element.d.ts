import type { VqzError } from "./index.js";

/**
 * `<vqz-img src="photo.vqz" alt="…" width="…" height="…">`: as `<img>`, with coarser pictures of a progressive file while it arrives, turned as
 * EXIF says, in its colours. Takes the picture's place as soon as the header is there. Its canvas is `::part(canvas)`; `object-fit` is handed on to it.
 *
 * Events, none of which bubbles: `progress` (a `ProgressEvent`, after each coarser picture, with the number of layers), `load`, `error` (an
 * `ErrorEvent`; coarser pictures that have arrived stay).
 */
export class VqzImg extends HTMLElement {
  src: string;
  alt: string;
  /** Of the picture, upright, in pixels; 0 before the header has arrived. */
  readonly naturalWidth: number;
  readonly naturalHeight: number;
  /** Whether there is nothing more to wait for. */
  readonly complete: boolean;
  /** What the last file failed with. */
  readonly error: VqzError | null;
}

declare global {
  interface HTMLElementTagNameMap {
    "vqz-img": VqzImg;
  }
}
