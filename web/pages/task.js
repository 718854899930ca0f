// One task: why it runs or does not, what happened to it, what it brings.
import { get, getText, path } from "../api.js";
import { Data } from "../data.js";
import { tell } from "../dialog.js";
import { h } from "../dom.js";
import { member, pieces, pretty } from "../json_text.js";
import { button, card, empty, facts, nodeLink, problem, state, streamLink, taskLink } from "../parts.js";
import { link } from "../route.js";
import { orderTask, VERBS } from "../task_actions.js";
import { ago, seconds, span } from "../time.js";

const ENDED = ["DONE", "FAILED", "CANCELLED"];
const COLOURED = 50000; // characters; beyond, one piece of text is kinder to the browser

async function load(id) {
  const text = await getText(path("tasks", id));
  const why = await get(path("tasks", id, "explain"));
  return { task: JSON.parse(text), data: member(text, "data") ?? "null", why };
}

const bad = new Set(["failure", "crash", "timeout"]);
const middling = new Set(["retry", "snooze", "interrupted"]);
const tone = (result) => (bad.has(result) ? "bad" : middling.has(result) ? "mid" : result === "success" ? "good" : "");

function attempt(one) {
  const took = seconds(one.started_at, one.finished_at);
  return h(
    "li",
    { key: `a${one.attempt}-${one.started_at}`, class: tone(one.result) },
    h("i", { "aria-hidden": "true" }),
    h(
      "div",
      null,
      h("strong", null, `attempt ${one.attempt}`),
      " ",
      h("span", { class: `result ${tone(one.result)}` }, one.result),
      one.node && [" on ", nodeLink(one.node)],
      h("span", { class: "dim" }, one.epoch ? ` epoch ${one.epoch} ·` : "", ` took ${span(took)}`),
    ),
    ago(one.finished_at),
    one.message && h("pre", { class: "said" }, one.message),
  );
}

function timeline(task, why) {
  const first = task.attempts[0];
  const waits = !ENDED.includes(task.state);
  // Of a task that is retried do_after is when it is due again, which is no time it waited for at first.
  const began = new Date(first?.started_at ?? "9999-12-31");
  const later = seconds(task.created_at, task.do_after) > 1 && new Date(task.do_after) <= began;
  return h(
    "ol",
    { class: "timeline" },
    h(
      "li",
      { key: "made" },
      h("i", { "aria-hidden": "true" }),
      h("div", null, h("strong", null, "created"), h("span", { class: "dim" }, ` by ${task.created_by}`)),
      ago(task.created_at),
    ),
    later &&
      h(
        "li",
        { key: "due" },
        h("i", { "aria-hidden": "true" }),
        h("div", null, h("strong", null, "not before")),
        ago(task.do_after),
      ),
    first &&
      first.started_at &&
      h(
        "li",
        { key: "wait", class: "gap" },
        h("i", { "aria-hidden": "true" }),
        h(
          "div",
          { class: "dim" },
          `waited ${span(seconds(later ? task.do_after : task.created_at, first.started_at))}`,
        ),
      ),
    task.attempts.map(attempt),
    waits
      ? h(
          "li",
          { key: "now", class: "now" },
          h("i", { "aria-hidden": "true" }),
          h("div", null, h("strong", null, task.state.toLowerCase())),
          why.due_at && new Date(why.due_at) > Date.now() ? ago(why.due_at) : h("span", { class: "dim" }, "now"),
        )
      : h(
          "li",
          { key: "end", class: task.state === "FAILED" ? "bad" : task.state === "DONE" ? "good" : "" },
          h("i", { "aria-hidden": "true" }),
          h("div", null, h("strong", null, task.state.toLowerCase())),
          ago(task.finished_at),
        ),
  );
}

async function copy(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    tell("copied");
  } catch {
    // Without TLS there is no clipboard: select it, so that the keys for copying do.
    getSelection().selectAllChildren(document.getElementById(place));
    tell("selected; copy it by the keyboard");
  }
}

function dataCard(text) {
  const shown =
    text.length > COLOURED
      ? pretty(text)
      : pieces(text).map(([kind, part]) => (kind ? h("span", { class: `j-${kind}` }, part) : part));
  return card(
    h(
      "span",
      { class: "split" },
      "Data",
      button("Copy", () => copy(pretty(text), "data"), { kind: "small" }),
    ),
    h("pre", { class: "data", id: "data", tabindex: "0", "aria-label": "data" }, shown),
  );
}

export function open(app, { name: id }) {
  const data = new Data(
    () => load(id),
    () => {
      if (data.value && ENDED.includes(data.value.task.state)) data.every = 0;
      app.redraw();
    },
    1500,
  );
  const done = () => {
    data.every = 1500;
    setTimeout(() => data.reload(), 200);
  };
  return {
    title: `Task ${id}`,
    close: () => data.stop(),
    view() {
      if (data.problem?.status === 404)
        return empty(`There is no task ${id}.`, "It may be older than the retention of its state.");
      if (!data.value) return data.problem ? problem(data.problem) : empty("…");
      const { task, data: text, why } = data.value;
      const verbs = Object.keys(VERBS).filter((verb) => VERBS[verb].when(task));
      return [
        h(
          "div",
          { class: "head" },
          h(
            "div",
            null,
            h("h1", null, task.name, " ", state(task.state)),
            h(
              "p",
              { class: "dim" },
              "task ",
              h("span", { class: "mono" }, task.id),
              " · stream ",
              streamLink(task.stream),
              task.key !== null && [
                " · key ",
                h("a", { href: link("tasks", null, { key: task.key, stream: task.stream }) }, task.key),
              ],
            ),
          ),
          app.may("operator") &&
            h(
              "div",
              { class: "actions" },
              verbs.map((verb) =>
                button(`${VERBS[verb].verb}…`, () => orderTask(verb, task, { done }), {
                  kind: VERBS[verb].danger ? "danger" : "",
                }),
              ),
            ),
        ),
        data.problem && problem(data.problem),
        h(
          "section",
          { class: "card why", "aria-label": "explanation" },
          h("p", null, why.conclusion),
          why.reasons.slice(1).map((r) => h("p", { class: "dim" }, "also: ", r.message)),
          why.superseded_by && h("p", null, "the newer one: ", taskLink(why.superseded_by)),
          why.waits_for && h("p", null, "it waits for ", taskLink(why.waits_for)),
        ),
        h(
          "div",
          { class: "columns" },
          card("What happened", timeline(task, why)),
          h(
            "div",
            null,
            dataCard(text),
            card(
              "Facts",
              facts([
                ["Attempt", String(task.attempt)],
                ["Message", task.message ?? undefined],
                ["Slot", why.slot === null ? undefined : String(why.slot)],
                [
                  "Owner",
                  ENDED.includes(task.state)
                    ? undefined
                    : why.owner
                      ? h("span", null, nodeLink(why.owner.node), ` epoch ${why.owner.epoch}`)
                      : "nobody",
                ],
                [
                  "Performed by",
                  ENDED.includes(task.state) ? undefined : why.performers.join(", ") || "no running node",
                ],
                ["Created", h("span", null, ago(task.created_at), ` by ${task.created_by}`)],
                ["Trace", task.traceparent && h("code", null, task.traceparent.split("-")[1])],
                ["Not before", ago(task.do_after)],
              ]),
            ),
          ),
        ),
      ];
    },
  };
}
