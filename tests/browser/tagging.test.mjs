// The workbench as taggers use it: by keyboard, by touch, without script, and two at once.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";

import { startDemo } from "./demo.mjs";
import { assertAccessible, assertFitsWidth, DESK, keep, open, PHONE, signIn, startBrowser } from "./visit.mjs";

let demo;
let browser;

before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** Somebody at the workbench. */
async function atWork(role, options) {
  const visit = await open(browser, demo, options);
  await signIn(visit.page, demo, role);
  return visit;
}

const cards = (page) => page.locator("[data-card]");
const current = (page) => page.locator("[data-card][aria-current]");
const folded = (page) => page.locator("[data-card][data-folded]");
const status = (page) => page.locator("[data-status]");
const told = (page) => page.locator("[data-told]");
const numbers = (page) => cards(page).evaluateAll((all) => all.map((card) => card.dataset.card));
const focused = (page) => page.evaluate(() => document.activeElement?.dataset.card);

/** Waits until the server has answered, and says so. */
async function said(page, pattern) {
  await status(page).filter({ hasText: pattern }).waitFor({ state: "attached" });
}

/** The key of a category, as its button shows it. */
async function keyOf(page, name) {
  return page.locator(".wl-choose", { hasText: name }).getAttribute("data-key");
}

/** Goes to a card by the arrow keys. */
async function goTo(page, number) {
  const all = await numbers(page);
  const steps = all.indexOf(number) - all.indexOf(await current(page).getAttribute("data-card"));
  for (let step = 0; step < Math.abs(steps); step += 1) await page.keyboard.press(steps > 0 ? "ArrowDown" : "ArrowUp");
  assert.equal(await current(page).getAttribute("data-card"), number);
}

/** A search that finds a card with others like it. */
async function cardWithOthers(page) {
  await page.goto("/tag?text=password");
  const others = cards(page).filter({ hasText: / more like this/ }).first();
  await others.waitFor();
  return others.getAttribute("data-card");
}

describe("a tagger with a keyboard", () => {
  let visit;
  before(async () => {
    visit = await atWork("tagger");
    await visit.page.goto("/tag");
  });
  after(() => visit.close());

  test("moves, tags with one key, sees the card fold away, and takes it back", async () => {
    const { page, complaints } = visit;
    const [first, second, third] = await numbers(page);
    assert.equal(await current(page).getAttribute("data-card"), first);
    await page.keyboard.press("j");
    assert.equal(await focused(page), second);
    await page.keyboard.press("k");
    await page.keyboard.press("ArrowDown");
    assert.equal(await focused(page), second);
    await page.keyboard.press(await keyOf(page, "Fixing what broke"));
    assert.equal(await focused(page), third, "the next card has the focus at once");
    await said(page, /^Tagged \S+ as “Fixing what broke”/);
    assert.equal(await folded(page).getAttribute("data-card"), second);
    assert.match(await page.locator("[data-session]").innerText(), /^1 tagged in this session, under a minute/);
    await keep(page, "tag-by-key");
    await assertAccessible(page, "the queue after a tag");

    await page.keyboard.press("u");
    await said(page, /^Undone: 1 item/);
    assert.equal(await folded(page).count(), 0);
    assert.equal(await focused(page), second, "one is back where one was");
    assert.match(await page.locator("[data-session]").innerText(), /^0 tagged/);
    assert.deepEqual(complaints, []);
  });

  test("accepts what the machine says with Enter, and that is what counts", async () => {
    const { page } = visit;
    const card = page.locator("[data-card][data-suggestion]:not([data-folded])").first();
    const number = await card.getAttribute("data-card");
    await goTo(page, number);
    const category = await card.locator(".wl-item__says strong").innerText();
    await page.keyboard.press("Enter");
    await said(page, new RegExp(`^Tagged \\S+ as “${category}”`));
    const other = await page.context().newPage();
    await other.goto(`/tag/history?item=${number}`);
    const [row] = await other.locator("tbody tr").allInnerTexts();
    await other.close();
    assert.ok(row.includes(category) && row.includes("tagger"), row);
    await page.keyboard.press("u");
    await said(page, /^Undone/);
  });

  test("selects several and tags them as one action", async () => {
    const { page } = visit;
    await page.reload();
    const [first, second] = await numbers(page);
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    assert.equal(await page.locator("[data-palette-name]").innerText(), "Tag 2 items selected as");
    await page.keyboard.press(await keyOf(page, "Design and advice"));
    await said(page, /^Tagged 2 items as “Design and advice”/);
    assert.deepEqual(await folded(page).evaluateAll((all) => all.map((card) => card.dataset.card)), [first, second]);
    await page.keyboard.press("u");
    await said(page, /^Undone: 2 items/);
  });

  test("tags all that is like the last one, and undoes it as one", async () => {
    const { page } = visit;
    const number = await cardWithOthers(page);
    await goTo(page, number);
    await page.keyboard.press(await keyOf(page, "Accounts, starters"));
    await said(page, /others? (is|are) like it/);
    const others = Number((await status(page).innerText()).match(/([\d,]+) others? (is|are) like it/)[1]);
    await page.keyboard.press("s");
    await said(page, new RegExp(`^Tagged ${others} items? like \\S+ as “Accounts`));
    await page.keyboard.press("u");
    await said(page, new RegExp(`^Undone: ${others} items?`));
    await page.keyboard.press("u");
    await said(page, /^Undone: 1 item/);
    assert.equal(await folded(page).count(), 0);
  });

  test("searches, and keys are letters while one types", async () => {
    const { page } = visit;
    await page.goto("/tag");
    await page.keyboard.press("/");
    await page.keyboard.type("jux printer");
    assert.equal(await page.getByLabel("Words or reference").inputValue(), "jux printer");
    assert.equal(await folded(page).count(), 0);
    await page.getByLabel("Words or reference").fill("printer");
    await page.keyboard.press("Enter");
    await page.waitForURL(/text=printer/);
    for (const title of await page.locator(".wl-item__title").allInnerTexts()) assert.match(title, /printer/i);
  });

  test("opens the list of keys, turns them off, and they stay off", async () => {
    const { page } = visit;
    await page.goto("/tag");
    await page.keyboard.press("?");
    const keys = page.getByRole("dialog", { name: "Keys" });
    await keys.waitFor();
    await keep(page, "tag-keys");
    await assertAccessible(page, "the list of keys");
    await page.keyboard.press("Escape");
    await keys.waitFor({ state: "hidden" });

    const use = page.getByLabel(/Use these keys/);
    await page.getByRole("button", { name: /^Keys/ }).click();
    await use.uncheck();
    await page.keyboard.press("Escape");
    await page.reload();
    const [first] = await numbers(page);
    await page.keyboard.press("j");
    await page.keyboard.press(await keyOf(page, "Fixing what broke"));
    assert.equal(await current(page).getAttribute("data-card"), first);
    assert.equal(await folded(page).count(), 0);
    await page.getByRole("button", { name: /^Keys/ }).click();
    await use.check();
    await page.keyboard.press("Escape");
    await page.keyboard.press("j");
    assert.notEqual(await current(page).getAttribute("data-card"), first);
  });

  test("goes on to the next page, by key and by itself when all is done", async () => {
    const { page, complaints } = visit;
    await page.goto("/tag");
    const before = await numbers(page);
    await page.keyboard.press("n");
    await page.waitForURL(/after=/);
    assert.ok((await numbers(page)).every((number) => !before.includes(number)));
    assert.equal(await focused(page), (await numbers(page))[0], "work goes on where the page before ended");

    const key = await keyOf(page, "Routine requests");
    const place = page.url();
    const here = await numbers(page);
    for (let card = 0; card < here.length; card += 1) await page.keyboard.press(key);
    await page.waitForURL((url) => url.href !== place && url.search.includes("tagged="));
    assert.match(await told(page).innerText(), /Tagged 1 item as “Routine requests”/);
    assert.ok((await numbers(page)).every((number) => !here.includes(number)), "none was left behind");
    assert.match(await page.locator("[data-session]").innerText(), new RegExp(`^${here.length} tagged`));
    await page.goto("/tag/history?who=me");
    const rows = await page.locator("tbody tr").allInnerTexts();
    const sent = rows.slice(0, here.length).filter((row) => row.includes("Routine requests") && !row.includes("Taken back"));
    assert.equal(sent.length, here.length, "every one arrived");
    assert.deepEqual(complaints, []);
  });
});

test("what could not be sent comes back with the reason", async () => {
  const { page, close } = await atWork("tagger");
  await page.goto("/tag");
  const [first] = await numbers(page);
  const key = await keyOf(page, "Patching");
  await page.route("**/tag", (route) => (route.request().method() === "POST" ? route.abort() : route.continue()));
  await page.keyboard.press(key);
  await page.getByRole("alert").filter({ hasText: /not tagged. Waterline cannot be reached/ }).waitFor({ state: "attached" });
  assert.equal(await folded(page).count(), 0);
  assert.equal(await focused(page), first);
  await keep(page, "tag-not-sent");
  await page.unroute("**/tag");
  await page.context().clearCookies();
  await page.keyboard.press(key);
  await page.getByRole("alert").filter({ hasText: /You are signed out/ }).waitFor({ state: "attached" });
  await page.getByRole("link", { name: "Load this page again" }).click();
  await page.waitForURL(/sign-in\?next=/);
  await close();
});

test("two people on one queue get different work, and the first tag is told", async () => {
  const [hers, his] = await Promise.all([atWork("tagger"), atWork("admin")]);
  await Promise.all([hers.page.goto("/tag"), his.page.goto("/tag")]);
  const [before, others] = [await numbers(hers.page), await numbers(his.page)];
  assert.ok(before.length > 0 && others.length > 0);
  assert.ok(others.every((number) => !before.includes(number)));
  assert.match(await his.page.getByRole("main").innerText(), /Colleagues have \d+ items before them now/);

  const reference = await cards(hers.page).first().locator(".wl-item__reference").innerText();
  await his.page.goto(`/tag/list?text=${reference}`);
  await his.page.getByLabel("Tag as").selectOption("supplier");
  await his.page.getByRole("button", { name: `Tag only ${reference}` }).click();
  await his.page.getByRole("heading", { name: "Done", exact: true }).waitFor();

  const key = await keyOf(hers.page, "Patching");
  await hers.page.keyboard.press(key);
  const problem = hers.page.locator(".wl-item__problem");
  await problem.waitFor();
  assert.match(await problem.innerText(), new RegExp(`Admin tagged ${reference} as “Suppliers and contracts” just now`));
  await keep(hers.page, "tag-news");
  await assertAccessible(hers.page, "a card that somebody else tagged");
  await hers.page.keyboard.press(key);
  await said(hers.page, /^Tagged \S+ as “Patching”/);
  await hers.page.keyboard.press("u");
  await said(hers.page, /^Undone/);
  await Promise.all([hers.close(), his.close()]);
});

test("all of it works without script", async () => {
  const { page, close } = await atWork("tagger", { javaScriptEnabled: false });
  await page.goto("/tag");
  const [first, second, third] = await numbers(page);
  const done = page.getByRole("heading", { name: "Done", exact: true });
  await page.locator(`#item-${first}`).check();
  await page.locator(`#item-${second}`).check();
  await page.getByRole("button", { name: "Design and advice" }).click();
  await done.waitFor();
  assert.match(await told(page).innerText(), /Tagged 2 items as “Design and advice”/);
  assert.ok(!(await numbers(page)).some((number) => number === first || number === second));
  assert.equal((await numbers(page))[0], third);
  await page.getByRole("button", { name: /Undo my last tagging/ }).click();
  await page.waitForURL(/undone=2/);

  await page.getByRole("button", { name: "Design and advice" }).click();
  assert.match(await page.getByRole("alert").first().innerText(), /Select the items that you want to tag/);

  const number = await cardWithOthers(page);
  const card = page.locator(`#card-${number}`);
  await card.getByRole("button", { name: /^Accept/ }).click();
  await done.waitFor();
  await page.getByRole("button", { name: /^Tag the .* like it too/ }).click();
  await page.waitForURL((url) => !url.searchParams.has("of"));
  assert.match(await told(page).innerText(), /Tagged [\d,]+ items? as/);
  await page.getByRole("button", { name: /Undo my last tagging/ }).click();
  await page.waitForURL(/undone=/);

  await page.goto("/tag");
  const shown = await numbers(page);
  await page.getByRole("link", { name: "Next page" }).click();
  assert.ok((await numbers(page)).every((number) => !shown.includes(number)));

  await page.goto("/tag/list?text=password");
  await page.getByLabel("Tag as").selectOption("access");
  await page.getByRole("button", { name: /^Tag all .* that nobody tagged/ }).click();
  await done.waitFor();
  await page.getByRole("link", { name: "Who tagged what" }).click();
  await page.getByRole("button", { name: /^Undo/ }).first().click();
  await done.waitFor();
  await close();
});

test("a finger finds the categories at the foot of the screen", async () => {
  const { page, complaints, close } = await atWork("tagger", { width: PHONE });
  await page.goto("/tag");
  const [first] = await numbers(page);
  const toggle = page.locator("[data-palette-toggle]");
  await toggle.click();
  await keep(page, "tag-palette-360");
  await assertAccessible(page, "the categories on a telephone");
  await page.getByRole("button", { name: "Cyber security" }).click();
  await said(page, /as “Cyber security”/);
  assert.equal(await folded(page).getAttribute("data-card"), first);
  assert.equal(await toggle.getAttribute("aria-expanded"), "false");
  await keep(page, "tag-done-360");
  await told(page).getByRole("button", { name: /Undo/ }).click();
  await said(page, /^Undone/);
  assert.deepEqual(complaints, []);
  await close();
});

for (const width of [DESK, PHONE]) {
  test(`the views are sound, ${width} pixels wide`, async (context) => {
    const { page, complaints, close } = await atWork("admin", { width });
    for (const path of ["/tag", "/tag?text=no-such-word", "/tag?category=unclassified", "/tag/list?text=printer", "/tag/history", "/tag/history?who=me"]) {
      await context.test(path, async () => {
        const answer = await page.goto(path);
        assert.equal(answer.status(), 200);
        assert.equal(await page.getByRole("heading", { level: 1 }).count(), 1);
        await keep(page, `${path.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "")}-${width}`);
        await assertFitsWidth(page, path);
        await assertAccessible(page, path);
        assert.deepEqual(complaints.splice(0), []);
      });
    }
    await close();
  });
}
