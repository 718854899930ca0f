// The keyboard: "/" searches, "g" and a letter go to a page, "?" lists them. Not while somebody writes.
import { closeDialog, showDialog } from "./dialog.js";
import { h } from "./dom.js";
import { go, link } from "./route.js";

export const PAGE_KEYS = {
  c: ["cluster", "Cluster"],
  t: ["tasks", "Tasks"],
  s: ["schedules", "Schedules"],
  n: ["nodes", "Nodes"],
  l: ["leader", "Leader"],
  w: ["warnings", "Warnings"],
  a: ["audit", "Audit"],
};
const WAIT = 1500; // for the letter after g

const writes = (e) => e.target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

function search() {
  const place = document.getElementById("search");
  if (place) return (place.select(), place.focus());
  go(link("tasks"));
  setTimeout(() => document.getElementById("search")?.focus(), 50);
}

function help() {
  const line = (keys, what) =>
    h(
      "tr",
      null,
      h(
        "td",
        null,
        keys.map((k) => h("kbd", null, k)),
      ),
      h("td", null, what),
    );
  showDialog("Keyboard", () =>
    h(
      "table",
      { class: "keys" },
      h(
        "tbody",
        null,
        line(["/"], "search for tasks"),
        line(["e"], "enqueue a task"),
        Object.entries(PAGE_KEYS).map(([k, [, title]]) => line(["g", k], title)),
        line(["?"], "this list"),
        line(["Esc"], "close"),
      ),
    ),
  );
}

export function listen({ enqueue }) {
  let after = 0;
  document.addEventListener("keydown", (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    if (document.querySelector("dialog[open]")) return;
    if (writes(e)) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    const page = e.timeStamp < after ? PAGE_KEYS[e.key] : undefined;
    after = e.key === "g" ? e.timeStamp + WAIT : 0;
    if (page) go(link(page[0]));
    else if (e.key === "/") search();
    else if (e.key === "?") help();
    else if (e.key === "e") enqueue();
    else if (e.key === "Escape") closeDialog();
    else return;
    e.preventDefault();
  });
}
