// What is enqueued by the clock.
import { get, path } from "../api.js";
import { pauseSchedule, resumeSchedule, triggerSchedule } from "../actions.js";
import { cronWords } from "../cron_words.js";
import { Data } from "../data.js";
import { showDialog } from "../dialog.js";
import { h } from "../dom.js";
import { button, empty, problem, table, taskLink } from "../parts.js";
import { link } from "../route.js";
import { ago, relative } from "../time.js";

const MISSED = {
  skip: "missed ticks are skipped",
  once: "missed ticks make one task",
  all: "each missed tick makes a task",
};

function when(one) {
  if (one.every) return h("td", null, `every ${one.every}`);
  return h(
    "td",
    null,
    cronWords(one.cron),
    h("div", { class: "below dim" }, h("code", null, one.cron), ` ${one.zone}`),
  );
}

function nextRuns(one) {
  let ticks = null;
  let why = null;
  const redraw = showDialog(`Next ticks of ${one.name}`, () =>
    why
      ? problem(why)
      : ticks === null
        ? h("p", null, "…")
        : h(
            "ol",
            { class: "ticks" },
            ticks.map((t) =>
              h(
                "li",
                { key: t.at },
                h("span", { class: "mono" }, t.local.replace("T", " ").replace(/([+-]\d\d:\d\d)$/, " $1")),
                h("span", { class: "dim" }, t.zone),
                h("span", { class: "dim" }, relative(t.at)),
              ),
            ),
          ),
  );
  get(path("schedules", one.name, "next"))
    .then(
      (got) => (ticks = got.items),
      (bad) => (why = bad),
    )
    .finally(redraw);
}

export function open(app) {
  const data = new Data(
    () => get("schedules"),
    () => app.redraw(),
    3000,
  );
  const done = { done: () => data.reload() };
  const row = (one) =>
    h(
      "tr",
      { key: one.name },
      h("th", { scope: "row" }, one.name),
      when(one),
      h(
        "td",
        null,
        h("a", { href: link("tasks", null, { name: one.task }) }, one.task),
        one.key !== null && h("div", { class: "below dim" }, `key ${one.key}`),
      ),
      h(
        "td",
        null,
        one.paused
          ? h("span", { class: "state s-paused" }, h("i"), "paused")
          : h("span", { class: "state s-active" }, h("i"), "ticks"),
        one.paused && one.paused !== true && h("div", { class: "below dim" }, "until ", ago(one.paused)),
      ),
      h(
        "td",
        null,
        one.next_at
          ? h(
              "button",
              { type: "button", class: "link", onclick: () => nextRuns(one), title: `${one.next_at}; the next five` },
              relative(one.next_at),
            )
          : "–",
      ),
      h(
        "td",
        null,
        one.last_at ? ago(one.last_at) : h("span", { class: "dim" }, "never"),
        one.last_task && h("div", { class: "below" }, taskLink(one.last_task)),
      ),
      h("td", { title: MISSED[one.missed] }, one.missed),
      app.may("operator") &&
        h(
          "td",
          { class: "end" },
          h(
            "div",
            { class: "actions" },
            one.paused
              ? button("Resume…", () => resumeSchedule(one, done), { kind: "small" })
              : button("Pause…", () => pauseSchedule(one, done), { kind: "small" }),
            button("Trigger…", () => triggerSchedule(one, done), { kind: "small" }),
          ),
        ),
    );
  return {
    title: "Schedules",
    close: () => data.stop(),
    view() {
      const items = data.value?.items ?? [];
      return [
        h("div", { class: "head" }, h("h1", null, "Schedules")),
        data.problem && problem(data.problem),
        data.value && items.length === 0
          ? empty("No schedules.", "[schedule.NAME] of the configuration, or weir schedule add, makes one.")
          : h(
              "section",
              { class: "card flush" },
              table(
                "schedules",
                ["Schedule", "When", "Task", "State", "Next", "Last", "Missed", app.may("operator") ? "" : null].filter(
                  (t) => t !== null,
                ),
                items.map(row),
              ),
            ),
      ];
    },
  };
}
