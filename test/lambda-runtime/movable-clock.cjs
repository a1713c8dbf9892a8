/** For NODE_OPTIONS: each SIGUSR2 moves the process's clock six minutes ahead, past the age at which the App's secret is read again. */
"use strict";
const realNow = Date.now;
let ahead = 0;
process.on("SIGUSR2", () => {
  ahead += 6 * 60_000;
  process.stdout.write("CLOCK MOVED\n");
});
Date.now = () => realNow() + ahead;
