// What may be asked of streams, nodes, schedules and the leader: a dialog says what it does, then it is done.
import { path, post } from "./api.js";
import { askTo, field, tell } from "./dialog.js";
import { h } from "./dom.js";

const PICK_UNTIL = [
  ["0", "until somebody resumes it"],
  ["10", "for 10 minutes"],
  ["60", "for an hour"],
  ["480", "for 8 hours"],
];

const select = (name, options, value) =>
  h(
    "select",
    { name, required: true, value },
    options.map(([key, text]) => h("option", { value: key }, text ?? key)),
  );

const untilIn = (minutes) => (Number(minutes) > 0 ? new Date(Date.now() + Number(minutes) * 60000).toISOString() : undefined);

const untilField = () => field("How long", select("until", PICK_UNTIL));

/// Who could own something now.
const candidates = (app) => (app.live.snapshot?.nodes ?? []).filter((n) => n.state === "active").map((n) => [n.name]);

const known = (app) =>
  (app.live.snapshot?.nodes ?? []).map((n) => [n.name, n.state === "active" ? n.name : `${n.name} (${n.state})`]);

/// The epoch of the slot that people see: the action is refused if it has changed meanwhile.
const seen = (stream, slot = 0) => stream.partitions.find((p) => p.slot === slot)?.epoch;

/// `again` opens the page's newest picture, `done` hears of a good end.
export function pinStream(app, stream, { again, done }) {
  const expected_epoch = seen(stream);
  askTo({
    title: `Pin ${stream.name}`,
    verb: "Pin",
    again,
    text:
      "All of the stream goes to this node and stays there, also after restarts. What runs elsewhere is " +
      "finished or handed over first.",
    fields: () => [
      field("Node", select("node", known(app), stream.pin ?? undefined)),
      field(
        "While the node is away",
        select(
          "policy",
          [
            ["strict", "wait for it"],
            ["prefer", "run on another node"],
          ],
          stream.pin_policy,
        ),
      ),
    ],
    run: ({ node, policy }) => post(path("streams", stream.name, ":pin"), { node, policy, expected_epoch }),
    done: (now) => (tell(`${stream.name} is pinned to ${now.pin}`), done()),
  });
}

export function unpinStream(app, stream, { again, done }) {
  const expected_epoch = seen(stream);
  askTo({
    title: `Unpin ${stream.name}`,
    verb: "Unpin",
    again,
    text: "The leader may place the stream on any node again. It stays where it is until there is a reason to move it.",
    run: () => post(path("streams", stream.name, ":unpin"), { expected_epoch }),
    done: () => (tell(`${stream.name} is no longer pinned`), done()),
  });
}

export function moveSlot(app, stream, slot, { again, done }) {
  const part = stream.partitions.find((p) => p.slot === slot);
  const many = stream.partitions.length > 1;
  askTo({
    title: many ? `Move slot ${slot} of ${stream.name}` : `Move ${stream.name}`,
    verb: "Move",
    again,
    text:
      "It is handed over once, after what runs has ended, and stays while it may. To keep the balance another " +
      "slot may come back in exchange. A pin would hold it for good.",
    fields: () =>
      field(
        "To node",
        select(
          "node",
          candidates(app).filter(([name]) => name !== part.owner),
        ),
      ),
    run: ({ node }) =>
      post(path("streams", stream.name, ":move"), { node, ...(many ? { slot } : {}), expected_epoch: part.epoch }),
    done: () => (tell(`${stream.name} moves`), done()),
  });
}

export function pauseStream(app, stream, { again, done }) {
  const expected_epoch = seen(stream);
  askTo({
    title: `Pause ${stream.name}`,
    verb: "Pause",
    again,
    text: "No more of its tasks start. What runs goes on to its end, and tasks can still be enqueued.",
    fields: untilField,
    run: ({ until }) => post(path("streams", stream.name, ":pause"), { until: untilIn(until), expected_epoch }),
    done: () => (tell(`${stream.name} is paused`), done()),
  });
}

export function resumeStream(app, stream, { again, done }) {
  const expected_epoch = seen(stream);
  askTo({
    title: `Resume ${stream.name}`,
    verb: "Resume",
    again,
    text: "Its tasks start again, the ones that waited first.",
    run: () => post(path("streams", stream.name, ":resume"), { expected_epoch }),
    done: () => (tell(`${stream.name} goes on`), done()),
  });
}

export function drainNode(node, { done }) {
  askTo({
    title: `Drain ${node.name}`,
    verb: "Drain",
    text:
      "It finishes what it runs, hands its streams over to the other nodes and takes no new ones. Streams that " +
      "are strictly pinned to it wait. The process stays up.",
    run: () => post(path("nodes", node.name, ":drain"), {}),
    done: () => (tell(`${node.name} drains`), done()),
  });
}

export function undrainNode(node, { done }) {
  askTo({
    title: `Undrain ${node.name}`,
    verb: "Undrain",
    text: "It may own streams again; the leader gives it its share.",
    run: () => post(path("nodes", node.name, ":undrain"), {}),
    done: () => (tell(`${node.name} takes work again`), done()),
  });
}

export function resignLeader(leader, { done }) {
  askTo({
    title: "Resign",
    verb: "Resign",
    text:
      `The term of ${leader.node} ends, and another node is elected within about a second. Streams stay where ` +
      `they are, and nothing that runs is disturbed.`,
    run: () => post("leader:resign", {}),
    done: () => (tell(`the term of ${leader.node} ended`), done()),
  });
}

export function pauseSchedule(one, { done }) {
  askTo({
    title: `Pause ${one.name}`,
    verb: "Pause",
    text: "It enqueues nothing. Ticks of the pause are dropped, not made up for.",
    fields: untilField,
    run: ({ until }) => post(path("schedules", one.name, ":pause"), { until: untilIn(until) }),
    done: () => (tell(`${one.name} is paused`), done()),
  });
}

export function resumeSchedule(one, { done }) {
  askTo({
    title: `Resume ${one.name}`,
    verb: "Resume",
    text: "It ticks again, from its next time on.",
    run: () => post(path("schedules", one.name, ":resume"), {}),
    done: () => (tell(`${one.name} ticks again`), done()),
  });
}

export function triggerSchedule(one, { done }) {
  askTo({
    title: `Trigger ${one.name}`,
    verb: "Enqueue now",
    text: `A task ${one.task} is enqueued now. Its ticks stay as they are.`,
    run: () => post(path("schedules", one.name, ":trigger"), {}),
    done: (made) => (tell(`task ${made.task} is enqueued`), done(made)),
  });
}
