// What people and tasks bring: markup in every name, numbers that JavaScript cannot hold, a viewer who wants more, a
// proxy's path in front, a token that is wrong.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, live, nothingWrong, turnTo } from "./browser.mjs";
import { Cluster, waitFor } from "./cluster.mjs";

const EVIL = "<img src=x onerror=document.evil=1>";
const BIG = 9007199254741001n; // above 2^53, and odd, so that a double cannot hold it
const text = JSON.stringify;

const CONFIG = `
[stream.${text(EVIL)}]
mode = "single"
[action.${text(EVIL)}]
stream = ${text(EVIL)}
type = "exec"
command = ["sh", "-c", "echo '${EVIL}'; exit 1"]
[action.mail]
type = "noop"
[schedule.${text(EVIL)}]
task = ${text(EVIL)}
cron = "0 2 * * *"
key = ${text(EVIL)}
`.replaceAll("${EVIL}", EVIL);

let cluster, browser;
before(async () => {
  cluster = await Cluster.start({
    names: [EVIL, "n2"],
    config: CONFIG,
    basePath: "/ops/weir",
    tokens: ["viewer", "operator", "admin"],
  });
  browser = await Browser.start();
  cluster.sql(`select setval(pg_get_serial_sequence('weir.task', 'id'), ${BIG})`);
  // The table's piece for such ids is made by the leader, in a moment.
  await waitFor("a place for large ids", () => cluster.enqueue("mail").catch(() => null), 60, 500);
});
after(async () => {
  await browser?.stop();
  await cluster?.stop();
});

async function sees(page, hash, what) {
  await what
    .first()
    .waitFor()
    .catch(async (why) => {
      throw new Error(`${hash}: ${why.message}\n${await page.locator("main").innerText()}`);
    });
}

const as = (role) => browser.open(cluster.page(), { token: cluster.tokens[role] });

test("without a token the page asks for one, and takes a good one only", async () => {
  const page = await browser.open(cluster.page());
  const dialog = page.locator("dialog[open]");
  await dialog.getByText("Who are you?").waitFor();
  await dialog.getByLabel("Token").fill("weir_wrong");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("alert").filter({ hasText: "not known" }).waitFor();
  await dialog.getByLabel("Token").fill(cluster.tokens.operator);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await live(page);
  await page.getByText("a-operator · operator").waitFor();
  assert.equal(await page.evaluate(() => document.cookie), "");
  nothingWrong(page);
  await page.context().close();
});

test("a viewer sees everything and no button, and the API refuses", async () => {
  const id = await cluster.enqueue("mail", { key: "one" });
  const page = await as("viewer");
  await live(page);
  await page.getByText("a-viewer · viewer").waitFor();
  for (const hash of [
    "#/cluster",
    "#/tasks?name=mail",
    `#/task/${id}`,
    "#/stream/default",
    "#/nodes",
    "#/node/n2",
    "#/schedules",
    "#/leader",
  ]) {
    await turnTo(page, hash);
    await sees(page, hash, page.locator("main table, main .timeline"));
    assert.deepEqual(
      await page
        .locator("main button:not(.link)")
        .allInnerTexts()
        .then((all) => all.filter((t) => t.endsWith("…"))),
      [],
      hash,
    );
    assert.equal(await page.locator("main input[type=checkbox]").count(), 0, hash);
  }
  await page.keyboard.press("e");
  assert.equal(await page.locator("dialog").count(), 0, "no dialog by the keyboard either");
  const status = await page.evaluate(
    async (t) =>
      (await fetch("api/v1/streams/default:pause", { method: "POST", headers: { Authorization: `Bearer ${t}` } }))
        .status,
    cluster.tokens.viewer,
  );
  assert.equal(status, 403);
  nothingWrong(page);
  await page.context().close();
});

test("an operator does not see what only an admin may", async () => {
  const page = await as("operator");
  await live(page);
  await page.locator(".leader").waitFor();
  assert.equal(await page.getByRole("button", { name: "Resign…" }).count(), 0);
  await page.context().close();
});

test("markup in every name is text on every page", async () => {
  const id = await cluster.enqueue(EVIL, { key: EVIL, data: { [EVIL]: EVIL }, created_by: EVIL });
  await waitFor("its end", async () => (await cluster.task(id)).state === "FAILED", 20);
  const page = await as("admin");
  await live(page);
  const name = encodeURIComponent(EVIL);
  for (const hash of [
    "#/cluster",
    "#/tasks",
    `#/tasks?name=${name}&key=${name}`,
    `#/task/${id}`,
    `#/stream/${name}`,
    "#/nodes",
    `#/node/${name}`,
    "#/schedules",
    "#/leader",
    "#/warnings",
    `#/${name}`,
  ]) {
    await turnTo(page, hash);
    await page.waitForTimeout(300);
    if (!["#/warnings", "#/leader"].includes(hash)) await sees(page, hash, page.locator("main").getByText(EVIL));
    assert.equal(await page.locator("img:not([alt=''])").count(), 0, `${hash}: an element was made of a name`);
  }
  await turnTo(page, "#/schedules");
  await page.getByRole("button", { name: "Trigger…" }).click();
  await page.locator("dialog[open]").getByText(EVIL).first().waitFor();
  assert.equal(await page.evaluate(() => document.evil), undefined, "a script ran");
  nothingWrong(page);
  await page.context().close();
});

test("ids and data above 2^53 keep every digit", async () => {
  const id = await cluster.enqueue("mail", { key: "large" });
  assert.ok(BigInt(id) > BIG && BigInt(id) > 2n ** 53n, id);
  const page = await as("operator");
  await turnTo(page, "#/tasks?key=large");
  await page.getByRole("link", { name: id, exact: true }).click();
  await page.waitForFunction((i) => location.hash === `#/task/${i}`, id);
  await page.locator(".head .mono").filter({ hasText: id }).waitFor();
  const raw = '{"n": 123456789012345678901234567890, "f": 0.1000000000000000055, "e": -1E+400}';
  cluster.sql(`select weir.enqueue('mail', 'raw', '${raw}')`);
  await turnTo(page, "#/tasks?key=raw");
  await page.locator("tbody a.mono").click();
  const shown = page.locator("#data");
  await shown.waitFor();
  const digits = await shown.innerText();
  for (const part of ["123456789012345678901234567890", "0.1000000000000000055"])
    assert.ok(digits.includes(part), `${part} in ${digits}`);
  nothingWrong(page);
  await page.context().close();
});

test("below a proxy's path the page finds all it needs, with and without the slash", async () => {
  for (const address of [cluster.page(), cluster.page().slice(0, -1)]) {
    const page = await browser.open("about:blank", { token: cluster.tokens.viewer });
    const asked = [];
    page.on("request", (r) => asked.push(new URL(r.url()).pathname));
    await page.goto(address);
    await live(page);
    assert.deepEqual(
      asked.filter((p) => !p.startsWith("/ops/weir")),
      [],
    );
    nothingWrong(page);
    await page.context().close();
  }
});

test("a page of somebody else's can neither frame this one nor act through it", async () => {
  const page = await as("admin");
  const headers = (await page.goto(cluster.page())).headers();
  assert.match(headers["content-security-policy"], /frame-ancestors 'none'/);
  assert.ok(!/unsafe-inline|unsafe-eval/.test(headers["content-security-policy"]));
  const ran = await page.evaluate(() => {
    document.body.insertAdjacentHTML("beforeend", "<img src=nowhere onerror='document.inline=1'>");
    return new Promise((done) => setTimeout(() => done(document.inline), 500));
  });
  assert.equal(ran, undefined, "the policy stops inline scripts");
  await page.context().close();
});
