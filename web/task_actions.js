// What may be asked of tasks: one, those that are selected, or all that a filter means; and a new one.
import { get, path, post, Problem } from "./api.js";
import { askTo, field, tell } from "./dialog.js";
import { h } from "./dom.js";
import { count, plural } from "./parts.js";
import { go, link } from "./route.js";

const ENDED = ["DONE", "FAILED", "CANCELLED"];

export const VERBS = {
  retry: {
    verb: "Retry now",
    says: "It becomes due now instead of waiting for its next attempt.",
    when: (t) => t.state === "RETRY",
  },
  snooze: {
    verb: "Snooze",
    says: "It waits longer before it starts. Attempts are not used up.",
    when: (t) => t.state === "READY" || t.state === "RETRY",
  },
  cancel: {
    verb: "Cancel task",
    danger: true,
    says:
      "It ends as CANCELLED. If it runs, its action is asked to stop; one that does not listen is ended with " +
      "its process, or left to its end where it runs on a thread.",
    when: (t) => !ENDED.includes(t.state),
  },
  requeue: {
    verb: "Requeue",
    says: "A copy is enqueued as a new task with the same name, key and data. The old one stays as it is.",
    when: (t) => ENDED.includes(t.state),
  },
};

const WAITS = [
  ["5m", "5 minutes"],
  ["30m", "30 minutes"],
  ["2h", "2 hours"],
  ["24h", "a day"],
];
const waits = () =>
  field(
    "For",
    h(
      "select",
      { name: "for" },
      WAITS.map(([key, text]) => h("option", { value: key }, text)),
    ),
  );

export function orderTask(verb, task, { done }) {
  const kind = VERBS[verb];
  askTo({
    title: `${kind.verb}: ${task.name} ${task.id}`,
    verb: kind.verb,
    danger: kind.danger,
    text: kind.says,
    again: done,
    fields: () => verb === "snooze" && waits(),
    run: (values) => post(path("tasks", task.id, `:${verb}`), verb === "snooze" ? { for: values.for } : {}),
    done: (answer) => {
      tell(answer.new_id ? `task ${answer.new_id} is the copy` : `task ${task.id}: ${answer.answer}`);
      done();
      if (answer.new_id) go(link("task", answer.new_id));
    },
  });
}

async function orderEach(verb, ids, body) {
  const counts = new Map();
  const left = [...ids];
  const work = async () => {
    for (let id = left.shift(); id !== undefined; id = left.shift()) {
      let word;
      try {
        word = (await post(path("tasks", id, `:${verb}`), body)).answer;
      } catch (why) {
        if (!(why instanceof Problem) || (why.status !== 409 && why.status !== 404)) throw why;
        word = why.message.replace(/^task \d+ /, "");
      }
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  };
  await Promise.all([work(), work(), work()]);
  return counts;
}

const summary = (counts) => [...counts].map(([word, n]) => `${count(n)} ${word}`).join(", ") || "nothing to do";

export function orderSelected(verb, ids, { done }) {
  const kind = VERBS[verb];
  askTo({
    title: `${kind.verb}: ${plural(ids.length, "selected task")}`,
    verb: `${kind.verb} (${count(ids.length)})`,
    danger: kind.danger,
    text: `For each: ${kind.says} Those in another state are left as they are.`,
    fields: () => verb === "snooze" && waits(),
    run: (values) => orderEach(verb, ids, verb === "snooze" ? { for: values.for } : {}),
    done: (counts) => (tell(summary(counts)), done()),
  });
}

/// All tasks that `filter` means, on all pages: counted first, as far as that is quick; the count stands on the button.
export function orderAll(verb, filter, { done }) {
  const kind = VERBS[verb];
  let meant = null;
  const words = Object.entries(filter)
    .map(([k, v]) => `${k}:${v}`)
    .join(" ");
  const redraw = askTo({
    title: `${kind.verb}: all of ${words}`,
    danger: kind.danger,
    get verb() {
      return meant ? `${kind.verb} (${count(meant.count)}${meant.capped ? "+" : ""})` : "counting …";
    },
    text: () =>
      meant === null
        ? "Counting what the filter means …"
        : `${meant.capped ? "At least " : ""}${plural(meant.count, "task")} now. For each: ${kind.says}` +
          (meant.capped ? " At one time it is done for 10,000 of them." : ""),
    fields: () => verb === "snooze" && waits(),
    run: async (values) => {
      if (meant === null) throw new Error("it is still being counted");
      return post("tasks:bulk", { filter, action: verb, ...(verb === "snooze" ? { for: values.for } : {}) });
    },
    done: (answer) => (tell(summary(Object.entries(answer.answers ?? {}))), done()),
  });
  post("tasks:bulk", { filter, action: verb, dry_run: true })
    .then(
      (answer) => (meant = answer),
      (why) => {
        meant = { count: 0, capped: false };
        tell(why.message);
      },
    )
    .finally(redraw);
}

/// The data goes out as it was written: numbers keep all their digits.
export function newTaskBody({ name, key, stream, data, wait }) {
  const text = data.trim() || "{}";
  try {
    JSON.parse(text);
  } catch (why) {
    throw new Error(`the data is no JSON: ${why.message}`);
  }
  const members = { name, ...(key ? { key } : {}), ...(stream ? { stream } : {}) };
  if (Number(wait) > 0) members.do_after = new Date(Date.now() + Number(wait) * 60000).toISOString();
  return `${JSON.stringify(members).slice(0, -1)},"data":${text}}`;
}

export function enqueueTask(app, { stream = "", name = "", done } = {}) {
  let known = [];
  const streams = app.live.snapshot?.streams ?? [];
  const redraw = askTo({
    title: "Enqueue a task",
    verb: "Enqueue",
    text:
      "It is stored before this says so, and runs as soon as it is its turn. Of the tasks of one key the " +
      "newest runs.",
    fields: () => [
      field(
        "Name",
        h("input", {
          name: "name",
          required: true,
          maxlength: "64",
          list: "names",
          autofocus: true,
          value: name,
          autocomplete: "off",
        }),
      ),
      h(
        "datalist",
        { id: "names" },
        known.map((each) => h("option", { value: each })),
      ),
      field("Key", h("input", { name: "key", autocomplete: "off" }), "Which thing it is about; empty for none."),
      field(
        "Stream",
        h(
          "select",
          { name: "stream", value: stream },
          h("option", { value: "" }, "by its name's route"),
          streams.map((s) => h("option", { value: s.name }, s.name)),
        ),
      ),
      field(
        "Data",
        h("textarea", { name: "data", rows: "5", spellcheck: "false", class: "mono", placeholder: "{}" }),
        "JSON",
      ),
      field(
        "Start",
        h(
          "select",
          { name: "wait" },
          [
            ["0", "now"],
            ["5", "in 5 minutes"],
            ["60", "in an hour"],
            ["1440", "in a day"],
          ].map(([key, text]) => h("option", { value: key }, text)),
        ),
      ),
    ],
    run: async (values) => post("tasks", newTaskBody(values)),
    done: (task) => {
      tell(`task ${task.id} is enqueued`);
      if (done) done(task);
      else go(link("task", task.id));
    },
  });
  const names = streams.slice(0, 20).map((s) =>
    get(path("streams", s.name)).then(
      (all) => all.routes,
      () => [],
    ),
  );
  Promise.all(names).then((all) => ((known = [...new Set(all.flat())].sort()), redraw()));
}
