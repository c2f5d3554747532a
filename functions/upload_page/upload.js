"use strict";

const door = document.getElementById("door");
const secret = window.location.hash.slice(1); // behind "#", which browsers never send
const ON_ITS_WAY = ["arrived", "checking", "waiting"];
const FIRST_LOOK_MS = 1000;
const SLOWEST_LOOK_MS = 15000;
const OF_S3 = {
  EntityTooLarge: "The file is larger than is taken here. Pack it (gzip or zip), or send it in parts.",
  EntityTooSmall: "The file is empty.",
};
const LATER = "Nothing was lost. Wait a moment, then try again.";
const BROKEN = `The connection broke. ${LATER}`;

const part = (id) => document.getElementById(id);

function show(id, text) {
  part(id).textContent = text;
  part(id).hidden = !text;
}

function size(bytes) {
  const [unit, word] = [[1e9, "GB"], [1e6, "MB"], [1e3, "KB"]].find(([u]) => bytes >= u) ?? [1, "bytes"];
  return `${Number((bytes / unit).toFixed(1))} ${word}`;
}

// Ask the API: the key travels in the body, never in an address.
async function ask(what, more = {}) {
  let answer;
  try {
    answer = await fetch(`${door.dataset.id}/${what}`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-api-key": door.dataset.key },
      body: JSON.stringify({ secret, ...more }),
    });
  } catch {
    throw new Error(BROKEN);
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  if (told.error) throw new Error(told.message);
  if (answer.status === 400) throw new Error("This link is incomplete. Copy it whole, with what stands behind the #.");
  throw new Error(answer.status === 429 ? `Too many people are here just now. ${LATER}` : `The door did not open. ${LATER}`);
}

function put(form, file) {
  return new Promise((resolve, reject) => {
    const data = new FormData();
    for (const [name, value] of Object.entries(form.fields)) data.append(name, value);
    data.append("file", file); // last: S3 reads no field behind it
    const request = new XMLHttpRequest();
    request.upload.addEventListener("progress", (event) => {
      const percent = event.lengthComputable ? Math.floor((100 * event.loaded) / event.total) : 0;
      part("bar").value = percent;
      part("percent").textContent = `${percent} %`;
    });
    request.addEventListener("error", () => reject(new Error(BROKEN)));
    request.addEventListener("load", () => {
      if (request.status === 201) return resolve(request.getResponseHeader("x-amz-version-id"));
      const code = /<Code>(\w+)<\/Code>/.exec(request.responseText)?.[1];
      return reject(new Error(OF_S3[code] ?? `The file was not taken. ${LATER}`));
    });
    request.open("POST", form.url);
    request.send(data);
  });
}

function figure(label, number) {
  const box = document.createElement("div");
  const [name, value] = [document.createElement("dt"), document.createElement("dd")];
  name.textContent = label;
  value.textContent = number.toLocaleString("en");
  box.append(name, value);
  return box;
}

function row({ line, columns, reason }) {
  const told = document.createElement("tr");
  for (const [label, text] of [["Line", line], ["Column", columns], ["Why", reason]]) {
    const cell = document.createElement("td");
    cell.dataset.label = label;
    cell.textContent = text;
    told.append(cell);
  }
  return told;
}

function showFate(standing) {
  const { fate } = standing;
  part("fate").hidden = !fate;
  if (!fate) return;
  part("fate").dataset.state = fate.state;
  part("name").textContent = standing.file;
  if (part("heading").textContent !== fate.heading) part("heading").textContent = fate.heading;
  show("todo", fate.todo);
  show("reason", fate.reason ?? "");
  const { counts, rows = [] } = fate;
  part("figures").hidden = !counts;
  if (counts) {
    const names = { rows_in: "Rows in the file", valid: "In order", rejected: "Not in order" };
    part("figures").replaceChildren(...Object.entries(names).map(([name, label]) => figure(label, counts[name])));
  }
  part("rows").hidden = rows.length === 0;
  part("rows").querySelector("tbody").replaceChildren(...rows.map(row));
  const more = counts ? counts.rejected - rows.length : 0;
  show("more", rows.length && more > 0 ? `and ${more.toLocaleString("en")} more` : "");
}

function showStanding(standing) {
  const { fate, over, sender } = standing;
  const until = new Date(standing.expires_at).toLocaleString();
  const done = fate?.state === "accepted";
  const hello = sender ? `For ${sender}. ` : "";
  show("intro", done ? "Thank you: nothing more is needed." : `${hello}Your file goes to “${standing.dataset}”. The link is good until ${until}.`);
  show("alert", over && !done ? over : "");
  show("hint", `At most ${size(standing.max_bytes)}. CSV, also packed by gzip or zip.`);
  part("send").hidden = !standing.may_send;
  showFate(standing);
}

function complain(error) {
  part("progress").hidden = true;
  show("alert", error.message);
}

// Look again until the file's fate is known, ever more slowly.
async function follow(standing, wait = FIRST_LOOK_MS) {
  showStanding(standing);
  if (!ON_ITS_WAY.includes(standing.fate?.state)) {
    if (standing.fate) part("heading").focus();
    return;
  }
  await new Promise((later) => setTimeout(later, wait));
  const next = await ask("fate").catch(() => standing);
  await follow(next, Math.min(wait * 1.5, SLOWEST_LOOK_MS));
}

async function send(event) {
  event.preventDefault();
  const [file] = part("file").files;
  const button = part("send").querySelector("button");
  button.disabled = true;
  show("alert", "");
  try {
    const form = await ask("form", { name: file.name, size_bytes: file.size });
    part("bar").value = 0;
    part("progress").hidden = false;
    const version_id = await put(form, file);
    part("progress").hidden = true;
    part("send").reset();
    await follow(await ask("fate", { version_id }));
  } catch (error) {
    complain(error);
  } finally {
    button.disabled = false;
  }
}

async function open() {
  show("alert", "");
  await ask("fate").then(follow).catch((error) => {
    show("intro", "");
    complain(error);
  });
}

if (door) {
  window.addEventListener("hashchange", () => window.location.reload());
  part("send").addEventListener("submit", send);
  open();
}
