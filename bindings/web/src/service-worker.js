// For a service worker: `import "./vqz/service-worker.js"`, and <img src="x.vqz"> of its pages are answered with BMP files. Decodes on the
// service worker's own thread, for it cannot start a Worker.

import { bmp } from "./bmp.js";
import { Format } from "./codec.js";
import { defaults } from "./defaults.js";
import { probe } from "./header.js";
import { loader } from "./load.js";
import { upright } from "./orientation.js";

const codec = loader(defaults);

addEventListener("fetch", (event) => {
  const { destination, method, url } = event.request;
  if (method === "GET" && destination === "image" && new URL(url).pathname.endsWith(".vqz"))
    event.respondWith(answer(event.request));
});

async function answer(request) {
  const response = await fetch(request);
  // What other origins give to no one but <img> cannot be read here.
  if (!response.ok || response.type === "opaque") return response;
  const bytes = new Uint8Array(await response.clone().arrayBuffer());
  // Whatever it is, it may be a picture that the browser knows.
  if (probe(bytes) === null) return response;
  try {
    const file = drawn(await codec(), bytes);
    return new Response(new Blob(file, { type: "image/bmp" }), { headers: { "Content-Type": "image/bmp" } });
  } catch (error) {
    console.error(`${request.url}: ${error.message}`);
    return Response.error();
  }
}

function drawn(codec, bytes) {
  const decoder = codec.decoder();
  try {
    decoder.push(bytes);
    decoder.finish();
    const { alpha, orientation } = decoder.info();
    const { icc } = decoder.metadata();
    return bmp(upright(decoder.decode({}, Format.BGRA), orientation), { alpha, icc });
  } finally {
    decoder.free();
  }
}
