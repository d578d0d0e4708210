// Passkeys: offers those of this browser at the sign-in, makes new ones, and tells the
// browser which of them still exist. What it needs to know is in data attributes.
(() => {
  "use strict";
  const Credential = window.PublicKeyCredential;
  if (!Credential || !Credential.parseRequestOptionsFromJSON || !Credential.parseCreationOptionsFromJSON) return;

  // A challenge is good for five minutes, so an open sign-in page gets another one before.
  const fresh = 4 * 60 * 1000;

  // tell tells the browser something, if it listens (WebAuthn Level 3 §5.1.10).
  const tell = (name, what) => {
    if (Credential[name]) Credential[name](JSON.parse(what)).catch(() => {});
  };

  // options asks the server for the options of a ceremony. There are none while the fields
  // beside are not right.
  const options = async (form) => {
    const answer = await fetch(form.dataset.options, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
    });
    const body = await answer.json();
    if (body.location) {
      window.location.assign(body.location);
      return new Promise(() => {});
    }
    if (answer.status === 422) return null;
    if (!answer.ok) throw new Error(answer.status);
    return body;
  };

  // say shows one of the form's sentences: cancelled, exists or failed.
  const say = (form, fault) => {
    if (fault.name === "AbortError") return;
    const said = form.querySelector("[role=status]");
    const which = { NotAllowedError: "cancelled", InvalidStateError: "exists" }[fault.name];
    said.textContent = said.dataset[which] || said.dataset.failed;
    said.hidden = false;
  };

  // beside are the fields that a form shares with the one beside it. They stand once in the
  // page, for programs that fill it in.
  const beside = ["request", "user_code", "to", "stay", "token", "username", "email", "otp"];

  // share copies them, and reports whether they can be sent.
  const share = (form) => {
    const other = document.getElementById(form.dataset.beside);
    const fields = other ? new FormData(other) : new FormData();
    for (const name of beside.filter((name) => fields.has(name))) {
      if (form.dataset.passkey === "create" && !other.elements[name].reportValidity()) return false;
      const field = form.elements[name] || form.appendChild(document.createElement("input"));
      Object.assign(field, { type: "hidden", name, value: fields.get(name) });
    }
    return true;
  };

  // send sends the form; without a credential, to be told what is wrong.
  const send = (form, credential) => {
    form.elements.passkey.value = credential ? JSON.stringify(credential) : "";
    if (share(form)) form.submit();
  };

  // signIn takes the sign-in page's form.
  const signIn = (form) => {
    let began = 0;
    let waiting;
    const get = async (mediation) => {
      if (waiting) waiting.abort();
      const mine = (waiting = new AbortController());
      began = Date.now();
      const publicKey = Credential.parseRequestOptionsFromJSON(await options(form));
      if (mine.signal.aborted) return;
      send(form, await navigator.credentials.get({ publicKey, mediation, signal: mine.signal }));
    };
    // Without a click nothing is said: the person may not even know that it was offered.
    const offer = () => get("conditional").catch(() => {});
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      get("optional").catch((fault) => { say(form, fault); });
    });
    form.hidden = false;
    if (!Credential.isConditionalMediationAvailable) return;
    Credential.isConditionalMediationAvailable().then((can) => {
      if (!can) return;
      offer();
      const again = () => { if (!document.hidden && Date.now() - began > fresh) offer(); };
      document.addEventListener("visibilitychange", again);
      setInterval(again, 60 * 1000);
    });
  };

  // add takes the form that makes a passkey.
  const add = (form) => {
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (!share(form)) return;
      try {
        const offered = await options(form);
        const publicKey = offered && Credential.parseCreationOptionsFromJSON(offered);
        send(form, publicKey && await navigator.credentials.create({ publicKey }));
      } catch (fault) {
        say(form, fault);
      }
    });
    form.hidden = false;
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    (form.dataset.passkey === "create" ? add : signIn)(form);
  }
  for (const page of document.querySelectorAll("[data-signal]")) {
    tell(page.dataset.signal, page.dataset.what);
  }
})();
