import { StringDecoder } from "node:string_decoder";

/** Sends what a job prints, in order, in pieces of a fifth of a second. A piece that cannot be sent is lost, as a log may be. */
export class JobLog {
  #send;
  #decoder = new StringDecoder("utf8");
  #waiting = "";
  #sending = Promise.resolve();
  #timer;

  /** @param {(text: string) => Promise<unknown>} send */
  constructor(send) {
    this.#send = send;
  }

  line(text) {
    this.#add(`${text}\n`);
  }

  /** @param {Buffer} data */
  write(data) {
    this.#add(this.#decoder.write(data));
  }

  async end() {
    clearTimeout(this.#timer);
    this.#flush();
    await this.#sending;
  }

  #add(text) {
    this.#waiting += text;
    this.#timer ??= setTimeout(() => this.#flush(), 200);
  }

  #flush() {
    this.#timer = undefined;
    const text = this.#waiting;
    this.#waiting = "";
    if (text === "") return;
    this.#sending = this.#sending.then(() => this.#send(text)).then(
      () => undefined,
      (error) => console.log(`A piece of the job's log was lost: ${error.message}`),
    );
  }
}
