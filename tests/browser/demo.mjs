// Starts the built binary as anyone would who tries Waterline, and reads off the terminal where it is and
// who may sign in.

import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const binary = new URL("../../target/debug/waterline", import.meta.url).pathname;

/** Serves a small simulated trust until `stop()`. Resolves once all its tickets are in. */
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), "waterline-browser-"));
  const demo = spawn(binary, ["demo", "--scale", "0.02", "--port", "0", "--data", folder], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  const stop = async () => {
    if (demo.exitCode === null) {
      const ended = new Promise((resolve) => demo.once("exit", resolve));
      demo.kill("SIGINT");
      await ended;
    }
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const said = await saidBy(demo, "All tickets are in.", 120_000);
    const [address] = said.match(/http:\/\/\S+(?=\/)/);
    const passwords = Object.fromEntries(
      [...said.matchAll(/(board|tagger|admin) +([a-z0-9]{4}(?:-[a-z0-9]{4}){3})/g)].map(([, role, password]) => [role, password]),
    );
    return { address, passwords, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function saidBy(demo, last, patience) {
  return new Promise((resolve, reject) => {
    let said = "";
    const give = (reason) => reject(new Error(`${reason}; it said:\n${said}`));
    const timer = setTimeout(() => give(`the demo did not say "${last}" in time`), patience);
    for (const stream of [demo.stdout, demo.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        said += text;
        if (said.includes(last)) {
          clearTimeout(timer);
          resolve(said);
        }
      });
    }
    demo.once("error", (error) => give(error.message));
    demo.once("exit", (code) => give(`the demo ended with ${code}`));
  });
}
