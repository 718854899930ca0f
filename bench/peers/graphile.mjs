// graphile-worker as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
// usage: graphile.mjs URL SCHEMA migrate | add BATCH | work        input: a number of jobs (add), anything (work)
import { createInterface } from "node:readline";
import { Logger, run, runMigrations } from "graphile-worker";
import pg from "pg";

const [, , url, schema, part, batch] = process.argv;
const quiet = new Logger(() => () => {});
const say = (text) => process.stdout.write(text + "\n");

// The fastest settings that were found for draining: jobs are fetched 500 at a time and completed in batches.
const preset = {
  worker: { connectionString: url, schema, concurrentJobs: 24, localQueue: { size: 500 }, completeJobBatchDelay: 0,
            failJobBatchDelay: 0, maxPoolSize: 10 },
};

if (part === "migrate") {
  await runMigrations({ connectionString: url, schema, logger: quiet });
  say("ready");
  process.exit(0);
}
if (part === "add") {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  say("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    for (let left = Number(line), n = 0; left > 0; left -= Number(batch)) {
      const specs = Array.from({ length: Math.min(left, Number(batch)) },
                               () => ({ identifier: "noop", payload: { n: n++ } }));
      await client.query(
        `select count(*) from ${schema}.add_jobs((select array_agg(row('noop', x, null, null, null, null, null, null)
         ::${schema}.job_spec) from json_array_elements($1::json) x))`, [JSON.stringify(specs.map((s) => s.payload))]);
    }
    say("done");
  }
  await client.end();
} else {
  say("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    void line;
    await run({ preset, logger: quiet, noHandleSignals: true, taskList: { noop: async () => {} } });
    say("done"); // it works; ends when it is killed
  }
}
