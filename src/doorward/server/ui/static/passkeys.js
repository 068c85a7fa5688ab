// Hands on what the browser and the server say to each other about passkeys.

const RENEW = 4 * 60 * 1000; // Milliseconds: a challenge lasts five minutes.
const UNABLE = "This browser cannot use passkeys.";
const SENTENCES = {
  NotAllowedError: "No passkey was used. Try again.",
  InvalidStateError: "This device has a passkey for your account already.",
  SecurityError: "Passkeys do not work at this address.",
};

const able = "parseCreationOptionsFromJSON" in (window.PublicKeyCredential ?? {});
let waiting = new AbortController(); // Ends the request that is under way: there may be only one.

async function ask(address, body = {}) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(address, { method: "POST", headers, body: JSON.stringify(body) });
  const said = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(said.detail), { name: said.reason });
  return said;
}

function tell(place, sentence) {
  place.querySelector(".say")?.remove();
  const said = document.createElement("p");
  said.className = "say error";
  said.role = "alert";
  place.append(said);
  said.textContent = sentence; // Last: what stands in an alert from the beginning is not read out.
}

const words = (error) => SENTENCES[error.name] ?? error.message;

async function choose({ dataset }, mediation) {
  waiting.abort();
  waiting = new AbortController();
  const { signal } = waiting;
  const options = await ask(`${dataset.passkey}/options`, { ticket: dataset.ticket });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(options);
  const credential = await navigator.credentials.get({ publicKey, mediation, signal });
  return { credential, rpId: options.rpId };
}

async function send({ dataset }, { credential, rpId }) {
  try {
    await ask(dataset.passkey, { credential: credential.toJSON(), ticket: dataset.ticket });
  } catch (error) {
    // So that the browser stops offering a passkey that was removed here.
    if (error.name === "unknown_passkey") {
      await PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId: credential.id });
    }
    throw error;
  }
  location.assign(dataset.next);
}

async function onPress(place) {
  try {
    await send(place, await choose(place));
  } catch (error) {
    tell(place, words(error));
    await inField(place);
  }
}

// Passkeys among what the browser offers in the field for the name.
async function inField(place) {
  if (!("conditional" in place.dataset)) return;
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  // What fails before the person chose one is no news to them.
  const chosen = await choose(place, "conditional").catch(() => null);
  if (chosen) await send(place, chosen).catch((error) => tell(place, words(error)));
}

function offer(place) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button plain";
  button.textContent = place.dataset.label;
  let pressed = false;
  button.addEventListener("click", async () => {
    pressed = true;
    await onPress(place);
    pressed = false;
  });
  place.append(button);
  inField(place);
  setInterval(() => {
    if (!document.hidden && !pressed) inField(place);
  }, RENEW);
}

async function add(form) {
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const options = await ask(form.dataset.create);
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
    const credential = await navigator.credentials.create({ publicKey });
    form.elements.credential.value = JSON.stringify(credential.toJSON());
    form.submit();
  } catch (error) {
    button.disabled = false;
    tell(form, words(error));
  }
}

// A password manager may make one by itself after a login with the password.
async function addUnasked(address) {
  if (!(await PublicKeyCredential.getClientCapabilities?.())?.conditionalCreate) return;
  const options = await ask(`${address}/options`, { unasked: true });
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options);
  const credential = await navigator.credentials.create({ publicKey, mediation: "conditional" });
  await ask(address, { unasked: true, credential: credential.toJSON() });
}

// The browser's own list follows ours.  Of the last passkey that was removed no user handle is left.
async function follow({ rpId, userId, name, ids }) {
  const removed = sessionStorage.getItem("removed passkey");
  sessionStorage.removeItem("removed passkey");
  if (userId) {
    await PublicKeyCredential.signalAllAcceptedCredentials?.({ rpId, userId, allAcceptedCredentialIds: ids });
    await PublicKeyCredential.signalCurrentUserDetails?.({ rpId, userId, name, displayName: name });
  }
  if (removed && !ids.includes(removed)) {
    await PublicKeyCredential.signalUnknownCredential?.({ rpId, credentialId: removed });
  }
}

const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

if (able) {
  each("[data-passkey]", offer);
  each("[data-unasked]", (place) => addUnasked(place.dataset.unasked).catch(() => {}));
  each("[data-accepted]", (place) => follow(JSON.parse(place.dataset.accepted)).catch(() => {}));
} else {
  each("[data-passkey]:not([data-conditional])", (place) => tell(place, UNABLE));
}
each("form[data-create]", (form) => {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (able) add(form);
    else tell(form, UNABLE);
  });
});
each("form[data-removes]", (form) => {
  form.addEventListener("submit", () => sessionStorage.setItem("removed passkey", form.dataset.removes));
});
