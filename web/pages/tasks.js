// Tasks, newest first, page by page; what is looked for stands in the address.
import { get } from "../api.js";
import { Data } from "../data.js";
import { h } from "../dom.js";
import { button, count, empty, problem, state, streamLink, table, taskLink } from "../parts.js";
import { go, link } from "../route.js";
import { FIELDS, parseSearch, searchText } from "../search.js";
import { enqueueTask, orderAll, orderSelected, VERBS } from "../task_actions.js";
import { ago } from "../time.js";

const STATES = ["ready", "in_progress", "retry", "done", "failed", "cancelled"];
const PAGE = 50;

export function open(app, { query }) {
  const filter = {};
  for (const key of FIELDS) if (query.get(key)) filter[key] = query.get(key);
  const cursor = query.get("cursor") ?? "";
  const filtered = Object.keys(filter).length > 0;
  const selected = new Set();
  let wrong = null;

  // The first page follows what happens; older ones stay still under the reader's eyes.
  const data = new Data(
    () => (selected.size && data.value ? data.value : get("tasks", { query: { ...filter, limit: PAGE, cursor } })),
    () => app.redraw(),
    cursor ? 0 : 3000,
  );

  const search = (e) => {
    e.preventDefault();
    const read = parseSearch(new FormData(e.target).get("search"));
    wrong = read.problem ?? null;
    if (wrong) return app.redraw();
    go(read.id ? link("task", read.id) : link("tasks", null, read.filter));
  };

  const pick = (id, on) => {
    if (on) selected.add(id);
    else selected.delete(id);
    app.redraw();
  };
  const done = () => {
    selected.clear();
    setTimeout(() => data.reload(), 300);
  };

  const orders = (items) => {
    if (!app.may("operator")) return null;
    const chosen = items.filter((t) => selected.has(t.id));
    const ids = chosen.map((t) => t.id);
    if (ids.length) {
      return h(
        "div",
        { class: "actions bulk", key: "bulk" },
        h("strong", null, `${count(ids.length)} selected`),
        Object.keys(VERBS)
          .filter((verb) => chosen.some((t) => VERBS[verb].when(t)))
          .map((verb) => button(`${VERBS[verb].verb}…`, () => orderSelected(verb, ids, { done }))),
        button("None", () => (selected.clear(), app.redraw()), { kind: "plain" }),
      );
    }
    return h(
      "div",
      { class: "actions bulk", key: "all" },
      filtered &&
        items.length > 0 && [
          h("span", { class: "dim" }, "all that match:"),
          Object.keys(VERBS)
            .filter(fitting)
            .map((verb) => button(`${VERBS[verb].verb}…`, () => orderAll(verb, filter, { done }), { kind: "small" })),
        ],
    );
  };

  // Verbs that mean something for the states that are looked at.
  const fitting = (verb) =>
    !filter.state ||
    filter.state.split(",").some((word) => VERBS[verb].when({ state: word.toUpperCase().replace("_", " ") }));

  const row = (task) =>
    h(
      "tr",
      { key: task.id, class: selected.has(task.id) ? "selected" : "" },
      app.may("operator") &&
        h(
          "td",
          { class: "tick" },
          h("input", {
            type: "checkbox",
            checked: selected.has(task.id),
            "aria-label": `select task ${task.id}`,
            onchange: (e) => pick(task.id, e.target.checked),
          }),
        ),
      h("td", null, taskLink(task.id)),
      h("td", null, state(task.state)),
      h("td", { class: "name" }, task.name),
      h("td", { class: "name dim" }, task.key ?? "–"),
      h("td", null, streamLink(task.stream)),
      h("td", { class: "num" }, String(task.attempt)),
      h("td", { class: "when" }, ago(task.created_at)),
      h("td", { class: "message dim", title: task.message ?? "" }, task.message ?? ""),
    );

  const chips = () =>
    h(
      "nav",
      { class: "filters", "aria-label": "states" },
      h("a", { href: link("tasks", null, { ...filter, state: "" }), class: filter.state ? "" : "on" }, "all"),
      STATES.map((word) =>
        h(
          "a",
          {
            href: link("tasks", null, { ...filter, state: word }),
            class: filter.state === word ? "on" : "",
            "aria-current": filter.state === word ? "true" : null,
          },
          word.replace("_", " "),
        ),
      ),
    );

  // Few among many are looked for in steps: what was not looked at yet is a click away.
  const lookedTo = (next) => `Looked at every task down to ${next}; “older” looks at those before.`;
  const nothing = (next) =>
    next
      ? empty("None so far.", lookedTo(next))
      : empty(
          filtered ? "No task is like that." : cursor ? "No older ones." : "No tasks yet.",
          filtered
            ? "Take a word out of the search, or look at all states."
            : "weir task enqueue NAME, or the button above, makes one.",
        );

  return {
    title: "Tasks",
    close: () => data.stop(),
    view() {
      const items = data.value?.items ?? [];
      const all = items.length > 0 && items.every((t) => selected.has(t.id));
      const heads = [["Id", ""], "State", "Name", "Key", "Stream", ["Attempt", "num"], "Created", "Message"];
      if (app.may("operator")) {
        heads.unshift([
          h("input", {
            type: "checkbox",
            "aria-label": "select all on this page",
            checked: all,
            disabled: items.length === 0,
            onchange: (e) => (
              items.forEach((t) => (e.target.checked ? selected.add(t.id) : selected.delete(t.id))),
              app.redraw()
            ),
          }),
          "tick",
        ]);
      }
      return [
        h(
          "div",
          { class: "head" },
          h("h1", null, "Tasks"),
          app.may("operator") &&
            h(
              "div",
              { class: "actions" },
              button("Enqueue…", () => enqueueTask(app), { kind: "main" }),
            ),
        ),
        h(
          "form",
          { class: "search", role: "search", onsubmit: search },
          h("input", {
            type: "search",
            name: "search",
            id: "search",
            value: searchText(filter),
            placeholder: "state:failed name:mail key:42 stream:partner, or an id",
            "aria-label": "search for tasks",
            autocomplete: "off",
            spellcheck: "false",
          }),
          h("button", { type: "submit" }, "Search"),
        ),
        wrong && problem(new Error(wrong)),
        h("div", { class: "line" }, chips(), orders(items)),
        data.problem && problem(data.problem),
        data.value && items.length === 0
          ? nothing(data.value.next)
          : h("section", { class: "card flush" }, table("tasks", heads, items.map(row))),
        items.length > 0 && items.length < PAGE && data.value.next && h("p", { class: "dim" }, lookedTo(data.value.next)),
        h(
          "nav",
          { class: "pages", "aria-label": "pages" },
          cursor ? h("a", { href: link("tasks", null, filter) }, "← newest") : h("span", { class: "dim" }, "newest"),
          data.value?.next
            ? h("a", { href: link("tasks", null, { ...filter, cursor: data.value.next }), rel: "next" }, "older →")
            : h("span", { class: "dim" }, "no older ones"),
        ),
      ];
    },
  };
}
