// The nodes: alive or not, what they own, how far a drain is.
import { get, path } from "../api.js";
import { drainNode, undrainNode } from "../actions.js";
import { Data } from "../data.js";
import { h } from "../dom.js";
import { button, card, count, empty, facts, nodeLink, problem, state, streamLink, table, tile } from "../parts.js";
import { link } from "../route.js";
import { age } from "../time.js";

const owned = (snapshot, name) =>
  snapshot.streams.reduce((n, s) => n + s.partitions.filter((p) => p.owner === name).length, 0);
const alive = (node) => ["active", "joining", "draining"].includes(node.state);

/// How far: what it still owns and runs.
function progress(slots, running) {
  if (slots === 0 && running === 0) return h("span", { class: "good" }, "drained: owns and runs nothing");
  return h(
    "span",
    { class: "note" },
    `drains: ${count(slots)} ${slots === 1 ? "slot" : "slots"} and ${count(running)} running left`,
  );
}

function drainButton(app, node, slots, data, draining) {
  if (!app.may("operator") || !alive(node)) return null;
  const done = { done: () => data?.reload() };
  return draining
    ? button("Undrain…", () => undrainNode(node, done), { kind: "small" })
    : button("Drain…", () => drainNode(node, done), { kind: "small" });
}

export function open(app) {
  return {
    title: "Nodes",
    view() {
      const now = app.live.snapshot;
      if (!now) return empty("…");
      const order = (n) => (alive(n) ? 0 : 1);
      const nodes = [...now.nodes].sort(
        (a, b) => order(a) - order(b) || a.name.localeCompare(b.name, "en", { numeric: true }),
      );
      const rows = nodes.map((n) => {
        const slots = owned(now, n.name);
        return h(
          "tr",
          { key: n.name },
          h(
            "th",
            { scope: "row" },
            nodeLink(n.name),
            now.leader?.node === n.name && h("span", { class: "star", title: "leads" }, " ★"),
          ),
          h(
            "td",
            null,
            state(n.state),
            n.state === "draining" && h("div", { class: "below" }, progress(slots, n.running)),
          ),
          h("td", { class: "num" }, age(n.beat_age_seconds)),
          h("td", { class: "num" }, count(n.running)),
          h("td", { class: "num" }, count(slots)),
          h("td", { class: "mono dim" }, n.address || "–"),
          h("td", { class: "mono dim" }, n.http || "–"),
          h("td", { class: "dim" }, n.version),
          app.may("operator") && h("td", { class: "end" }, drainButton(app, n, slots, null, n.state === "draining")),
        );
      });
      return [
        h("div", { class: "head" }, h("h1", null, "Nodes")),
        nodes.length === 0
          ? empty("No node was ever here.", "weir run starts one.")
          : h(
              "section",
              { class: "card flush" },
              table(
                "nodes",
                [
                  "Node",
                  "State",
                  ["Last beat", "num"],
                  ["Running", "num"],
                  ["Slots", "num"],
                  "Links at",
                  "HTTP at",
                  "Version",
                  app.may("operator") ? "" : null,
                ].filter((t) => t !== null),
                rows,
              ),
            ),
      ];
    },
  };
}

export function openOne(app, { name }) {
  const data = new Data(
    () => get(path("nodes", name)),
    () => app.redraw(),
    2000,
  );
  return {
    title: name,
    close: () => data.stop(),
    view() {
      if (data.problem?.status === 404) return empty(`There is no node ${name}.`, data.problem.message);
      if (!data.value) return data.problem ? problem(data.problem) : empty("…");
      const live = app.live.snapshot?.nodes.find((n) => n.name === name);
      const node = { ...data.value, ...live };
      const leads = app.live.snapshot?.leader?.node === name;
      return [
        h(
          "div",
          { class: "head" },
          h(
            "div",
            null,
            h(
              "h1",
              null,
              node.name,
              leads && h("span", { class: "star", title: "leads" }, " ★"),
              " ",
              state(node.state),
            ),
            (node.drain_wanted || node.state === "draining") && h("p", null, progress(node.owns.length, node.running)),
          ),
          h("div", { class: "actions" }, drainButton(app, node, node.owns.length, data, node.drain_wanted)),
        ),
        data.problem && problem(data.problem),
        h(
          "div",
          { class: "tiles" },
          tile("Last beat", age(node.beat_age_seconds), {
            tone: alive(node) && node.beat_age_seconds > 3 ? "warn" : "",
          }),
          tile("Running", count(node.running)),
          tile("Slots", count(node.owns.length)),
          tile("Version", node.version),
        ),
        h(
          "div",
          { class: "columns" },
          card(
            "Owns",
            node.owns.length === 0
              ? h("p", { class: "dim" }, "nothing")
              : table(
                  "what it owns",
                  ["Stream", ["Slot", "num"], ["Epoch", "num"]],
                  node.owns.map((o) =>
                    h(
                      "tr",
                      { key: `${o.stream} ${o.slot}` },
                      h("td", null, streamLink(o.stream)),
                      h("td", { class: "num" }, String(o.slot)),
                      h("td", { class: "num" }, String(o.epoch)),
                    ),
                  ),
                ),
          ),
          card(
            "Facts",
            facts([
              ["Incarnation", h("span", { class: "mono" }, node.node_id)],
              ["Machine", node.machine || undefined],
              ["Links at", node.address ? h("span", { class: "mono" }, node.address) : "by polling only"],
              ["HTTP at", node.http ? h("span", { class: "mono" }, node.http) : undefined],
              [
                "Labels",
                Object.keys(node.labels ?? {}).length
                  ? Object.entries(node.labels)
                      .map(([k, v]) => `${k}=${v}`)
                      .join(", ")
                  : undefined,
              ],
              ["Weight", String(node.weight)],
              [
                "Actions",
                node.actions.length
                  ? h(
                      "ul",
                      { class: "chips" },
                      node.actions.map((a) =>
                        h("li", { key: a }, h("a", { href: link("tasks", null, { name: a }) }, a)),
                      ),
                    )
                  : "none",
              ],
            ]),
          ),
        ),
      ];
    },
  };
}
