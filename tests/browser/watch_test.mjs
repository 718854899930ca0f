// Watching a cluster: what changes is on the screen soon, and a connection that was lost comes back by itself.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Browser, live, nothingWrong, turnTo } from "./browser.mjs";
import { Cluster, waitFor } from "./cluster.mjs";

let cluster, browser;
before(async () => {
  [cluster, browser] = [await Cluster.start(), await Browser.start()];
});
after(async () => {
  await browser?.stop();
  await cluster?.stop();
});

const term = (page) =>
  page
    .locator(".leader .term")
    .innerText()
    .then(Number, () => 0);
const away = async (from) => cluster.names.find((n) => n !== from);

test("an empty cluster says what is there and what to do", async () => {
  const page = await browser.open(cluster.page());
  await live(page);
  assert.match(await page.locator(".tiles").innerText(), /Nodes active\s+3 of 3/);
  assert.equal(await page.locator(".matrix tbody tr").count(), 3, "streams");
  await turnTo(page, "#/tasks");
  await page.getByText("No tasks yet.").waitFor();
  await turnTo(page, "#/tasks/?state=failed");
  await page.getByText("No task is like that.").waitFor();
  await turnTo(page, "#/stream/nowhere");
  await page.getByText("There is no stream nowhere.").waitFor();
  await turnTo(page, "#/nothing");
  await page.getByText("There is no page nothing.").waitFor();
  nothingWrong(page);
  await page.close();
});

test("a killed leader's successor is on the screen within two seconds of its election", async () => {
  const { leader } = await cluster.status();
  const page = await browser.open(cluster.page(await away(leader.node)));
  await live(page);
  await waitFor("the leader on the page", async () => (await term(page)) === leader.term);
  await cluster.kill(leader.node);
  await page.waitForFunction((old) => Number(document.querySelector(".leader .term")?.textContent) > old, leader.term, {
    polling: 20,
    timeout: 20000,
  });
  const seen = Date.now();
  const late = seen - Date.parse((await cluster.status()).leader.since); // one machine, one clock
  console.log(`    the new term was on the page ${late} ms after its election`);
  assert.ok(late < 2000, `${late} ms after the election`);
  const noticed = page.locator(".noticed");
  await noticed.getByText(/leads, term/).waitFor();
  await noticed.getByText(`node ${leader.node} is dead`).waitFor();
  await noticed
    .getByText(/owns .* slots of mail|owns mail slot/)
    .first()
    .waitFor();
  cluster.begin(leader.node);
  await noticed.getByText(new RegExp(`node ${leader.node} came back`)).waitFor({ timeout: 30000 });
  await turnTo(page, "#/leader");
  await page.getByRole("cell", { name: "leads" }).waitFor();
  assert.ok((await page.locator("tbody tr").count()) >= 2, "terms");
  nothingWrong(page);
  await page.close();
});

test("a lost connection is said, and comes back by itself", async () => {
  const page = await browser.open(cluster.page("n1"));
  await live(page);
  await cluster.kill("n1");
  await page.getByRole("alert").filter({ hasText: "No connection" }).waitFor();
  cluster.begin("n1");
  await live(page);
  await page.getByRole("alert").waitFor({ state: "detached" });
  nothingWrong(page);
  await page.close();
});

test("a hidden tab reads no events", async () => {
  const page = await browser.open(cluster.page("n2"));
  await live(page);
  const hide = (hidden) =>
    page.evaluate((h) => {
      Object.defineProperty(document, "hidden", { value: h, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, hidden);
  const ended = page.waitForEvent("requestfailed", (r) => r.url().endsWith("/events"));
  await hide(true);
  await ended;
  await page.locator(".link-state.hidden").waitFor();
  await hide(false);
  await live(page);
  nothingWrong(page);
  await page.close();
});

test("ten tabs of one browser are all live, with one reader of events", async () => {
  const first = await browser.open(cluster.page("n2"));
  await live(first);
  let readers = 0;
  const rest = [];
  for (let i = 0; i < 9; ++i) {
    const page = await browser.open("about:blank", { beside: first });
    page.on("request", (r) => r.url().endsWith("/events") && ++readers);
    await page.goto(`${cluster.page("n2")}#/tasks`);
    rest.push(page);
  }
  for (const page of rest) await live(page);
  for (const page of rest) await page.getByText("No tasks yet.").waitFor();
  assert.equal(readers, 0, "readers besides the first tab");
  await first.close();
  await waitFor("another reader", () => readers > 0, 10);
  await live(rest[0]);
  for (const page of rest) nothingWrong(page);
  await rest[0].context().close();
});
