// The page as a whole: what is around all pages, which one is shown, and who looks at it.
import { get, onTokenAsked, token } from "./api.js";
import { changes } from "./changes.js";
import { askTo, closeDialog, field } from "./dialog.js";
import { draw, h } from "./dom.js";
import * as keys from "./keys.js";
import { Live } from "./live.js";
import * as audit from "./pages/audit.js";
import * as cluster from "./pages/cluster.js";
import * as leader from "./pages/leader.js";
import * as nodes from "./pages/nodes.js";
import * as schedules from "./pages/schedules.js";
import * as stream from "./pages/stream.js";
import * as task from "./pages/task.js";
import * as tasks from "./pages/tasks.js";
import * as warnings from "./pages/warnings.js";
import { count, empty } from "./parts.js";
import { here, link } from "./route.js";
import { enqueueTask } from "./task_actions.js";

const PAGES = {
  cluster: cluster.open,
  stream: stream.open,
  tasks: tasks.open,
  task: task.open,
  schedules: schedules.open,
  nodes: nodes.open,
  node: nodes.openOne,
  leader: leader.open,
  warnings: warnings.open,
  audit: audit.open,
};
const PARENT = { stream: "cluster", task: "tasks", node: "nodes" };
const RANK = { viewer: 0, operator: 1, admin: 2 };
const THEMES = [
  ["", "auto"],
  ["light", "light"],
  ["dark", "dark"],
];
const REMEMBERED = 60; // looks, so seconds, of a sparkline
const NOTICED = 50;

const app = {
  live: new Live(),
  me: null,
  audit: false,
  noticed: [],
  history: new Map(),
  may: (role) => app.me !== null && RANK[app.me.role] >= RANK[role],
  redraw: () => schedule(),
};
let page = null;
let asking = false;
let drawn = false;

function schedule() {
  if (drawn) return;
  drawn = true;
  requestAnimationFrame(() => {
    drawn = false;
    drawAll();
  });
}

// -- around the page

function theme() {
  return document.documentElement.dataset.theme ?? "";
}

function choose(name) {
  if (name) document.documentElement.dataset.theme = name;
  else delete document.documentElement.dataset.theme;
  try {
    localStorage.setItem("weir.theme", name);
  } catch {
    // It lasts as long as the page, then.
  }
  app.redraw();
}

function rail(current) {
  const now = app.live.snapshot;
  const badge = {
    nodes: now && now.nodes.filter((n) => n.state === "active").length,
    warnings: now && now.warnings.length,
  };
  const entries = Object.values(keys.PAGE_KEYS).filter(([name]) => name !== "audit" || app.audit);
  return h(
    "header",
    { class: "rail" },
    h(
      "a",
      { class: "brand", href: link("cluster") },
      h("img", { src: "assets/icon.svg", alt: "", width: "22", height: "22" }),
      "weir",
    ),
    h(
      "nav",
      { "aria-label": "pages" },
      entries.map(([name, title]) =>
        h(
          "a",
          {
            key: name,
            href: link(name),
            "aria-current": current === name ? "page" : null,
          },
          title,
          badge[name] ? h("span", { class: name === "warnings" ? "badge warn" : "badge" }, count(badge[name])) : null,
        ),
      ),
    ),
    h(
      "div",
      { class: "foot" },
      h(
        "span",
        { class: `link-state ${app.live.state}` },
        h("i", { "aria-hidden": "true" }),
        { live: "live", connecting: "connecting", lost: "no connection", hidden: "paused" }[app.live.state],
      ),
      app.me && h("span", { class: "me", title: "who you are, and your role" }, `${app.me.name} · ${app.me.role}`),
      token.get() && h("button", { type: "button", class: "link", onclick: forget }, "forget token"),
      h(
        "select",
        { "aria-label": "colours", value: theme(), onchange: (e) => choose(e.target.value) },
        THEMES.map(([key, text]) => h("option", { value: key }, text)),
      ),
      h(
        "button",
        {
          type: "button",
          class: "link keyhelp",
          title: "keyboard (?)",
          onclick: () => document.body.dispatchEvent(new KeyboardEvent("keydown", { key: "?", bubbles: true })),
        },
        "keys",
      ),
    ),
  );
}

function banner() {
  if (app.live.state !== "lost" || asking) return null;
  return h(
    "div",
    { class: "banner", role: "alert" },
    h("strong", null, "No connection to the node"),
    ` – ${app.live.why}. What you see is old; it comes back by itself.`,
  );
}

function drawAll() {
  if (!page) return;
  const current = PARENT[page.where.page] ?? page.where.page;
  document.title = `${page.shown.title} – weir`;
  draw(document.getElementById("app"), [
    rail(current),
    banner(),
    h(
      "main",
      { id: "main", class: "page", key: page.where.page + (page.where.name ?? ""), "data-at": page.at },
      app.me === null && asking ? empty("A token is needed.") : page.shown.view(),
    ),
  ]);
}

// -- which page

function route() {
  const where = here();
  closeDialog();
  page?.shown.close?.();
  const open = Object.hasOwn(PAGES, where.page)
    ? PAGES[where.page]
    : () => ({ title: "Nothing", view: () => empty(`There is no page ${where.page}.`) });
  const moved = !page || page.where.page !== where.page || page.where.name !== where.name;
  page = { where, shown: open(app, where), at: location.hash };
  if (moved) scrollTo(0, 0);
  drawAll();
}

// -- what comes in

let number = 0;
function heard({ before }) {
  const now = app.live.snapshot;
  if (before) {
    for (const [kind, text] of changes(before, now))
      app.noticed.unshift({ at: new Date().toISOString(), kind, text, number: ++number });
    app.noticed.length = Math.min(app.noticed.length, NOTICED);
  }
  for (const each of now.streams) {
    const past = app.history.get(each.name) ?? [];
    past.push(each.ready + each.in_progress + each.retry);
    if (past.length > REMEMBERED) past.shift();
    app.history.set(each.name, past);
  }
  page?.shown.live?.(now);
  app.redraw();
}

// -- who looks

async function learnMe() {
  try {
    app.me = await get("me");
  } catch {
    app.me = null; // asked for a token, or unreachable: the next look tells
  }
  if (app.me)
    app.audit = await get("../../openapi.json").then(
      (all) => "/api/v1/audit" in all.paths,
      () => false,
    );
  app.redraw();
}

function askForToken() {
  if (asking) return;
  asking = true;
  const had = token.get() !== "";
  token.forget();
  askTo({
    title: "Who are you?",
    verb: "Go on",
    text: had
      ? "The token is not known here, or has been revoked. Give another one."
      : "This node serves holders of a token. `weir token create` makes one; it stays in this tab until it is closed.",
    fields: () =>
      field(
        "Token",
        h("input", { type: "password", name: "token", required: true, autocomplete: "off", autofocus: true }),
      ),
    run: async ({ token: given }) => {
      token.set(given.trim());
      try {
        app.me = await get("me");
      } catch (why) {
        token.forget();
        throw why;
      }
    },
    done: async () => {
      asking = false;
      await learnMe();
      route();
      app.live.restart();
    },
  });
  document.querySelector("dialog").addEventListener("close", () => {
    asking = false;
    if (!token.get()) setTimeout(askForToken, 200);
  });
}

function forget() {
  token.forget();
  location.reload();
}

onTokenAsked(askForToken);
app.live.addEventListener("snapshot", heard);
app.live.addEventListener("state", () => {
  if (app.live.state === "live" && !app.me) learnMe();
  app.redraw();
});
addEventListener("hashchange", route);
keys.listen({ enqueue: () => app.may("operator") && enqueueTask(app) });
setInterval(() => document.hidden || app.redraw(), 1000); // ages grow
route();
learnMe();
app.live.start();
