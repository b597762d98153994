// Static files, as far as a test wants them, and when.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".wasm": "application/wasm",
  ".png": "image/png",
  ".vqz": "image/x-vqz",
};

/** Serves `folders` (by the first part of the path) at the address that it gives. `?cut=N` sends N bytes; `?ends=N,M` sends up
 * to N, and waits for a request of `/go` before it goes on to M. `requests` are the paths that were asked for. */
export async function serve(folders) {
  const requests = [];
  let go;
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    requests.push(pathname);
    if (pathname === "/go") {
      go();
      return response.writeHead(204).end();
    }
    const [, first, ...rest] = normalize(decodeURIComponent(pathname)).split("/");
    try {
      const path = join(folders[first], pathname.endsWith("/") ? "index.html" : rest.join("/"));
      const bytes = (await readFile(path)).subarray(0, searchParams.get("cut") ?? undefined);
      response.writeHead(200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" });
      const ends = searchParams.get("ends")?.split(",").map(Number) ?? [bytes.length];
      let gone;
      for (const [index, end] of ends.entries()) {
        if (index > 0) await gone;
        if (end !== ends.at(-1)) gone = new Promise((resolve) => (go = resolve));
        response.write(bytes.subarray(ends[index - 1] ?? 0, end));
      }
      response.end();
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://localhost:${server.address().port}`, requests, close: () => server.close() };
}
