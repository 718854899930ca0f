// A hundred thousand tasks: pages stay quick, counts are honest about their bound.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, live, nothingWrong, turnTo } from "./browser.mjs";
import { Cluster } from "./cluster.mjs";

const MANY = 100_000;

let cluster, browser, page;
before(async () => {
  [cluster, browser] = [await Cluster.start({ names: ["n1"] }), await Browser.start()];
  cluster.sql(
    `select weir.enqueue_many((select jsonb_agg(jsonb_build_object('name', 'mail', 'key', 'user ' || i,
                               'do_after', now() + interval '1 hour'))
                               from generate_series(1, ${MANY}) i))`,
  );
  cluster.sql("analyze");
  page = await browser.open(cluster.page());
  await live(page);
});
after(async () => {
  await browser?.stop();
  await cluster?.stop();
});

async function timed(what, hash, seen) {
  const begun = Date.now();
  await turnTo(page, hash);
  await seen();
  console.log(`    ${what}: ${Date.now() - begun} ms`);
  return Date.now() - begun;
}

const rows = (count) => page.waitForFunction((n) => document.querySelectorAll("main tbody tr").length === n, count);

test("the cluster page counts to 10,000 and says that there are more", async () => {
  await page.locator(".tile").filter({ hasText: "Ready" }).getByText("10,000+").waitFor();
});

test("the list shows its first page, the next ones, and the way back", async () => {
  assert.ok((await timed("first page", "#/tasks", () => rows(50))) < 2000);
  const first = await page.locator("tbody a.mono").first().innerText();
  await page.getByRole("link", { name: "older" }).click();
  await page.waitForFunction((id) => document.querySelector("tbody a.mono")?.innerText !== id, first);
  const ids = await page.locator("tbody a.mono").allInnerTexts();
  assert.ok(
    ids.every((id) => BigInt(id) < BigInt(first)),
    "older ones only",
  );
  await page.goBack();
  await page.waitForFunction((id) => document.querySelector("tbody a.mono")?.innerText === id, first);
});

test("a search finds one of them by its key", async () => {
  assert.ok((await timed("by key", "#/tasks?key=user+77777&stream=mail", () => rows(1))) < 3000);
});

test("an order for all of them is counted as far as that is quick", async () => {
  await turnTo(page, "#/tasks?name=mail");
  await page.getByRole("button", { name: "Cancel task…" }).click();
  const begun = Date.now();
  const verb = page.locator("dialog[open] button[type=submit]").filter({ hasText: /Cancel task \([\d,]+\+\)/ });
  await verb.waitFor({ timeout: 10_000 });
  console.log(`    counted: ${Date.now() - begun} ms`);
  await page.locator("dialog[open]").getByText(/^At least [\d,]+ tasks now/).waitFor();
  await page.keyboard.press("Escape");
  nothingWrong(page);
});
