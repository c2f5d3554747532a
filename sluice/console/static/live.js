"use strict";

// Pages are drawn by the server. This fetches the page that is shown once more whenever it may
// have changed, and carries over what is different, node by node: focus, open details, what
// somebody has typed and the place on the page stay as they are.

// What somebody is at work on is left alone.
function isInUse(element) {
  return element.matches("form.kept, details[open]:has(form)") || element.matches("dialog[open]");
}

function morph(shown, fresh) {
  if (shown.nodeType !== Node.ELEMENT_NODE) {
    if (shown.nodeValue !== fresh.nodeValue) shown.nodeValue = fresh.nodeValue;
    return;
  }
  if (isInUse(shown)) return;
  for (const { name } of [...shown.attributes]) {
    if (!fresh.hasAttribute(name) && name !== "open") shown.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (shown.getAttribute(name) !== value) shown.setAttribute(name, value);
  }
  morphChildren(shown, fresh);
}

function isSame(shown, fresh) {
  return shown.nodeName === fresh.nodeName && (shown.id || "") === (fresh.id || "");
}

// Children are matched in their order. One with an id is looked for further on, and what stands
// before it goes: a node that is moved would lose the focus. One that comes in between is inserted:
// what is shown next and still wanted further on waits for its turn.
function morphChildren(shown, fresh) {
  const wanted = [...fresh.childNodes];
  let next = shown.firstChild;
  const drop = () => {
    const after = next.nextSibling;
    next.remove();
    next = after;
  };
  wanted.forEach((child, place) => {
    if (child.id && isAhead(next, child)) while (!isSame(next, child)) drop();
    const isLater = () => !child.id && !child.isEqualNode(next) && wanted.slice(place + 1).some((one) => one.isEqualNode(next));
    if (next && isSame(next, child) && !isLater()) {
      const known = next;
      next = next.nextSibling;
      morph(known, child);
    } else {
      shown.insertBefore(document.importNode(child, true), next);
    }
  });
  while (next) drop();
}

function isAhead(node, child) {
  for (let one = node; one; one = one.nextSibling) if (isSame(one, child)) return true;
  return false;
}

async function refresh(address = location.href) {
  const answer = await fetch(address, { headers: { "X-Refresh": "1" } });
  if (!answer.ok || answer.url.includes("/sign-in")) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const [shown, fresh] = [document, page].map((each) => each.querySelector("main"));
  const live = fresh.dataset.live !== shown.dataset.live;
  document.title = page.title;
  morph(shown, fresh);
  if (live) listen();
}

let events = null;
let timer = null;

// A run's page is told of changes; others look by themselves while somebody looks at them.
function listen() {
  if (events) events.close();
  clearInterval(timer);
  const { live, every } = document.querySelector("main").dataset;
  if (live === "poll") {
    timer = setInterval(() => document.hidden || refresh().catch(() => {}), 1000 * every);
  } else if (live) {
    events = new EventSource(live);
    events.addEventListener("message", () => refresh().catch(() => {}));
    events.addEventListener("over", () => {
      events.close();
      refresh().catch(() => {});
    });
  }
}

// Links within the page change what it shows and leave the reader where they are.
document.addEventListener("click", (click) => {
  const copy = click.target.closest("button[data-copy]");
  if (copy) {
    navigator.clipboard.writeText(copy.dataset.copy).then(() => {
      copy.textContent = "copied";
    });
    return;
  }
  const link = click.target.closest("a[data-within]");
  if (!link || click.ctrlKey || click.metaKey || click.shiftKey || click.button) return;
  click.preventDefault();
  const address = link.href.baseVal ? new URL(link.href.baseVal, location.href) : link.href;
  history.pushState(null, "", address);
  refresh()
    .then(() => document.getElementById("drawer")?.focus({ preventScroll: false }))
    .catch(() => location.reload());
});
window.addEventListener("popstate", () => refresh().catch(() => location.reload()));

listen();
