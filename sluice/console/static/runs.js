"use strict";

// Fetch the same page now and then, and take over its rows if they have changed.
const REFRESH_MS = 3000;

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.querySelector("#runs tbody");
  const shown = document.querySelector("#runs tbody");
  if (fresh && fresh.innerHTML !== shown.innerHTML && !shown.contains(document.activeElement)) {
    shown.replaceWith(document.adoptNode(fresh));
  }
}

setInterval(() => refresh().catch(() => {}), REFRESH_MS);
