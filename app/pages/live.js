// Keeps the page's live part up to date. What has not changed is left alone, and with it focus, selection and what somebody has opened.
const part = document.querySelector("[data-live]");
const said = document.getElementById("said");
let tag = "";
let failures = 0;
let timer = 0;
let speech = 0;
let spokenAt = 0;

const pulse = () => part.querySelector("[data-part=pulse]").dataset;

function lookLater() {
  clearTimeout(timer);
  if (!document.hidden) timer = setTimeout(look, Math.min(60, pulse().every * 2 ** failures) * 1000);
}

async function look() {
  try {
    const answer = await fetch(part.dataset.live, { cache: "no-store", redirect: "manual", headers: tag ? { "if-none-match": tag } : {} });
    // Signed out, or not there any more: the page itself says which.
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 404) return location.reload();
    if (answer.status === 200) {
      show(await answer.text());
      tag = answer.headers.get("etag") ?? "";
    } else if (answer.status !== 304) throw new Error(answer.statusText);
    failures = 0;
  } catch {
    failures += 1;
  }
  part.toggleAttribute("data-stale", failures > 1);
  lookLater();
}

function show(text) {
  const before = pulse().say;
  const fresh = document.createElement("template");
  fresh.innerHTML = text;
  const next = new Map([...fresh.content.children].map((child) => [child.dataset.part, child]));
  for (const old of Array.from(part.children)) {
    const child = next.get(old.dataset.part);
    if (!child) old.remove();
    else if ((old.source ?? old.outerHTML) === child.outerHTML || isSelectedIn(old)) next.set(old.dataset.part, old);
    else put(child, old);
  }
  [...next.values()].forEach((child, index) => part.children[index] !== child && part.insertBefore(child, part.children[index] ?? null));
  if (pulse().say !== before) say(pulse().say);
}

function put(child, old) {
  child.source = child.outerHTML;
  const twin = (one) => (one.id ? child.querySelector("#" + CSS.escape(one.id)) : one.href && child.querySelector(`[href="${CSS.escape(one.getAttribute("href"))}"]`));
  for (const open of old.querySelectorAll("details[open]")) twin(open)?.setAttribute("open", "");
  const focused = old.contains(document.activeElement) && document.activeElement;
  const focus = focused && twin(focused.localName === "summary" ? focused.parentElement : focused);
  old.replaceWith(child);
  if (focus) (focus.querySelector("summary") ?? focus).focus({ preventScroll: true });
}

function isSelectedIn(old) {
  const selection = getSelection();
  return !selection.isCollapsed && old.contains(selection.anchorNode);
}

// At most every ten seconds, and then the latest.
function say(text) {
  clearTimeout(speech);
  speech = setTimeout(() => {
    spokenAt = Date.now();
    said.textContent = text;
  }, Math.max(300, spokenAt + 10_000 - Date.now()));
}

if (part) {
  document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(timer) : look()));
  lookLater();
}
