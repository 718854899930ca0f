// Who led, and why each term ended.
import { get } from "../api.js";
import { resignLeader } from "../actions.js";
import { Data } from "../data.js";
import { h } from "../dom.js";
import { button, empty, nodeLink, problem, table } from "../parts.js";
import { ago, seconds, span } from "../time.js";

export function open(app) {
  const data = new Data(
    () => get("leader/terms"),
    () => app.redraw(),
    3000,
  );
  let term = app.live.snapshot?.leader?.term;
  return {
    title: "Leader",
    close: () => data.stop(),
    live(now) {
      if (now.leader?.term === term) return;
      term = now.leader?.term;
      data.reload();
    },
    view() {
      const leader = app.live.snapshot?.leader;
      const items = data.value?.items ?? [];
      return [
        h(
          "div",
          { class: "head" },
          h("h1", null, "Leader"),
          leader &&
            app.may("admin") &&
            h(
              "div",
              { class: "actions" },
              button("Resign…", () => resignLeader(leader, { done: () => data.reload() })),
            ),
        ),
        data.problem && problem(data.problem),
        data.value && items.length === 0
          ? empty("Nobody has led yet.")
          : h(
              "section",
              { class: "card flush" },
              table(
                "terms",
                [["Term", "num"], "Node", "Since", ["Led for", "num"], "Ended", ["Timeline", "num"]],
                items.map((t) =>
                  h(
                    "tr",
                    { key: `${t.timeline} ${t.term}` },
                    h("td", { class: "num" }, String(t.term)),
                    h("td", null, nodeLink(t.node)),
                    h("td", null, ago(t.since)),
                    h("td", { class: "num" }, span(seconds(t.since, t.ended ?? Date.now()))),
                    h(
                      "td",
                      null,
                      t.ended
                        ? [
                            h("span", { class: t.reason === "resigned" ? "" : "note" }, t.reason ?? "?"),
                            " ",
                            h("span", { class: "dim" }, ago(t.ended)),
                          ]
                        : h("span", { class: "state s-active" }, h("i"), "leads"),
                    ),
                    h("td", { class: "num dim" }, String(t.timeline)),
                  ),
                ),
              ),
            ),
      ];
    },
  };
}
