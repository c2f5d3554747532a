"use strict";

// The key stands behind "#", which browsers never send: this hands it over in a form's body.
function open() {
  const key = window.location.hash.slice(1);
  const form = document.getElementById("open");
  if (key && form) {
    document.getElementById("secret").value = key;
    form.submit();
  }
}
window.addEventListener("hashchange", open);
open();

// While a decision is open and somebody looks at it, look whether somebody else has decided.
const LOOK_MS = 10000;

async function look(form, timer) {
  if (document.hidden) return;
  const secret = form.elements.secret.value;
  const answer = await fetch("facts", { method: "POST", body: new URLSearchParams({ secret }) });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.querySelector("form.decide")) return;
  clearInterval(timer);
  document.title = page.title;
  document.querySelector("main").replaceWith(document.adoptNode(page.querySelector("main")));
}

const decision = document.querySelector("form.decide");
if (decision) {
  const timer = setInterval(() => look(decision, timer).catch(() => {}), LOOK_MS);
}
