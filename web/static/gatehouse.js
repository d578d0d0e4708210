// What pages do only with a script. Each part is hidden until this has run.
"use strict";
for (const button of document.querySelectorAll("button[data-show]")) {
  const input = document.getElementById(button.dataset.show);
  const show = on => {
    input.type = on ? "text" : "password";
    button.setAttribute("aria-pressed", on);
  };
  button.hidden = false;
  button.addEventListener("click", () => show(input.type === "password"));
  input.form.addEventListener("submit", () => show(false));
}
for (const button of document.querySelectorAll("button[data-copy]")) {
  const said = button.querySelector("[data-copied]");
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
    said.textContent = said.dataset.copied;
    setTimeout(() => { said.textContent = ""; }, 2000);
  });
}
for (const part of document.querySelectorAll("[data-script]")) part.hidden = false;
// Where the places to go to scroll sideways, the present one is in view.
for (const here of document.querySelectorAll(".jump [aria-current]")) here.parentElement.scrollLeft = here.offsetLeft - 24;
// A page about something secret does not show it again, neither after a reload nor on the way
// back: the form that led to it is forgotten, and so is the copy that the browser keeps.
for (const secret of document.querySelectorAll("[data-forget]")) {
  history.replaceState(null, "", location.pathname);
  addEventListener("pagehide", () => secret.replaceChildren());
  addEventListener("pageshow", event => { if (event.persisted) location.reload(); });
}
// part fetches a part of the page at an address. Where that leads elsewhere, as to the
// sign-in, the page goes there itself.
const part = async (address, name, signal) => {
  const url = new URL(address, location.href);
  url.searchParams.set("part", name);
  const answer = await fetch(url, { signal });
  if (answer.redirected || answer.status > 400) location.assign(address);
  return answer.text();
};
// A search answers while it is typed.
for (const form of document.querySelectorAll("form[data-live]")) {
  const list = document.getElementById(form.dataset.live), said = document.getElementById(form.dataset.live + "-said");
  const input = form.querySelector("[type=search]");
  let wait, asked = new AbortController();
  const look = async () => {
    asked.abort();
    asked = new AbortController();
    const query = new URLSearchParams([...new FormData(form)].filter(([, value]) => value));
    const address = form.action + (query.size ? "?" + query : "");
    try {
      list.innerHTML = await part(address, form.dataset.live, asked.signal);
    } catch (e) {
      if (e.name !== "AbortError") form.submit();
      return;
    }
    history.replaceState(null, "", address);
    said.textContent = (list.querySelector("[data-said]") || list).textContent;
  };
  input.addEventListener("input", () => {
    clearTimeout(wait);
    wait = setTimeout(look, 150);
  });
  // The keys of the list, which are off while somebody types.
  const rows = () => [...list.querySelectorAll("[data-row]")];
  const move = by => {
    const all = rows(), at = all.findIndex(row => row.classList.contains("here"));
    const next = all[Math.min(all.length - 1, Math.max(0, at + by))];
    if (!next) return;
    all.forEach(row => row.classList.toggle("here", row === next));
    next.querySelector("a").focus();
  };
  const keys = {
    "/": () => { input.focus(); input.select(); },
    j: () => move(1), ArrowDown: () => move(1), k: () => move(-1), ArrowUp: () => move(-1),
    x: here => here && here.querySelector("input") && here.querySelector("input").click(),
    Enter: here => here && here.querySelector("a").click(),
    "?": () => { document.getElementById("keys").open = true; },
  };
  // Those of one character can be switched off (WCAG 2.1.4); the browser remembers it.
  const single = document.getElementById("keys-on");
  single.checked = localStorage.getItem("keys") !== "off";
  single.addEventListener("change", () => localStorage.setItem("keys", single.checked ? "on" : "off"));
  document.addEventListener("keydown", event => {
    const on = event.target;
    if (event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
    if (event.key.length === 1 && !single.checked) return;
    if (on.matches("textarea, select, input:not([type=checkbox])")) {
      if (on !== input || event.key !== "ArrowDown") return;
    }
    if (event.key === "Enter" && on !== document.body) return;
    event.preventDefault();
    keys[event.key](list.querySelector(".here"));
  });
}
// What goes on is shown every second.
for (const region of document.querySelectorAll("[data-follow]")) {
  const look = async () => {
    if (!region.querySelector("[data-going]")) return;
    if (!region.contains(document.activeElement)) {
      try { region.innerHTML = await part(location.href, region.id); } catch { /* the next look may find it */ }
    }
    setTimeout(look, 1000);
  };
  setTimeout(look, 1000);
}
// A list that can be followed asks for what is new, and puts it on top, unless the page is scrolled.
for (const follow of document.querySelectorAll("button[data-fresh]")) {
  const list = document.querySelector("[data-rows]"), waiting = document.querySelector("[data-waiting]");
  if (!list) break;
  let fresh = [];
  const known = row => list.querySelector(`[data-event="${row.dataset.event}"]`) || fresh.some(f => f.dataset.event === row.dataset.event);
  const show = () => {
    if (scrollY < 80) {
      const day = list.querySelector(".day");
      fresh.forEach(row => (day && list.firstElementChild === day ? day.after(row) : list.prepend(row)));
      fresh = [];
    }
    waiting.textContent = fresh.length ? waiting.dataset.waiting.replace("{n}", fresh.length) : "";
  };
  const look = async () => {
    if (follow.getAttribute("aria-pressed") !== "true" || document.hidden) return;
    const newest = (fresh.at(-1) || list.querySelector("[data-event]")).dataset.event;
    const answer = await fetch(follow.dataset.fresh + newest).catch(() => ({}));
    if (answer.status !== 200 || answer.redirected) return;
    const page = new DOMParser().parseFromString("<table>" + await answer.text() + "</table>", "text/html");
    fresh.push(...[...page.querySelectorAll("[data-event]")].filter(row => !known(row)).reverse());
    show();
  };
  follow.hidden = false;
  follow.addEventListener("click", () => { follow.setAttribute("aria-pressed", follow.getAttribute("aria-pressed") !== "true"); look(); });
  addEventListener("scroll", show, { passive: true });
  setInterval(look, 2000);
}
