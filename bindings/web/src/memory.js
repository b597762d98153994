// Memory of the module, and C's structures in it.

import { VqzError } from "./error.js";

/** Bytes of a field, which are its alignment too. */
const BYTES = { u32: 4, u64: 8, f64: 8 };
const BYTE_ORDER_OF_WASM = true;

/** How C lays out a structure of vqz.h on wasm32. Its first field is always its size; fields that are left out are 0. */
export class Structure {
  constructor(fields) {
    this.fields = [];
    let end = 0;
    for (const [name, type] of Object.entries({ struct_size: "u32", ...fields })) {
      const at = aligned(end, BYTES[type]);
      this.fields.push({ name, type, at });
      end = at + BYTES[type];
    }
    this.size = aligned(end, Math.max(...this.fields.map((field) => BYTES[field.type])));
  }

  write(view, pointer, values) {
    for (const { name, type, at } of this.fields) {
      const value = name === "struct_size" ? this.size : (values[name] ?? 0);
      if (type === "u32") view.setUint32(pointer + at, value, BYTE_ORDER_OF_WASM);
      else if (type === "u64") view.setBigUint64(pointer + at, BigInt(value), BYTE_ORDER_OF_WASM);
      else view.setFloat64(pointer + at, value, BYTE_ORDER_OF_WASM);
    }
  }

  read(view, pointer) {
    const values = {};
    for (const { name, type, at } of this.fields) {
      if (type === "u32") values[name] = view.getUint32(pointer + at, BYTE_ORDER_OF_WASM);
      else if (type === "u64") values[name] = Number(view.getBigUint64(pointer + at, BYTE_ORDER_OF_WASM));
      else values[name] = view.getFloat64(pointer + at, BYTE_ORDER_OF_WASM);
    }
    return values;
  }
}

/** What one call wants of the module's memory; all of it is freed at once. Views are made anew each time, since memory moves when it grows. */
export class Memory {
  #exports;
  #taken = [];

  constructor(exports) {
    this.#exports = exports;
  }

  /** A pointer to `size` bytes that hold anything. */
  take(size) {
    const pointer = this.#exports.vqz_memory_new(size) >>> 0;
    if (pointer === 0) throw new VqzError("out-of-memory", `out of memory: ${size} bytes`);
    this.#taken.push([pointer, size]);
    return pointer;
  }

  /** A pointer to a copy of `bytes`; null if there are none. */
  put(bytes) {
    if (bytes === undefined) return 0;
    const pointer = this.take(bytes.length);
    this.bytes(pointer, bytes.length).set(bytes);
    return pointer;
  }

  /** A pointer to a structure. */
  build(structure, values = {}) {
    const pointer = this.take(structure.size);
    structure.write(this.#view(), pointer, values);
    return pointer;
  }

  read(structure, pointer) {
    return structure.read(this.#view(), pointer);
  }

  number(pointer) {
    return this.#view().getUint32(pointer, BYTE_ORDER_OF_WASM);
  }

  /** The bytes themselves, not a copy. */
  bytes(pointer, size) {
    return new Uint8Array(this.#exports.memory.buffer, pointer, size);
  }

  /** A text that ends with a zero. */
  text(pointer) {
    const rest = new Uint8Array(this.#exports.memory.buffer, pointer);
    return new TextDecoder().decode(rest.subarray(0, rest.indexOf(0)));
  }

  #view() {
    return new DataView(this.#exports.memory.buffer);
  }

  free() {
    for (const [pointer, size] of this.#taken) this.#exports.vqz_memory_free(pointer, size);
    this.#taken = [];
  }
}

function aligned(offset, alignment) {
  return Math.ceil(offset / alignment) * alignment;
}
