// Whatever a file comes from → its bytes as they arrive.

import { VqzError } from "./error.js";
import { fetched, joined, right } from "./load.js";

/** A stream of `Uint8Array`s. */
export async function streamed(source, signal) {
  if (source instanceof ReadableStream) return source;
  if (source instanceof Blob) return source.stream();
  if (source instanceof Response) return right(source, source.url).body;
  if (source instanceof ArrayBuffer) return whole(new Uint8Array(source));
  if (ArrayBuffer.isView(source)) return whole(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  return (await fetched(source, { signal })).body;
}

function whole(bytes) {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes);
      controller.close();
    },
  });
}

/** All bytes of a stream, each time all that has come since the last time. */
export async function* arriving(stream) {
  const reader = stream.getReader();
  const read = () => reader.read().catch((error) => ({ error }));
  let next = read();
  try {
    for (;;) {
      const parts = [];
      let last = await next;
      while (last.value !== undefined) {
        parts.push(last.value);
        next = read();
        last = await Promise.race([next, soon()]);
      }
      if (parts.length > 0) yield joined(parts);
      if (last.error?.name === "AbortError") throw last.error;
      if (last.error) throw new VqzError("network", `the file did not arrive: ${last.error.message}`);
      if (last.done) return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/** After what is at hand already. */
function soon() {
  return new Promise((resolve) => setTimeout(resolve, 0, {}));
}
