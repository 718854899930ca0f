// The cluster as it is now, once a second. One tab of a browser reads the events and tells the others: browsers open
// six connections to a host, and ten tabs would have none left. A hidden tab reads nothing.
import { send } from "./api.js";

const SILENT = 5000; // an event is due each second
const PAUSES = [500, 1000, 2000, 4000];

export class Live extends EventTarget {
  snapshot = null;
  at = 0;
  state = "connecting"; // connecting, live, lost, hidden
  why = "";
  #turn = 0;
  #abort = null;
  #channel = "BroadcastChannel" in globalThis ? new BroadcastChannel(`weir.events:${location.pathname}`) : null;

  start() {
    if (this.#channel) this.#channel.onmessage = (e) => this.#heard(e.data);
    document.addEventListener("visibilitychange", () => this.restart());
    globalThis.addEventListener("online", () => this.restart());
    setInterval(() => this.#watch(), 1000);
    this.restart();
  }

  restart() {
    this.#abort?.abort();
    const turn = ++this.#turn;
    if (document.hidden) return this.#say("hidden");
    if (this.state === "hidden") this.#say("connecting");
    this.#abort = new AbortController();
    this.#run(turn, this.#abort.signal);
  }

  #say(state, why = "") {
    if (state === this.state && why === this.why) return;
    this.state = state;
    this.why = why;
    this.dispatchEvent(new Event("state"));
  }

  #watch() {
    if (this.state === "live" && Date.now() - this.at > SILENT) this.#say("lost", "no news for some seconds");
  }

  #heard(snapshot) {
    if (document.hidden) return;
    const before = this.snapshot;
    this.snapshot = snapshot;
    this.at = Date.now();
    this.#say("live");
    this.dispatchEvent(Object.assign(new Event("snapshot"), { before }));
  }

  // Holds the lock while it reads: the others wait for it, and one of them goes on when this tab ends or hides.
  async #run(turn, signal) {
    const name = `weir.events:${location.pathname}`;
    try {
      if (navigator.locks && this.#channel)
        await navigator.locks.request(name, { signal }, () => this.#readOn(turn, signal));
      else await this.#readOn(turn, signal);
    } catch {
      // Aborted: another turn goes on.
    }
  }

  async #readOn(turn, signal) {
    for (let failed = 0; turn === this.#turn; ++failed) {
      try {
        await this.#read(signal, () => (failed = 0));
        this.#say("lost", "the node closed the connection");
      } catch (why) {
        if (turn !== this.#turn || signal.aborted) return;
        this.#say("lost", why.message);
        if (why.status === 401) return; // the lock is for tabs that have a token; restart() comes with the next one
      }
      await new Promise((done) => setTimeout(done, PAUSES[Math.min(failed, PAUSES.length - 1)]));
    }
  }

  async #read(signal, good) {
    const timer = new AbortController();
    const cut = () => timer.abort();
    signal.addEventListener("abort", cut);
    let silence = setTimeout(cut, 2 * SILENT);
    try {
      const reply = await send("GET", "events", { signal: timer.signal });
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      let text = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) return;
        clearTimeout(silence);
        silence = setTimeout(cut, SILENT);
        text += value;
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          this.#frame(text.slice(0, end));
          text = text.slice(end + 2);
          good();
        }
      }
    } catch (why) {
      throw why.name === "AbortError" ? new Error("no news for some seconds") : why;
    } finally {
      clearTimeout(silence);
      signal.removeEventListener("abort", cut);
    }
  }

  #frame(text) {
    const part = (name) =>
      text
        .split("\n")
        .find((l) => l.startsWith(`${name}: `))
        ?.slice(name.length + 2);
    const data = JSON.parse(part("data") ?? "null");
    if (part("event") === "cluster") {
      this.#heard(data);
      this.#channel?.postMessage(data);
    } else if (part("event") === "trouble") {
      this.#say("lost", data?.detail ?? "the node cannot read the cluster");
    }
  }
}
