// Shows parts of the page anew every ten seconds, but not while somebody uses them. After ten
// minutes without the person it stops, so that a session that nobody uses ends in time.
"use strict";
let seen = Date.now();
for (const sign of ["pointermove", "pointerdown", "keydown", "scroll"]) addEventListener(sign, () => { seen = Date.now(); }, { passive: true });
const busy = part => document.hidden || Date.now() - seen > 600000 || part.contains(document.activeElement) || part.querySelector("details[open]") || String(getSelection());
for (const part of document.querySelectorAll("[data-refresh]")) {
  setInterval(async () => {
    if (busy(part)) return;
    try {
      const answer = await fetch(location.href, { redirect: "error" });
      const next = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
      if (next && !busy(part)) part.replaceChildren(...next.childNodes);
    } catch { /* the next time */ }
  }, 10000);
}
