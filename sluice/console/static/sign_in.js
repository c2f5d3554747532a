"use strict";

// The key stands in the fragment, which the browser keeps to itself.
const key = location.hash.slice(1);
if (key) {
  history.replaceState(null, "", location.pathname);
  document.getElementById("key").value = key;
  document.querySelector("form").submit();
}
