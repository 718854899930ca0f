// What the dashboard reads and says, without a browser: searches, cron lines, JSON, times, what has changed.
import assert from "node:assert/strict";
import { test } from "node:test";
import { changes } from "../../web/changes.js";
import { cronWords } from "../../web/cron_words.js";
import { member, pretty } from "../../web/json_text.js";
import { parseSearch, searchText } from "../../web/search.js";
import { age, relative, span } from "../../web/time.js";

test("a search is read, and written as it was read", () => {
  const cases = [
    ["state:failed name:mail", { state: "failed", name: "mail" }],
    ["mail", { name: "mail" }],
    ['key:"a b" stream:x', { key: "a b", stream: "x" }],
    ['key:"say \\"hi\\" \\\\ bye"', { key: 'say "hi" \\ bye' }],
    ["key:a:b/c", { key: "a:b/c" }],
    ["state:READY,retry", { state: "ready,retry" }],
    ["key:42", { key: "42" }],
    ["", {}],
  ];
  for (const [text, filter] of cases) {
    assert.deepEqual(parseSearch(text), { filter }, text);
    assert.deepEqual(parseSearch(searchText(filter)), { filter }, `again: ${text}`);
  }
  assert.deepEqual(parseSearch("9007199254741001"), { id: "9007199254741001" });
  assert.deepEqual(parseSearch("id:7"), { id: "7" });
  for (const text of ["state:happy", "queue:x", "name:a name:b", "id:x"]) assert.ok(parseSearch(text).problem, text);
});

test("cron lines are said in words, odd ones as they are", () => {
  const cases = [
    ["0 2 * * *", "at 02:00 every day"],
    ["*/15 * * * *", "every 15 minutes"],
    ["* * * * *", "every minute"],
    ["0 * * * *", "every hour"],
    ["30 * * * *", "every hour at minute 30"],
    ["@daily", "at 00:00 every day"],
    ["*/15 8-18 * * 1-5", "every 15 minutes from 08:00 to 18:59, on Monday to Friday"],
    ["0 9,17 * * mon", "at 09:00 and 17:00 on Mondays"],
    ["0 0 1 * *", "at 00:00 on day 1 of the month"],
    ["0 3 1 1 *", "at 03:00 on day 1 of the month in January"],
    ["0 4 13 * fri", "at 04:00 on Fridays or day 13 of the month"],
    ["5 */2 * * *", "every 2 hours at minute 5"],
    ["0 0 * * 7", "at 00:00 on Sundays"],
    ["1-59/7 * * * *", "1-59/7 * * * *"],
    ["nonsense", "nonsense"],
    ["0 0 * foo *", "0 0 * foo *"],
  ];
  for (const [line, words] of cases) assert.equal(cronWords(line), words);
});

test("JSON is laid out without touching a number or a string", () => {
  const text = '{"a":9007199254740993,"b":[1.10,-1E+400,true,null,{}],"c":"x, \\"y\\":{","d":{"data":[]}}';
  const laid = pretty(text);
  assert.equal(laid.replace(/\n\s*/g, "").replaceAll('": ', '":'), text);
  assert.match(laid, /^\{\n {2}"a": 9007199254740993,\n/);
  assert.equal(member(`{"id":"1","x":{"data":0},"data" : ${text} ,"z":1}`, "data"), text);
  assert.equal(member('{"a":1}', "data"), null);
  assert.equal(member('{"da\\u0074a":"1"}', "data"), '"1"');
});

test("times are short", () => {
  const cases = [
    [0.0012, "1.2 ms"],
    [0.25, "250 ms"],
    [2.34, "2.3 s"],
    [59, "59 s"],
    [65, "1 min 5 s"],
    [3600, "1 h"],
    [7800, "2 h 10 min"],
    [90000, "1 d 1 h"],
  ];
  for (const [seconds, text] of cases) assert.equal(span(seconds), text);
  assert.equal(age(0.44), "0.4 s");
  const now = Date.parse("2026-01-01T00:00:00Z");
  assert.equal(relative("2025-12-31T23:59:48Z", now), "12 s ago");
  assert.equal(relative("2025-12-31T23:54:30Z", now), "5 min ago");
  assert.equal(relative("2026-01-01T02:10:00Z", now), "in 2 h 10 min");
  assert.equal(relative("2026-01-01T00:00:00.5Z", now), "now");
});

test("what has changed is said once, and shortly", () => {
  const look = ({ term = 1, leader = "n1", owner = "n1", epoch = 1, state = "active", pin = null } = {}) => ({
    leader: leader && { node: leader, term },
    warnings: [],
    nodes: [
      { name: "n1", node_id: "1", state },
      { name: "n2", node_id: "2", state: "active" },
    ],
    streams: [
      { name: "s", pin, paused: false, partitions: [{ slot: 0, owner, epoch }] },
      { name: "m", pin: null, paused: false, partitions: [0, 1, 2, 3, 4].map((slot) => ({ slot, owner, epoch })) },
    ],
  });
  const said = (b) => changes(look(), look(b)).map(([, text]) => text);
  assert.deepEqual(said({}), []);
  assert.deepEqual(said({ term: 2, leader: "n2" }), ["n2 leads, term 2"]);
  assert.deepEqual(said({ leader: null }), ["nobody leads; it was n1, term 1"]);
  assert.deepEqual(said({ state: "dead" }), ["node n1 is dead"]);
  assert.deepEqual(said({ owner: "n2", epoch: 2 }), ["n2 owns s, epoch 2", "n2 owns 5 slots of m"]);
  assert.deepEqual(said({ owner: null }), ["nobody owns s", "nobody owns 5 slots of m"]);
  assert.deepEqual(said({ pin: "n2" }), ["s is pinned to n2"]);
});
