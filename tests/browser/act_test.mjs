// Acting by the dashboard, and what became of it by the API.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { act, Browser, live, nothingWrong, turnTo } from "./browser.mjs";
import { Cluster, waitFor } from "./cluster.mjs";

let cluster, browser, page;
before(async () => {
  [cluster, browser] = [await Cluster.start(), await Browser.start()];
  page = await browser.open(cluster.page());
  await live(page);
});
after(async () => {
  await browser?.stop();
  await cluster?.stop();
});

const stream = async (name) => (await cluster.api("GET", `streams/${name}`)).body;
const inState = (id, state) => waitFor(`${id} ${state}`, async () => (await cluster.task(id)).state === state, 20);
const pick = (name, value) => (dialog) => dialog.locator(`[name=${name}]`).selectOption(value);

test("a task is enqueued with all digits of its numbers", async () => {
  await turnTo(page, "#/tasks");
  await act(page, "Enqueue…", "Enqueue", async (dialog) => {
    await dialog.locator("[name=name]").fill("mail");
    await dialog.locator("[name=key]").fill("key 1");
    await dialog.locator("[name=data]").fill('{"big": 9007199254740993123, "small": 0.10}');
  });
  await page.locator("h1").filter({ hasText: "mail" }).waitFor();
  await page.locator("#data").filter({ hasText: "9007199254740993123" }).waitFor();
  await page.locator("h1 .s-done").waitFor();
  await page.locator(".timeline").getByText("success").waitFor();
});

test("data that is no JSON is refused in the dialog", async () => {
  await turnTo(page, "#/tasks");
  await page.locator("#search").waitFor();
  await page.keyboard.press("e");
  const dialog = page.locator("dialog[open]");
  await dialog.locator("[name=name]").fill("mail");
  await dialog.locator("[name=data]").fill("{oops");
  await dialog.getByRole("button", { name: "Enqueue" }).click();
  await dialog.getByRole("alert").filter({ hasText: "no JSON" }).waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
});

test("a task that waits is retried, snoozed and cancelled", async () => {
  const id = await cluster.enqueue("later");
  await inState(id, "RETRY");
  await turnTo(page, `#/task/${id}`);
  await page.locator(".why").getByText("It is retried at").waitFor();
  await act(page, "Retry now…", "Retry now");
  await waitFor("a second attempt", async () => (await cluster.task(id)).attempts.length === 2);
  await page.locator(".timeline").getByText("attempt 2").waitFor();
  await act(page, "Snooze…", "Snooze", pick("for", "24h"));
  await waitFor(
    "a snooze",
    async () => new Date((await cluster.api("GET", `tasks/${id}/explain`)).body.due_at) - Date.now() > 80_000_000,
  );
  await act(page, "Cancel task…", "Cancel task");
  await inState(id, "CANCELLED");
  await page.locator("h1 .s-cancelled").waitFor();
  await act(page, "Requeue…", "Requeue");
  await page.waitForFunction((old) => !location.hash.endsWith(`/${old}`), id);
  await cluster.api("POST", "tasks:bulk", { filter: { name: "later" }, action: "cancel" });
});

test("a task that runs is cancelled", async () => {
  const id = await cluster.enqueue("slow");
  await inState(id, "IN PROGRESS");
  await turnTo(page, `#/task/${id}`);
  await page.locator("h1 .s-in-progress").waitFor();
  await act(page, "Cancel task…", "Cancel task");
  await inState(id, "CANCELLED");
});

test("all that a filter means are counted first, then ordered", async () => {
  const do_after = new Date(Date.now() + 3_600_000).toISOString();
  for (let i = 0; i < 60; ++i) await cluster.enqueue("mail", { key: `bulk ${i}`, do_after });
  await turnTo(page, "#/tasks");
  await page.locator("#search").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("name:mail state:ready");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash === "#/tasks?state=ready&name=mail");
  await page.locator("tbody tr").nth(49).waitFor();
  await page.getByRole("link", { name: "older" }).click();
  await page.locator("tbody tr").nth(9).waitFor();
  assert.equal(await page.locator("tbody tr").count(), 10, "the rest is on the second page");
  await page.goBack();
  await page.locator("tbody tr").nth(49).waitFor();
  await page.locator("tbody input").nth(0).check();
  await page.locator("tbody input").nth(1).check();
  await act(page, "Cancel task…", "Cancel task (2)");
  await page.locator(".toast").getByText("2 ").waitFor();
  await page.getByText("all that match").waitFor();
  const ready = async () => (await cluster.api("GET", "tasks?name=mail&state=ready&limit=1000")).body.items.length;
  await waitFor("two less", async () => (await ready()) === 58);
  await act(page, "Cancel task…", "Cancel task (58)");
  await page.getByText("No task is like that.").waitFor();
  const left = await cluster.api("GET", "tasks?name=mail&state=ready,in_progress,retry");
  assert.deepEqual(left.body.items, []);
});

test("a stream is paused, pinned, moved and let go", async () => {
  await turnTo(page, "#/stream/partner");
  await act(page, "Pause…", "Pause", pick("until", "60"));
  assert.match((await stream("partner")).paused, /^\d{4}-/);
  await page.locator(".head .s-paused").waitFor();
  await act(page, "Resume…", "Resume");
  const { owner } = (await stream("partner")).partitions[0];
  const other = cluster.names.find((n) => n !== owner);
  await act(page, "Pin…", "Pin", async (dialog) => {
    await pick("node", other)(dialog);
    await pick("policy", "prefer")(dialog);
  });
  const owned = (name) =>
    waitFor(`${name} owns partner`, async () => (await stream("partner")).partitions[0].owner === name);
  await owned(other);
  await page.locator("tbody").getByText(other).waitFor();
  await page.locator(".head").getByText("runs elsewhere while it is away").waitFor();
  assert.equal((await stream("partner")).pin_policy, "prefer");
  await act(page, "Unpin…", "Unpin");
  assert.equal((await stream("partner")).pin, null);
  await act(page, "Move…", "Move", pick("node", owner));
  await owned(owner);
});

test("an action on a picture that has changed says: look again", async () => {
  await turnTo(page, "#/stream/partner");
  await page.getByRole("button", { name: "Move…" }).click();
  const dialog = page.locator("dialog[open]");
  await dialog.waitFor();
  const { owner, epoch } = (await stream("partner")).partitions[0];
  const [there, third] = cluster.names.filter((n) => n !== owner);
  await cluster.api("POST", "streams/partner:pin", { node: there });
  await waitFor("another epoch", async () => (await stream("partner")).partitions[0].epoch > epoch);
  await dialog.locator("[name=node]").selectOption(third);
  await dialog.getByRole("button", { name: "Move" }).click();
  await dialog.getByRole("alert").filter({ hasText: "stale epoch" }).waitFor();
  await dialog.getByRole("button", { name: "Look again" }).click();
  await dialog.waitFor({ state: "detached" });
  await cluster.api("POST", "streams/partner:unpin", {});
});

test("a node is drained, with its progress in sight, and taken back", async () => {
  await turnTo(page, "#/node/n3");
  await act(page, "Drain…", "Drain");
  await page.getByText("drained: owns and runs nothing").waitFor();
  assert.deepEqual((await cluster.api("GET", "nodes/n3")).body.owns, []);
  await act(page, "Undrain…", "Undrain");
  await waitFor("its share again", async () => (await cluster.api("GET", "nodes/n3")).body.owns.length > 0);
});

test("a leader resigns", async () => {
  const { term } = (await cluster.status()).leader;
  await turnTo(page, "#/cluster");
  await act(page, "Resign…", "Resign");
  await page.waitForFunction((old) => Number(document.querySelector(".leader .term")?.textContent) > old, term);
});

test("a schedule is read in words, triggered, paused and resumed", async () => {
  await turnTo(page, "#/schedules");
  const row = page.locator("tr").filter({ hasText: "nightly" });
  await row.getByText("at 02:00 every day").waitFor();
  await row.locator("button.link").click();
  await page.locator("dialog .ticks li").nth(4).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  const answer = async (verb) => {
    await row.getByRole("button", { name: `${verb}…` }).click();
    await page.locator("dialog[open] button[type=submit]").click();
    await page.locator("dialog").waitFor({ state: "detached" });
  };
  await answer("Trigger");
  await page
    .locator(".toast")
    .getByText(/task \d+ is enqueued/)
    .waitFor();
  await answer("Pause");
  await row.getByText("paused").waitFor();
  await answer("Resume");
  await row.getByText("ticks").waitFor();
});

test("the keyboard goes everywhere", async () => {
  await turnTo(page, "#/cluster");
  for (const [key, hash] of [
    ["t", "#/tasks"],
    ["s", "#/schedules"],
    ["n", "#/nodes"],
    ["l", "#/leader"],
    ["w", "#/warnings"],
    ["c", "#/cluster"],
  ]) {
    await page.keyboard.press("g");
    await page.keyboard.press(key);
    await page.waitForFunction((h) => location.hash === h, hash);
  }
  await page.keyboard.press("?");
  await page.locator("dialog[open]").getByText("this list").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
});

test("nothing went wrong in the browser meanwhile", () => nothingWrong(page));
