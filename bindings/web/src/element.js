// <vqz-img src alt>: as <img>, with coarser pictures of a progressive file while it arrives. element.d.ts is the documentation.

import { decode, toBitmap, VqzError } from "./index.js";
import { turns } from "./orientation.js";

const STYLE = `
:host { display: inline-block; max-width: 100%; vertical-align: bottom }
:host([hidden]) { display: none }
canvas { display: block; width: 100%; height: 100%; object-fit: inherit; object-position: inherit }
[part="alt"] { display: block }
[hidden] { display: none }`;

export class VqzImg extends HTMLElement {
  static observedAttributes = ["src", "alt", "width", "height"];

  #canvas = document.createElement("canvas");
  #alt = document.createElement("span");
  #loading;

  /** Of the picture, upright, in pixels; 0 before the header has arrived. */
  naturalWidth = 0;
  naturalHeight = 0;
  /** Whether there is nothing more to wait for. */
  complete = true;
  /** What the last file failed with. */
  error = null;

  constructor() {
    super();
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.#alt.part = "alt";
    this.#canvas.part = "canvas";
    this.#canvas.hidden = true;
    this.attachShadow({ mode: "open" }).append(style, this.#canvas, this.#alt);
  }

  get src() {
    const src = this.getAttribute("src");
    return src === null ? "" : new URL(src, document.baseURI).href;
  }
  set src(value) {
    this.setAttribute("src", value);
  }

  get alt() {
    return this.getAttribute("alt") ?? "";
  }
  set alt(value) {
    this.setAttribute("alt", value);
  }

  connectedCallback() {
    this.setAttribute("role", "img");
    this.#load();
  }

  disconnectedCallback() {
    this.#loading?.abort();
    this.#loading = undefined;
  }

  attributeChangedCallback(name, _, value) {
    if (name === "alt") {
      this.setAttribute("aria-label", this.alt);
      this.#alt.textContent = this.alt;
    } else if (name === "src") {
      if (this.isConnected) this.#load();
    } else {
      this.style[name] = value === null ? "" : /^\d+$/.test(value) ? `${value}px` : value;
    }
  }

  async #load() {
    this.#loading?.abort();
    this.#loading = undefined;
    this.#clear();
    if (!this.hasAttribute("src")) return;
    const loading = (this.#loading = new AbortController());
    const signal = loading.signal;
    this.complete = false;
    let bitmap;
    try {
      const picture = await decode(this.src, {
        signal,
        onInfo: (info) => this.#announce(info),
        onPicture: async (coarser) => {
          const drawn = await toBitmap(coarser);
          // The next one may have been quicker.
          if (signal.aborted || bitmap !== undefined) return drawn.close();
          this.#draw(drawn);
          const { layersArrived: loaded, layers: total } = coarser.info;
          this.dispatchEvent(new ProgressEvent("progress", { lengthComputable: true, loaded, total }));
        },
      });
      bitmap = await toBitmap(picture);
      if (signal.aborted) return bitmap.close();
      this.#draw(bitmap);
      this.#end(new Event("load"));
    } catch (error) {
      if (signal.aborted) return;
      this.error = error instanceof VqzError ? error : new VqzError("internal", error.message);
      this.#end(new ErrorEvent("error", { error: this.error, message: this.error.message }));
    }
  }

  #end(event) {
    this.complete = true;
    this.dispatchEvent(event);
  }

  #clear() {
    [this.naturalWidth, this.naturalHeight, this.complete, this.error] = [0, 0, true, null];
    this.#canvas.hidden = true;
    this.#alt.hidden = false;
  }

  /** Takes the place that the picture will have. */
  #announce({ width, height, orientation }) {
    [this.naturalWidth, this.naturalHeight] = turns(orientation) ? [height, width] : [width, height];
    [this.#canvas.width, this.#canvas.height] = [this.naturalWidth, this.naturalHeight];
    this.#canvas.hidden = false;
    this.#alt.hidden = true;
  }

  #draw(bitmap) {
    const context = this.#canvas.getContext("2d");
    context.clearRect(0, 0, this.naturalWidth, this.naturalHeight);
    context.drawImage(bitmap, 0, 0);
    bitmap.close();
  }
}

if (!customElements.get("vqz-img")) customElements.define("vqz-img", VqzImg);
