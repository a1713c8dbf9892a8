const part = document.querySelector("[data-live]");
if (part) setInterval(() => refresh(part), 3000);

async function refresh(part) {
  const answer = await fetch(part.dataset.live);
  if (answer.ok) part.innerHTML = await answer.text();
}
