// Asks the worker for things, and passes on what it reports meanwhile.

export class Work {
  #worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  #waiting = new Map();
  #count = 0;

  /** @param report Called with words that say what is going on. */
  constructor(report) {
    this.#worker.onmessage = ({ data }) => {
      if (data.report) report(data.report);
      else this.#settle(data);
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      const error = event.message || "its worker could not be loaded; a newer browser is needed";
      for (const id of [...this.#waiting.keys()]) this.#settle({ id, error });
    };
  }

  /** Return a promise of the answer to a task of worker.js. */
  ask(task, given = {}) {
    const id = this.#count++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#worker.postMessage({ id, task, ...given });
    });
  }

  #settle({ id, answer, error }) {
    const { resolve, reject } = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (error === undefined) resolve(answer);
    else reject(new Error(error));
  }
}
