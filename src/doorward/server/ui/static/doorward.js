// Enhancement only: every page works without this file.

function reveal(input) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "reveal";
  button.setAttribute("aria-controls", input.id);
  // What is seen is the beginning of what is heard: two fields, two names.
  const field = document.createElement("span");
  field.className = "unseen";
  field.textContent = ` ${input.labels[0].textContent.trim().toLowerCase()}`;
  const show = (shown) => {
    input.type = shown ? "text" : "password";
    button.replaceChildren(shown ? "Hide" : "Show", field);
  };
  show(false);
  button.addEventListener("click", () => show(input.type === "password"));
  // A browser remembers what is typed into plain text fields, so none may leave the page as one.
  input.form.addEventListener("submit", () => show(false));
  input.after(button);
}

document.querySelectorAll("input[type=password]").forEach(reveal);

// Times are written in UTC.  Here they become those of the reader's clock, in the page's language.
const DAY = { day: "numeric", month: "short", year: "numeric" };
const CLOCK = { hour: "2-digit", minute: "2-digit" };
const FORMS = {
  date: { ...DAY, ...CLOCK, month: "long" },
  brief: { ...DAY, ...CLOCK },
  exact: { ...DAY, ...CLOCK, second: "2-digit" },
  title: { dateStyle: "long", timeStyle: "long" },
};

function inLocalTime(time) {
  const write = (form) => new Intl.DateTimeFormat("en-GB", form).format(new Date(time.dateTime));
  time.title = write(FORMS.title);
  const form = FORMS[time.dataset.form];
  if (form) time.textContent = write(form);
}

const localTimes = () => document.querySelectorAll("time").forEach(inLocalTime);
localTimes();
document.addEventListener("refreshed", localTimes);

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
