/** What every function of this package fails with. `code` is for programs, the message for people. */
export class VqzError extends Error {
  constructor(code, message) {
    super(message);
    this.name = "VqzError";
    this.code = code;
  }
}
