// Processor times, which tell speed on a machine that has other work too.

import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** Of /proc/PID/stat on Linux. */
const TICKS_PER_SECOND = 100;

/** Starts counting the seconds that the pages of the browser that this process has started work, all threads together. Gives a function that tells them. */
export function pages() {
  const before = ticksOfPages();
  return () => {
    let ticks = 0;
    for (const [pid, after] of ticksOfPages()) ticks += after - (before.get(pid) ?? 0);
    return ticks / TICKS_PER_SECOND;
  };
}

/** By process. */
function ticksOfPages() {
  const processes = new Map();
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      // Behind the name, which is in brackets: state, parent, …
      const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /s, "").split(" ");
      const renderer = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("--type=renderer");
      processes.set(Number(pid), { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]), renderer });
    } catch {
      // It has ended meanwhile.
    }
  }
  const ours = (pid) => pid === process.pid || (processes.has(pid) && ours(processes.get(pid).parent));
  return new Map([...processes].filter(([pid, { renderer }]) => renderer && ours(pid)).map(([pid, { ticks }]) => [pid, ticks]));
}

/** Seconds that a command has worked. */
export function command(...parts) {
  const script = 'TIMEFORMAT="%U %S"; time "$@" >/dev/null';
  const output = execFileSync("bash", ["-c", `{ ${script}; } 2>&1`, "bash", ...parts], { encoding: "utf8" });
  const [user, system] = output.trim().split("\n").at(-1).split(" ").map(Number);
  return user + system;
}
