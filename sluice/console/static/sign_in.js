"use strict";

// The key stands in the fragment, which the browser keeps to itself.
function openWithKey() {
  const key = location.hash.slice(1);
  if (!key) return;
  history.replaceState(null, "", location.pathname);
  document.getElementById("key").value = key;
  document.querySelector("form").submit();
}

window.addEventListener("hashchange", openWithKey);
openWithKey();
