"use strict";

const MARKS = {
  succeeded: "M1,6l4,4l6,-8",
  failed: "M2,2l8,8M10,2l-8,8",
  running: "M3,1l8,5l-8,5z",
  waiting: "M3,1v10M9,1v10",
  caught: "M6,1v6M6,10v1",
  aborted: "M2,2h8v8h-8z",
  idle: "",
};

function setStatus(element, status) {
  element.classList.remove(...Object.keys(MARKS));
  element.classList.add(status);
}

function drawStates(states) {
  for (const [id, [status, note]] of Object.entries(states)) {
    const state = document.getElementById(id);
    if (!state) continue;
    setStatus(state, status);
    state.querySelector(".mark").setAttribute("d", MARKS[status]);
    state.querySelector(".note").textContent = note;
    state.setAttribute("aria-label", `${state.dataset.state}, ${state.dataset.kind}, ${status} ${note}`);
  }
}

function drawEdges(taken) {
  const went = new Set(taken.map((pair) => pair.join("\n")));
  for (const edge of document.querySelectorAll(".edge")) {
    edge.classList.toggle("taken", went.has(`${edge.dataset.source}\n${edge.dataset.target}`));
  }
}

function cell(row, text, className) {
  const made = row.insertCell();
  made.textContent = text;
  made.className = className;
  return made;
}

function drawRows(rows) {
  const body = document.createElement("tbody");
  for (const visit of rows) {
    const row = body.insertRow();
    if (visit.id) row.id = visit.id;
    cell(row, visit.name, `depth-${visit.depth}`);
    const pill = document.createElement("span");
    pill.textContent = visit.status;
    pill.className = `pill ${visit.status}`;
    cell(row, "", "").append(pill);
    for (const name of ["after", "took", "retries"]) cell(row, visit[name], "number");
    cell(row, visit.cause ? `${visit.error}: ${visit.cause}` : visit.error, "cause");
  }
  document.querySelector("#states tbody").replaceWith(body);
}

const events = new EventSource(document.querySelector("[data-live]").dataset.live);
const pill = document.getElementById("status");

events.addEventListener("message", (message) => {
  const now = JSON.parse(message.data);
  const status = now.status.toLowerCase();
  if (status === "waiting" && pill.textContent !== "waiting") location.reload();
  pill.textContent = status;
  pill.className = `pill ${status}`;
  drawStates(now.states);
  drawEdges(now.taken);
  drawRows(now.rows);
});
events.addEventListener("over", () => {
  events.close();
  location.reload();
});
