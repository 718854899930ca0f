// One stream: what it is set to, what waits in it, who owns each slot.
import { get, path } from "../api.js";
import { moveSlot, pauseStream, pinStream, resumeStream, unpinStream } from "../actions.js";
import { Data } from "../data.js";
import { h } from "../dom.js";
import { button, card, count, counted, empty, facts, nodeLink, problem, table, tile } from "../parts.js";
import { link } from "../route.js";
import { enqueueTask } from "../task_actions.js";
import { ago, seconds, span } from "../time.js";

function actions(app, stream, context) {
  if (!app.may("operator")) return null;
  const single = stream.partitions.length === 1;
  return h(
    "div",
    { class: "actions" },
    stream.paused
      ? button("Resume…", () => resumeStream(app, stream, context), { kind: "main" })
      : button("Pause…", () => pauseStream(app, stream, context)),
    button(stream.pin === null ? "Pin…" : "Pin elsewhere…", () => pinStream(app, stream, context)),
    stream.pin !== null && button("Unpin…", () => unpinStream(app, stream, context)),
    single && button("Move…", () => moveSlot(app, stream, 0, context)),
    button("Enqueue…", () => enqueueTask(app, { stream: stream.name, done: context.done })),
  );
}

function numbers(stream) {
  const to = (word) => ({ href: link("tasks", null, { stream: stream.name, state: word }) });
  return h(
    "div",
    { class: "tiles" },
    tile("Ready", counted(stream.ready, stream.counts_capped), to("ready")),
    tile("In progress", count(stream.in_progress), to("in_progress")),
    tile("Retry", counted(stream.retry, stream.counts_capped), { ...to("retry"), tone: stream.retry ? "note" : "" }),
    tile("Oldest ready", stream.oldest_ready_seconds ? span(stream.oldest_ready_seconds) : "–"),
    tile("Done", count(stream.done), to("done")),
    tile("Failed", count(stream.failed), { ...to("failed"), tone: stream.failed ? "warn" : "" }),
    tile("Cancelled", count(stream.cancelled), to("cancelled")),
  );
}

function slots(app, stream, context) {
  const many = stream.partitions.length > 1 && app.may("operator");
  return table(
    "slots",
    ["Slot", "Owner", ["Epoch", "num"], many ? "" : null].filter((t) => t !== null),
    stream.partitions.map((p) =>
      h(
        "tr",
        { key: p.slot },
        h("td", null, String(p.slot)),
        h("td", null, p.owner === null ? h("span", { class: "own free" }, "nobody") : nodeLink(p.owner)),
        h("td", { class: "num" }, String(p.epoch)),
        many &&
          h(
            "td",
            { class: "end" },
            button("Move…", () => moveSlot(app, stream, p.slot, context), { kind: "small" }),
          ),
      ),
    ),
  );
}

function pastOwners(owners) {
  return table(
    "past",
    ["Slot", "Owner", ["Epoch", "num"], "Since", ["For", "num"], "Ended"],
    owners.map((o) =>
      h(
        "tr",
        { key: `${o.slot} ${o.timeline} ${o.epoch}` },
        h("td", null, String(o.slot)),
        h("td", null, nodeLink(o.node)),
        h("td", { class: "num" }, String(o.epoch)),
        h("td", null, ago(o.since)),
        h("td", { class: "num" }, span(seconds(o.since, o.ended ?? Date.now()))),
        h(
          "td",
          null,
          o.ended
            ? [h("span", { class: o.reason === "dead" ? "note" : "" }, o.reason), " ", h("span", { class: "dim" }, ago(o.ended))]
            : h("span", { class: "state s-active" }, h("i"), "owns it"),
        ),
      ),
    ),
  );
}

export function open(app, { name }) {
  const data = new Data(
    () => get(path("streams", name)),
    () => app.redraw(),
    2000,
  );
  const past = new Data(
    () => get(`${path("streams", name, "owners")}?limit=20`),
    () => app.redraw(),
    15000,
  );
  const context = { again: () => data.reload(), done: () => data.reload() };
  return {
    title: name,
    close() {
      data.stop();
      past.stop();
    },
    view() {
      if (data.problem?.status === 404) return empty(`There is no stream ${name}.`, data.problem.message);
      if (!data.value) return data.problem ? problem(data.problem) : empty("…");
      // Counts and owners from the events, which are newer, the rest as it was asked for.
      const live = app.live.snapshot?.streams.find((s) => s.name === name);
      const stream = { ...data.value, ...live };
      return [
        h(
          "div",
          { class: "head" },
          h(
            "div",
            null,
            h("h1", null, stream.name),
            h(
              "p",
              { class: "dim" },
              stream.mode === "single"
                ? "single instance: one node at a time"
                : `parallel: ${stream.partitions.length} slots over all nodes`,
              stream.paused && [
                " · ",
                h("span", { class: "state s-paused" }, h("i"), "paused"),
                stream.paused !== true && [" until ", ago(stream.paused)],
              ],
              stream.pin !== null && [
                " · pinned to ",
                nodeLink(stream.pin),
                ` (${stream.pin_policy === "strict" ? "waits while it is away" : "runs elsewhere while it is away"})`,
              ],
            ),
          ),
          actions(app, stream, context),
        ),
        data.problem && problem(data.problem),
        numbers(stream),
        h(
          "div",
          { class: "columns" },
          card("Owners", slots(app, stream, context)),
          card(
            "Settings",
            facts([
              ["Mode", stream.mode],
              ["At once on a node", String(stream.concurrency)],
              ["Isolation", stream.isolation === "process" ? "a process of its own" : stream.isolation],
              ["Handover delay", stream.handover_delay],
              ["Outcomes commit", stream.async_finish ? "asynchronously" : "at once"],
              ["Enqueued by SQL", stream.notify ? "wakes its node" : "is found by a poll"],
              [
                "Task names",
                stream.routes.length
                  ? h(
                      "ul",
                      { class: "chips" },
                      stream.routes.map((r) =>
                        h("li", { key: r }, h("a", { href: link("tasks", null, { name: r }) }, r)),
                      ),
                    )
                  : "those sent here by hand",
              ],
            ]),
            h("p", { class: "dim" }, "Settings are changed by ", h("code", null, "weir stream set"), "."),
          ),
        ),
        past.value?.items.length > 0 && card("Owners so far", pastOwners(past.value.items)),
      ];
    },
  };
}
