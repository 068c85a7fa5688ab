// Enhancement only: without this file the list is as fresh as the page.

const PAUSE = 1000; // Milliseconds between two refreshes, however much happens.

const list = document.getElementById("live");
let waiting = false;
let paused = false;
let missed = false;

async function refresh() {
  waiting = false;
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  if (!answer.ok || answer.redirected) {
    location.reload();
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const focused = document.activeElement?.getAttribute("href");
  if (paused) {
    missed = true;
    return;
  }
  list.replaceChildren(...fresh.getElementById("live").children);
  document.dispatchEvent(new Event("refreshed"));
  // The row in use may have moved: it is found by where it leads, not by where it stood.
  if (focused) {
    [...list.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }
}

function soon() {
  if (paused) {
    missed = true;
  } else if (!waiting) {
    waiting = true;
    setTimeout(() => refresh().catch(() => {}), PAUSE);
  }
}

// What moves by itself can be stopped, so that it can be read.
const pause = document.createElement("button");
pause.type = "button";
pause.className = "button plain small pause";
pause.textContent = "Pause";
pause.addEventListener("click", () => {
  paused = !paused;
  pause.textContent = paused ? "Resume" : "Pause";
  if (!paused && missed) soon();
  missed = paused && missed;
});
document.querySelector("h1").after(pause);

const events = new EventSource(list.dataset.events);
let began = false;
events.addEventListener("open", () => {
  // What happened while nobody listened is not told again.
  if (began) soon();
  began = true;
});
events.addEventListener("change", soon);
events.addEventListener("error", () => {
  if (events.readyState === EventSource.CLOSED) location.reload();
});
