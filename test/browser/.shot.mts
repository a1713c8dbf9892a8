import { launchChromium } from "./support/launch-chromium.ts";
const o = "http://localhost:3222";
const c = await launchChromium();
for (const width of [1280, 375]) {
  const t = await c.open({ width });
  const { page } = t;
  const shot = async (n) => { await page.waitForTimeout(300); await page.screenshot({ path: `/tmp/shots/${n}-${width}.png`, fullPage: true }); };
  await page.goto(o); await shot("signin");
  await page.getByRole("link", { name: "Sign in with GitHub" }).click();
  await page.waitForTimeout(500); await shot("github");
  await page.getByRole("button", { name: "ada" }).click();
  await page.waitForURL(o + "/"); await shot("installations");
  const href = await page.locator('a[href^="/installations/"]').first().getAttribute("href");
  await page.goto(o + href); await shot("installation");
  const jobs = await page.locator('a[href^="/jobs/"]').evaluateAll((as) => [...new Set(as.map((a) => [a.getAttribute("href"), a.textContent].join(" ")))]);
  console.log(jobs);
  await page.goto(o + jobs[0].split(" ")[0]); await shot("job");
  const ign = jobs.find((j) => /docs/.test(j)); if (ign) { await page.goto(o + ign.split(" ")[0]); await shot("job-ignored"); await page.getByRole("link", { name: "Why?" }).last().click(); await page.waitForTimeout(500); await shot("why"); }
  await page.goto(o + "/why"); await shot("why-empty");
  await page.goto(o + "/installed?installation_id=" + href.split("/").pop() + "&setup_action=install"); await shot("installed");
  await page.goto(o + "/nowhere"); await shot("404");
  await page.goto(o + href + "/jobs?which=ended"); await shot("jobs");
  console.log(t.troubles);
}
await c.close();
