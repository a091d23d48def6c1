// A visitor with a browser, and what must be true of every page that they open.

import assert from "node:assert/strict";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const screenshots = new URL("../../target/screenshots/", import.meta.url).pathname;
await mkdir(screenshots, { recursive: true });

export const DESK = 1400;
export const PHONE = 360;

export function startBrowser() {
  // Chromium's own sandbox needs rights that root in a container does not have.
  return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
}

/** A page of its own, with everything it complained about in `complaints`. */
export async function open(browser, demo, { width = DESK, javaScriptEnabled = true } = {}) {
  const context = await browser.newContext({ baseURL: demo.address, viewport: { width, height: 900 }, javaScriptEnabled });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    if (!request.url().startsWith(demo.address)) complaints.push(`it asks another host: ${request.url()}`);
  });
  return { page, complaints, close: () => context.close() };
}

export async function signIn(page, demo, role) {
  await page.goto("/sign-in");
  await page.getByLabel("User name").fill(role);
  await page.getByLabel("Password").fill(demo.passwords[role]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => url.pathname === "/");
}

/** Keeps the page for people to look at. */
export async function keep(page, name) {
  await page.screenshot({ path: `${screenshots}${name}.png`, fullPage: true });
}

export async function assertFitsWidth(page, what) {
  const { wide, window } = await page.evaluate(() => ({
    wide: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  assert.ok(wide <= window, `${what} is ${wide} pixels wide and must be scrolled sideways`);
}

/** Only with script: axe runs within the page. Without script, the page's HTML is the same. */
export async function assertAccessible(page, what) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }),
  );
  const faults = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n${nodes.slice(0, 3).map((node) => `    ${node.html.slice(0, 200)}\n    ${node.any[0]?.message ?? ""}`).join("\n")}`,
  );
  assert.deepEqual(faults, [], `${what} has faults against WCAG 2.2 AA:\n${faults.join("\n")}`);
}
