// Enhancement only: every page works without this file.

function reveal(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.textContent = "Show";
  button.setAttribute("aria-controls", input.id);
  button.setAttribute("aria-pressed", "false");
  button.setAttribute("aria-label", `Show ${input.labels[0].textContent.trim().toLowerCase()}`);
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.textContent = shown ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(shown));
  };
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser remembers what is typed into plain text fields, so none may leave the page as one.
  input.form.addEventListener("submit", () => show(false));
  input.after(button);
}

document.querySelectorAll("input[type=password]").forEach(reveal);

// A one-time link is a secret: once its ticket is in the form, it need not stay in the history.
if (document.querySelector("input[name=ticket]")) {
  history.replaceState(null, "", location.pathname);
}

// A page from the back-forward cache may belong to a session that has ended: load it again.
addEventListener("pageshow", (event) => {
  if (event.persisted) {
    document.documentElement.style.visibility = "hidden";
    location.replace(location.pathname + location.search);
  }
});
