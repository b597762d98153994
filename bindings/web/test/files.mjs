// What tests read from files that the command has written.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** Of a PPM or PGM file, as SPEC.md section 14 has it. */
export function pixelHash(path) {
  const bytes = readFileSync(path);
  const [header, kind, width, height] = /^P([56])\s+(\d+)\s+(\d+)\s+255\s/.exec(bytes.subarray(0, 64).toString("latin1"));
  const numbers = Buffer.from(new Uint32Array([width, height, kind === "6" ? 3 : 1]).buffer);
  return createHash("sha256").update(numbers).update(bytes.subarray(header.length)).digest("hex");
}

/** The chunks of a .vqz file: type, and where they end. */
export function chunks(bytes) {
  const found = [];
  for (let at = 8; at < bytes.length; ) {
    const end = at + 12 + bytes.readUInt32LE(at);
    found.push({ type: bytes.toString("latin1", at + 4, at + 8), end });
    at = end;
  }
  return found;
}
