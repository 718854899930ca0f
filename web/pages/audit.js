// Who did what. Columns are those that the records have.
import { get } from "../api.js";
import { Data } from "../data.js";
import { h } from "../dom.js";
import { empty, problem, table } from "../parts.js";
import { link } from "../route.js";
import { ago } from "../time.js";

const isTime = (text) => typeof text === "string" && /^\d{4}-\d\d-\d\dT/.test(text);

function cell(value) {
  if (value === null || value === undefined) return h("span", { class: "dim" }, "–");
  if (isTime(value)) return ago(value);
  return typeof value === "object" ? h("code", null, JSON.stringify(value)) : String(value);
}

export function open(app, { query }) {
  const cursor = query.get("cursor") ?? "";
  const data = new Data(
    () => get("audit", { query: { cursor } }),
    () => app.redraw(),
    cursor ? 0 : 5000,
  );
  return {
    title: "Audit",
    close: () => data.stop(),
    view() {
      const items = data.value?.items ?? [];
      const columns = [...new Set(items.flatMap((i) => Object.keys(i)))];
      return [
        h("div", { class: "head" }, h("h1", null, "Audit")),
        data.problem && problem(data.problem),
        data.value && items.length === 0
          ? empty("Nobody has done anything yet.")
          : h(
              "section",
              { class: "card flush" },
              table(
                "audit",
                columns.map((c) => c.replaceAll("_", " ")),
                items.map((item, i) =>
                  h(
                    "tr",
                    { key: item.id ?? i },
                    columns.map((c) => h("td", { class: c === "action" ? "when" : "name" }, cell(item[c]))),
                  ),
                ),
              ),
            ),
        data.value?.next &&
          h(
            "nav",
            { class: "pages" },
            h("span"),
            h("a", { href: link("audit", null, { cursor: data.value.next }) }, "older →"),
          ),
      ];
    },
  };
}
