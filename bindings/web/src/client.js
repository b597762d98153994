// The page's end of the Worker, which is started when it is needed and replaced when it has failed.

import { VqzError } from "./error.js";

export class Client {
  #settings;
  #worker;
  #pending = new Map();
  #count = 0;

  constructor(settings) {
    this.#settings = settings;
  }

  /** A number that no other call or decoder has. */
  number() {
    return ++this.#count;
  }

  /** Has the Worker do something, after all that was asked before. The `transferred` buffers are gone from here. */
  call(operation, request = {}, transferred = []) {
    this.#worker ??= this.#started();
    return new Promise((resolve, reject) => {
      const id = this.number();
      this.#pending.set(id, { resolve, reject });
      this.#worker.postMessage({ id, operation, ...request }, transferred);
    });
  }

  /** Ends the Worker. What is not done yet fails with `error`. */
  stop(error) {
    this.#worker?.terminate();
    this.#worker = undefined;
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #started() {
    const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module", name: "vqz" });
    worker.onmessage = ({ data }) => this.#answered(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.stop(new VqzError("internal", `the Worker failed: ${event.message ?? "its script cannot be loaded"}`));
    };
    worker.postMessage({ operation: "start", settings: this.#settings });
    return worker;
  }

  #answered({ id, value, error, failed, large }) {
    const call = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(new VqzError(error.code, error.message));
    if (failed) this.stop(new VqzError("internal", `the Worker had to be replaced: ${error.message}`));
    else if (large && this.#pending.size === 0) this.stop();
  }
}
