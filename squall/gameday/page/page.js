"use strict";
// The page of a drill. It shows what the stream says, as text, and sends what people say. It keeps no state of the drill.
const $ = (id) => document.getElementById(id);
const PEOPLE = { go: "GO", "no-go": "NO-GO", abort: "ABORT", noticed: "noticed it", mitigated: "mitigated it", remedy: "carried out", note: "" };
// Longer than the stream is ever silent (ms).
const SILENCE = 4000;

// The token is in the fragment, which no server is sent; it is taken out of the address at once.
if (location.hash.startsWith("#token=")) {
  sessionStorage.setItem("token", location.hash.slice(7));
  history.replaceState(null, "", location.pathname);
}
const token = sessionStorage.getItem("token") || "";
const headers = token ? { Authorization: `Bearer ${token}` } : {};
let view = null, heard = 0, over = false;

$("who").value = localStorage.getItem("who") || "";
$("who").addEventListener("change", () => localStorage.setItem("who", $("who").value));

async function follow() {
  while (!over) {
    try {
      const answer = await fetch("events", { headers, cache: "no-store" });
      if (!answer.ok) throw new Error(`${answer.status}`);
      const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
      let waiting = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        const parts = (waiting + value).split("\n\n");
        waiting = parts.pop();
        for (const part of parts) take(part);
      }
    } catch { /* said by the alarm below, and tried again */ }
    await new Promise((then) => setTimeout(then, 1000));
  }
}

function take(part) {
  const data = part.split("\n").find((line) => line.startsWith("data: "));
  if (!data) return;
  view = JSON.parse(data.slice(6));
  heard = Date.now();
  over = view.state === "over";
  show();
}

function text(id, said) { $(id).textContent = said ?? ""; }
function shown(id, yes) { $(id).hidden = !yes; }

function connection() {
  const lost = !over && Date.now() - heard > SILENCE && heard > 0;
  shown("lost", lost);
  if (lost) text("lost", `This page has heard nothing of the drill for ${Math.round((Date.now() - heard) / 1000)} s, and tries again. What it shows is old. ABORT is still tried; at the drill's machine: squall abort`);
  for (const id of ["go", "no-go"]) $(id).disabled = lost || (id === "go" && Boolean(view?.bars));
}

function show() {
  document.title = view.drill;
  text("drill", view.drill);
  text("where", place());
  const may = new Set(view.may);
  shown("abort", may.has("abort"));
  $("abort").disabled = view.state === "aborting";
  shown("aborted", Boolean(view.aborted));
  text("aborted", view.aborted && (view.state === "over" ? `The drill was ${view.aborted}` : `Being undone: ${view.aborted}`));
  shown("speak", may.has("note"));
  shown("look", !may.has("note") && !over);
  shown("people", !over);
  shown("remedy", Boolean(view.remedy) && may.has("remedy"));
  text("remedy", view.remedy && `I have carried out: ${view.remedy}`);
  run(view.run, may);
  entries();
  connection();
}

function place() {
  if (view.state === "over") return "over";
  if (view.hidden && view.role !== "conductor") return view.state;
  const at = view.number ? `scenario ${view.number} of ${view.total}` : `${view.total} scenarios`;
  return `${at}, ${view.hidden ? "hidden from responders, " : ""}you are a ${view.role}`;
}

function run(now, may) {
  shown("now", Boolean(now));
  if (!now) return;
  text("scenario", now.title);
  text("fault", now.fault && `${now.fault}${now.targets.length ? `: ${now.targets.join(", ")}` : ""}`);
  text("words", now.words);
  text("left", now.left > 0 ? `${Math.ceil(now.left)} s` : "");
  shown("decide", view.state === "waiting" && may.has("go"));
  text("bars", view.bars && `GO is barred: ${view.bars}`);
  text("good", now.rate ? `${now.good.toFixed(1)}%` : "–");
  text("slow", !now.rate ? "–" : now.slow === null ? "no answer" : `${Math.round(now.slow)} ms`);
  text("rate", now.rate ? `${Math.round(now.rate)}/s` : "–");
  $("good").classList.toggle("bad", Boolean(now.breach));
  text("condition", view.condition && `Aborts by itself from GO on if ${view.condition}`);
  $("claims").replaceChildren(...now.claims.map((claim) => row("li", [["span", claim.text], ["span", claim.state, `state ${claim.state}`]])));
  curve();
}

function curve() {
  const points = view.curve, last = points.length && points[points.length - 1][0];
  const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  line.setAttribute("points", points.map(([wall, good]) => `${600 - (last - wall) / 180 * 600},${76 - good / 100 * 72}`).join(" "));
  $("curve").replaceChildren(line);
}

function entries() {
  const list = view.entries.slice().reverse().map((entry) => {
    const people = entry.kind in PEOPLE;
    const words = people ? [entry.who, PEOPLE[entry.kind]].filter(Boolean).join(" ") + (entry.text ? `: ${entry.text}` : "") : said(entry);
    const kind = entry.kind === "abort" ? "abort-entry" : entry.kind === "breach" ? "breach" : people ? "people" : "";
    return row("li", [["time", new Date(entry.wall * 1000).toLocaleTimeString([], { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" })], ["span", words, kind]]);
  });
  $("entries").replaceChildren(...list);
}

function said(entry) {
  const before = { begun: "the drill begins: ", scenario: `scenario ${entry.number}: `, breach: "abort condition met: ", finished: "finished: ", over: "the drill is over: " };
  return (before[entry.kind] || "") + entry.text;
}

function row(name, parts) {
  const made = document.createElement(name);
  for (const [tag, words, kind] of parts) {
    const part = document.createElement(tag);
    part.textContent = words;
    if (kind) part.className = kind;
    made.append(part);
  }
  return made;
}

async function say(what, words = "") {
  text("answer", "");
  const body = JSON.stringify({ said: what, who: $("who").value, text: words, number: view.number ?? null });
  try {
    const answer = await fetch("say", { method: "POST", headers: { ...headers, "Content-Type": "application/json" }, body });
    const told = await answer.json();
    text("answer", answer.ok ? `heard: ${PEOPLE[what] || what}` : `refused: ${told.refused}`);
    if (!answer.ok) alarm(what, told.refused);
    return answer.ok;
  } catch {
    alarm(what, "the drill was not reached");
    text("answer", "the drill was not reached");
    return false;
  }
}

function alarm(what, why) {
  if (what !== "abort" && what !== "go" && what !== "no-go") return;
  shown("aborted", true);
  text("aborted", `${PEOPLE[what]} was not carried out: ${why}${what === "abort" ? ". At the drill's machine: squall abort" : ""}`);
}

$("speak").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (await say("note", $("text").value)) $("text").value = "";
});
for (const what of ["noticed", "mitigated"]) {
  $(what).addEventListener("click", async () => { if (await say(what, $("text").value)) $("text").value = ""; });
}
$("remedy").addEventListener("click", () => say("remedy"));
$("go").addEventListener("click", () => say("go"));
$("no-go").addEventListener("click", () => say("no-go"));
// One click is enough to stop: what it undoes can be done again, what goes on may not be undone.
$("abort").addEventListener("click", () => say("abort", $("text").value));
setInterval(connection, 500);
follow();
