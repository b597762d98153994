// The demo page. Photos are encoded, decoded and put beside what the browser's own codecs make of as many bytes; .vqz files are shown as they arrive.

import { decode, encode, probe, toBitmap, VqzError } from "vqz";
import { ofSize, pixelsOf, psnr } from "./rivals.js";

const element = (id) => document.getElementById(id);
const [left, right] = document.querySelectorAll(".tag");
/** What is open: a photo's pixels, its file and its size. */
let photo;
/** The work that is going on. A newer one takes its place. */
let current;

function say(text, wrong = false) {
  element("status").textContent = text;
  element("status").classList.toggle("error", wrong);
}

/** Runs `work`, and stops it when other work begins. */
async function begin(work) {
  current?.abort();
  const { signal } = (current = new AbortController());
  try {
    await work(signal);
  } catch (error) {
    if (signal.aborted) return;
    say(error instanceof VqzError ? `${error.message} (${error.code})` : `This cannot be read: ${error.message}`, true);
  }
}

async function open(blob) {
  await begin(async (signal) => {
    for (const id of ["options", "viewer", "facts", "save"]) element(id).hidden = true;
    photo = undefined;
    const isVqz = probe(new Uint8Array(await blob.slice(0, 64).arrayBuffer())) !== null;
    if (isVqz) return show(blob, signal);
    say("Reading…");
    photo = { image: await pixelsOf(blob), bytes: blob.size, name: blob.name ?? "photo" };
    element("options").hidden = false;
  });
  if (photo) await compress();
}

/** A .vqz file, as it would arrive over a network. */
async function show(blob, signal) {
  say("Decoding…");
  const start = performance.now();
  const picture = await decode(blob, { signal, onPicture: async (coarser) => draw("ours", await toBitmap(coarser)) });
  const seconds = (performance.now() - start) / 1000;
  draw("ours", await toBitmap(picture));
  if (signal.aborted) return;
  const { width, height } = picture.image;
  beside(undefined);
  tell([["", ".vqz"], ["Size", size(blob.size)], ["Pixels", `${width} × ${height}`], ["Bits per pixel", rate(blob.size, picture.image)],
    ["Quality", picture.info.quality.toFixed(0)], ["Layers", picture.info.layers], ["Decoded in", `${seconds.toFixed(2)} s`]]);
  say("");
}

/** The photo as a .vqz file. */
function compress() {
  return begin(async (signal) => {
    say("Encoding… (the first time, the model's weights have to arrive too)");
    const options = { quality: Number(element("quality").value), progressive: element("progressive").checked, signal };
    const start = performance.now();
    const { file } = await encode(photo.image, options);
    const encoded = performance.now();
    const picture = await decode(file, { signal });
    const decoded = performance.now();
    draw("ours", await createImageBitmap(picture.image));
    const save = element("save");
    URL.revokeObjectURL(save.href);
    save.href = URL.createObjectURL(new Blob([file], { type: "application/octet-stream" }));
    save.download = photo.name.replace(/\.\w+$/, "") + ".vqz";
    save.hidden = false;
    left.textContent = `vqz, ${size(file.length)}`;
    const ours = ["vqz", size(file.length), rate(file.length, photo.image), decibels(picture.image), `${((encoded - start) / 1000).toFixed(2)} s`, `${((decoded - encoded) / 1000).toFixed(2)} s`];
    await rival(file.length, ours, signal);
  });
}

/** What stands beside it. */
async function rival(bytes, ours, signal) {
  const type = element("rival").value;
  const labels = ["", "Size", "Bits per pixel", "PSNR", "Encoded in", "Decoded in"];
  let theirs;
  if (type === "original") {
    beside(await createImageBitmap(photo.image), `original, ${size(photo.bytes)}`);
    theirs = ["original", size(photo.bytes), rate(photo.bytes, photo.image), "", "", ""];
  } else {
    const name = type === "image/webp" ? "WebP" : "JPEG";
    say(`${name} of ${size(bytes)}…`);
    const found = await ofSize(photo.image, type, bytes);
    if (signal.aborted) return;
    if (found === undefined) {
      beside(undefined);
      tell(labels.map((label, row) => [label, ours[row]]));
      return say(`This browser cannot encode ${name}.`);
    }
    const image = await pixelsOf(found.blob);
    beside(await createImageBitmap(image), `${name}, ${size(found.blob.size)}`);
    theirs = [`${name}, quality ${found.quality}`, size(found.blob.size), rate(found.blob.size, image), decibels(image), "", ""];
  }
  tell(labels.map((label, row) => [label, ours[row], theirs[row]]));
  say("");
}

function draw(id, bitmap) {
  const canvas = element(id);
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  bitmap.close();
  element("viewer").hidden = false;
}

function beside(bitmap, label = "") {
  const two = bitmap !== undefined;
  if (two) draw("theirs", bitmap);
  else left.textContent = "";
  right.textContent = label;
  element("stage").classList.toggle("two", two);
  for (const id of ["theirs", "divider"]) element(id).hidden = !two;
}

/** A table; the first row and the first column are its heads. */
function tell(rows) {
  const cell = (text, head) => Object.assign(document.createElement(head ? "th" : "td"), { textContent: text });
  element("facts").replaceChildren(
    ...rows.map((texts, row) => {
      const line = document.createElement("tr");
      line.append(...texts.map((text, column) => cell(text, row === 0 || column === 0)));
      return line;
    }),
  );
  element("facts").hidden = false;
}

const size = (bytes) => `${bytes.toLocaleString("en")} bytes`;
const rate = (bytes, { width, height }) => ((bytes * 8) / (width * height)).toFixed(3);
const decibels = (image) => `${psnr(photo.image, image).toFixed(2)} dB`;

element("file").addEventListener("change", ({ target }) => target.files.length > 0 && open(target.files[0]));
element("sample").addEventListener("click", async (event) => {
  event.preventDefault();
  const blob = await (await fetch("photo.png")).blob();
  open(new File([blob], "photo.png"));
});
element("divider").addEventListener("input", ({ target }) => element("stage").style.setProperty("--at", `${target.value}%`));
element("quality").addEventListener("input", ({ target }) => (document.querySelector("output").value = target.value));
for (const id of ["quality", "progressive", "rival"]) element(id).addEventListener("change", compress);

for (const type of ["dragenter", "dragover", "dragleave", "drop"])
  document.addEventListener(type, (event) => {
    event.preventDefault();
    element("drop").classList.toggle("over", type === "dragenter" || type === "dragover");
    if (type === "drop" && event.dataTransfer.files.length > 0) open(event.dataTransfer.files[0]);
  });
