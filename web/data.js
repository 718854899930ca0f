// Something that a page asks the API for, again and again while somebody looks.
export class Data {
  value = null;
  problem = null;
  #timer = 0;
  #turn = 0;
  #over = false;

  /// `load()` gives a promise; `heard()` is called after each answer. `every`: milliseconds, 0 = once.
  constructor(load, heard, every = 0) {
    this.load = load;
    this.heard = heard;
    this.every = every;
    this.reload();
  }

  async reload() {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    try {
      const value = await this.load();
      if (turn !== this.#turn || this.#over) return;
      this.value = value;
      this.problem = null;
    } catch (why) {
      if (turn !== this.#turn || this.#over) return;
      this.problem = why;
    }
    this.heard();
    if (this.every) this.#timer = setTimeout(() => this.#next(), this.every);
  }

  #next() {
    if (document.hidden) this.#timer = setTimeout(() => this.#next(), this.every);
    else this.reload();
  }

  stop() {
    this.#over = true;
    clearTimeout(this.#timer);
  }
}
