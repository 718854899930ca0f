// The whole cluster on one page: who leads, who owns what, what waits, what just changed.
import { h } from "../dom.js";
import { resignLeader } from "../actions.js";
import { button, card, count, counted, empty, epochs, pinIcon, sparkline, state, tile } from "../parts.js";
import { link } from "../route.js";
import { age, ago, span } from "../time.js";

const GONE = 600; // seconds after which a stopped or dead node without anything is no longer in the picture

const sum = (streams, field) => streams.reduce((n, s) => n + s[field], 0);
const alive = (node) => ["active", "joining", "draining"].includes(node.state);

function tiles({ nodes, streams, warnings }) {
  const capped = streams.some((s) => s.counts_capped);
  const free = streams.flatMap((s) => s.partitions).filter((p) => p.owner === null).length;
  const oldest = Math.max(0, ...streams.map((s) => s.oldest_ready_seconds));
  const up = nodes.filter((n) => n.state === "active").length;
  const known = nodes.filter(alive).length;
  return h(
    "div",
    { class: "tiles" },
    tile("Nodes active", `${up} of ${known}`, { href: link("nodes"), tone: up < known || up === 0 ? "warn" : "" }),
    tile("Ready", counted(sum(streams, "ready"), capped), { href: link("tasks", null, { state: "ready" }) }),
    tile("In progress", count(sum(streams, "in_progress")), { href: link("tasks", null, { state: "in_progress" }) }),
    tile("Retry", counted(sum(streams, "retry"), capped), {
      href: link("tasks", null, { state: "retry" }),
      tone: sum(streams, "retry") ? "note" : "",
    }),
    tile("Oldest ready", oldest ? span(oldest) : "–", { title: "how long the oldest due task has waited" }),
    tile("No owner", free ? count(free) : "none", { tone: free ? "warn" : "" }),
    tile("Warnings", warnings.length ? count(warnings.length) : "none", {
      href: link("warnings"),
      tone: warnings.length ? "warn" : "",
    }),
  );
}

function leaderCard(app, leader) {
  const fresh = leader && Date.now() - new Date(leader.since) < 8000;
  return h(
    "section",
    { class: `card leader ${leader ? "" : "warn"} ${fresh ? "fresh" : ""}`, "aria-label": "Leader" },
    h(
      "div",
      null,
      h("span", { class: "label" }, "Leader"),
      leader
        ? h(
            "strong",
            null,
            h("span", { class: "star", "aria-hidden": "true" }, "★"),
            h("a", { href: link("node", leader.node) }, leader.node),
          )
        : h("strong", null, "nobody leads"),
      leader
        ? h("p", null, "term ", h("b", { class: "term" }, String(leader.term)), " · since ", ago(leader.since))
        : h("p", null, "one is elected in a moment"),
    ),
    h(
      "div",
      { class: "side" },
      h("a", { href: link("leader") }, "all terms"),
      leader && app.may("admin") && button("Resign…", () => resignLeader(leader, { done: () => app.redraw() })),
    ),
  );
}

function nodeHead(node, leader) {
  return h(
    "th",
    { scope: "col", class: "node", key: `n:${node.name}` },
    h("a", { href: link("node", node.name) }, node.name),
    leader?.node === node.name && h("span", { class: "star", title: "leads" }, " ★"),
    h("div", { class: "below" }, state(node.state)),
    h(
      "div",
      { class: "below dim" },
      alive(node)
        ? `beat ${age(node.beat_age_seconds)} · ${node.running} running`
        : h("span", null, `${span(node.beat_age_seconds)} ago`),
    ),
  );
}

function cell(stream, owner) {
  const mine = stream.partitions.filter((p) => p.owner === owner);
  const pinned = owner !== null && stream.pin === owner;
  const all = stream.partitions.length;
  const inside = [];
  if (mine.length) {
    const detail = mine.map((p) => `slot ${p.slot}: epoch ${p.epoch}`).join("\n");
    const epoch = owner === null ? null : h("small", null, epochs(mine.map((p) => p.epoch)));
    inside.push(
      all === 1
        ? h(
            "span",
            { class: owner === null ? "own free" : "own", title: detail },
            owner === null ? "free" : h("i", { "aria-hidden": "true" }, "●"),
            owner === null ? null : h("span", { class: "hidden" }, "owner"),
            epoch,
          )
        : h(
            "span",
            { class: owner === null ? "own free" : "own", title: detail },
            `×${mine.length}`,
            epoch,
            h(
              "span",
              { class: "bar", "aria-hidden": "true" },
              h("i", { style: { width: `${(100 * mine.length) / all}%` } }),
            ),
          ),
    );
  }
  if (pinned)
    inside.push(
      h(
        "span",
        { class: "pin", title: `pinned here (${stream.pin_policy})` },
        pinIcon(),
        mine.length ? h("span", { class: "hidden" }, "pinned here") : "pinned here",
      ),
    );
  return h(
    "td",
    { class: "cell", key: `c:${owner ?? ""}` },
    inside.length ? inside : h("span", { class: "faint", "aria-label": "nothing" }, "·"),
  );
}

function row(app, stream, names) {
  const free = stream.partitions.some((p) => p.owner === null);
  return h(
    "tr",
    { key: stream.name },
    h(
      "th",
      { scope: "row" },
      h("a", { href: link("stream", stream.name) }, stream.name),
      h(
        "div",
        { class: "below dim" },
        stream.mode === "single" ? "single" : `parallel ×${stream.partitions.length}`,
        stream.pin !== null && ` · pinned ${stream.pin}`,
        stream.paused && h("span", { class: "state s-paused" }, h("i"), "paused"),
      ),
    ),
    h("td", { class: "num" }, counted(stream.ready, stream.counts_capped)),
    h("td", { class: "num" }, count(stream.in_progress)),
    h("td", { class: stream.retry ? "num note" : "num" }, counted(stream.retry, stream.counts_capped)),
    h("td", { class: "num room" }, stream.oldest_ready_seconds ? span(stream.oldest_ready_seconds) : "–"),
    h(
      "td",
      { class: "room" },
      sparkline(app.history.get(stream.name) ?? [], `unfinished tasks of ${stream.name} during the last minute`),
    ),
    names.map((name) => cell(stream, name)),
    free
      ? cell(stream, null)
      : h("td", { class: "cell", key: "c:" }, h("span", { class: "faint", "aria-label": "none" }, "·")),
  );
}

function matrix(app, { leader, nodes, streams }) {
  const owners = new Set(streams.flatMap((s) => [s.pin, ...s.partitions.map((p) => p.owner)]));
  const shown = nodes.filter((n) => alive(n) || owners.has(n.name) || n.beat_age_seconds < GONE);
  const never = [...owners]
    .filter((o) => o !== null && !nodes.some((n) => n.name === o))
    .map((name) => ({ name, state: "unknown", beat_age_seconds: NaN, running: 0 }));
  const columns = [...shown, ...never].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  return h(
    "section",
    { class: "card flush" },
    h(
      "div",
      { class: "scroll", tabindex: "0", role: "region", "aria-label": "streams and the nodes that own them" },
      h(
        "table",
        { class: "matrix" },
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            h("th", { scope: "col" }, "Stream"),
            ["Ready", "Running", "Retry"].map((t) => h("th", { scope: "col", class: "num" }, t)),
            h("th", { scope: "col", class: "num room" }, "Oldest"),
            h("th", { scope: "col", class: "room" }, "Last minute"),
            columns.map((n) => nodeHead(n, leader)),
            h("th", { scope: "col", class: "node", key: "n:" }, "nobody"),
          ),
        ),
        h(
          "tbody",
          null,
          streams.map((s) =>
            row(
              app,
              s,
              columns.map((n) => n.name),
            ),
          ),
        ),
      ),
    ),
    streams.length === 0 && empty("No streams yet."),
  );
}

function noticed(app) {
  const rows = app.noticed
    .slice(0, 12)
    .map(({ at, kind, text, number }) =>
      h("li", { key: number, class: `k-${kind}` }, h("i", { "aria-hidden": "true" }), h("span", null, text), ago(at)),
    );
  return card(
    "Noticed while watching",
    rows.length
      ? h("ol", { class: "noticed" }, rows)
      : h(
          "p",
          { class: "dim" },
          "Nothing has changed since this page was opened. Changes of leader, nodes, owners and pins appear here.",
        ),
  );
}

export const warningList = (warnings) =>
  h(
    "ul",
    { class: "warnings" },
    warnings.map((w) => h("li", { key: `${w.code} ${w.message}` }, h("code", null, w.code), " ", w.message)),
  );

export function open(app) {
  return {
    title: "Cluster",
    view() {
      const now = app.live.snapshot;
      if (!now) return h("div", { class: "empty" }, h("p", null, "Waiting for the first look at the cluster …"));
      return [
        h("div", { class: "top" }, leaderCard(app, now.leader), tiles(now)),
        matrix(app, now),
        h(
          "div",
          { class: "columns" },
          noticed(app),
          card(
            `Warnings`,
            now.warnings.length ? warningList(now.warnings) : h("p", { class: "good" }, "Nothing to warn of."),
          ),
        ),
      ];
    },
  };
}
