// What the cluster warns of, and what to do about it.
import { h } from "../dom.js";
import { card, empty } from "../parts.js";
import { warningList } from "./cluster.js";

export function open(app) {
  return {
    title: "Warnings",
    view() {
      const now = app.live.snapshot;
      if (!now) return empty("…");
      return [
        h("div", { class: "head" }, h("h1", null, "Warnings")),
        now.warnings.length
          ? card(null, warningList(now.warnings))
          : empty("Nothing to warn of.", "weir doctor looks deeper."),
      ];
    },
  };
}
