// Enhancement only: without this file the list is as fresh as the page.

const PAUSE = 1000; // Milliseconds between two refreshes, however much happens.
const LONGEST = 60_000; // Milliseconds between two tries where all fail.

const list = document.getElementById("live");
let waiting = false;
let paused = false;
let missed = false;
let wait = PAUSE;

const longer = (pause) => Math.min(2 * pause, LONGEST);

// Whoever is logged out or lacks the role now is shown so by the page itself.  Where the page comes
// back all the same, a second reload would not help either.  The state survives a reload.
function reloadOnce() {
  if (history.state?.reloaded) return;
  history.replaceState({ reloaded: true }, "");
  location.reload();
}

async function refresh() {
  const answer = await fetch(location.href, { headers: { accept: "text/html" } });
  const isRefused = answer.redirected || [401, 403, 404].includes(answer.status);
  if (isRefused) reloadOnce();
  if (isRefused || !answer.ok) throw new Error(`The list was answered with ${answer.status}`);
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  history.replaceState(null, "");
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

async function attempt() {
  waiting = false;
  try {
    await refresh();
    wait = PAUSE;
  } catch {
    wait = longer(wait);
    soon();
  }
}

function soon(evenPaused = false) {
  if (paused && !evenPaused) {
    missed = true;
  } else if (!waiting) {
    waiting = true;
    setTimeout(attempt, wait);
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

let began = false;
let silence = PAUSE;

function listen() {
  const events = new EventSource(list.dataset.events);
  events.addEventListener("open", () => {
    silence = PAUSE;
    // What happened while nobody listened is not told again.
    if (began) soon();
    began = true;
  });
  events.addEventListener("change", () => soon());
  events.addEventListener("error", () => {
    if (events.readyState !== EventSource.CLOSED) return; // the browser connects again by itself
    began = true;
    silence = longer(silence);
    setTimeout(listen, silence);
    soon(true); // it may have ended with the session
  });
}

listen();
