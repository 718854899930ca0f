// graphile-worker as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
// usage: graphile.mjs URL SCHEMA migrate | add BATCH | one CALLERS | work      input: a number of jobs, anything (work)
import { createInterface } from "node:readline";
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [, , url, schema, part, size] = process.argv;
const quiet = new Logger(() => () => {});
const say = (text) => process.stdout.write(text + "\n");

// The fastest settings that were found for draining: jobs are fetched 500 at a time and completed in batches.
const preset = {
  worker: { connectionString: url, schema, concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0,
            failJobBatchDelay: 0, maxPoolSize: 10 },
};
const pad = "x".repeat(90);
let first = true;

async function noop() {
  if (first) say("first " + Date.now() / 1000);
  first = false;
}

async function add(client, left) {
  for (let n = 0; left > 0; left -= Number(size)) {
    const payloads = Array.from({ length: Math.min(left, Number(size)) }, () => ({ n: n++, pad }));
    await client.query(
      `select count(*) from ${schema}.add_jobs((select array_agg(row('noop', x, null, null, null, null, null, null)
       ::${schema}.job_spec) from json_array_elements($1::json) x))`, [JSON.stringify(payloads)]);
  }
}

// The function that its library calls, too; without the library's share of the time.
async function addOneByOne(client, count) {
  for (let n = 0; n < count; ++n) {
    await client.query({ name: "add", text: `select id from ${schema}.add_job('noop', $1::json)`,
                         values: [JSON.stringify({ n, pad })] });
  }
}

if (part === "migrate") {
  await runMigrations({ connectionString: url, schema, logger: quiet });
  say("ready");
  process.exit(0);
}
const clients = [];
for (let n = part === "add" ? 1 : part === "one" ? Number(size) : 0; n > 0; --n) {
  clients.push(new pg.Client({ connectionString: url }));
  await clients.at(-1).connect();
}
say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  if (part === "add") await add(clients[0], Number(line));
  if (part === "one")
    await Promise.all(clients.map((client) => addOneByOne(client, Math.ceil(Number(line) / clients.length))));
  if (part === "work") await run({ preset, logger: quiet, noHandleSignals: true, taskList: { noop } });
  say("done"); // a worker works from here on; it ends when it is killed
}
process.exit(0);
