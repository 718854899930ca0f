// pg-boss as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
// usage: pgboss.mjs URL SCHEMA migrate | add BATCH | one CALLERS | work        input: a number of jobs, anything (work)
import { createInterface } from "node:readline";
import { PgBoss } from "pg-boss";

const [, , url, schema, part, size] = process.argv;
const say = (text) => process.stdout.write(text + "\n");
const pad = "x".repeat(90);
const boss = new PgBoss({ connectionString: url, schema, max: part === "one" ? Number(size) : 4, supervise: false,
                          schedule: false, migrate: part === "migrate" });
boss.on("error", (problem) => process.stderr.write(`pg-boss: ${problem.message}\n`));
await boss.start();
if (part === "migrate") {
  await boss.createQueue("noop");
  say("ready");
  process.exit(0);
}

async function add(left) {
  for (let n = 0; left > 0; left -= Number(size)) {
    const jobs = Array.from({ length: Math.min(left, Number(size)) }, () => ({ data: { n: n++, pad } }));
    await boss.insert("noop", jobs);
  }
}

async function addOneByOne(count) {
  for (let n = 0; n < count; ++n) await boss.send("noop", { n, pad });
}

// Faster than work(): a thousand at a time, and no pause while there is something.
async function drain() {
  let first = true;
  for (let total = 0; ;) {
    const jobs = await boss.fetch("noop", { batchSize: 1000 });
    if (jobs.length === 0) {
      await new Promise((again) => setTimeout(again, 5));
      continue;
    }
    if (first) say("first " + Date.now() / 1000);
    first = false;
    await boss.complete("noop", jobs.map((job) => job.id));
    total += jobs.length;
    say(`ended ${total}`);
  }
}

say("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line);
  if (part === "add") await add(count);
  if (part === "one")
    await Promise.all(Array.from({ length: Number(size) }, () => addOneByOne(Math.ceil(count / Number(size)))));
  if (part === "work") drain(); // ends when it is killed
  say("done");
}
process.exit(0);
