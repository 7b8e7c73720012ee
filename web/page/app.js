"use strict";
/* The page: asks the API of the same origin, draws what it says, gives orders. Text from the daemon is only ever textContent. */
const $ = (id) => document.getElementById(id);
const STATUS_MS = 2000, SERIES_MS = 30000, HOOKS_MS = 5000, LOST_MS = 10000, EVENTS = 50, STREAM_S = 2, COMES_AGAIN_MS = 15000, TEST_S = 60;
const SPANS = [[1, 60], [6, 60], [24, 300], [168, 1800]]; /* hours, step in seconds */
const SHAPES = { normal: "●", split: "■", splitting: "▲", restoring: "▼", waiting: "◆" };

const here = { language: "en", zone: "local", span: 0, table: false, status: null, heard: Date.now(), series: {}, at: null, hooks: [], events: [], next: 0, streams: false, stop: null, order: null };
let token = sessionStorage.getItem("mxsplit-token") || "";

const word = (name, facts = {}) => WORDS[here.language][name].replace(/\{(\w+)\}/g, (_, key) => facts[key] ?? "");

/* An element with a class, text and children. */
function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined || value === false) continue;
    if (key === "text") element.textContent = value;
    else if (key === "on") element.addEventListener("click", value);
    else element.setAttribute(key === "cls" ? "class" : key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/* Times and numbers as people read them */

function stamp(iso, seconds = true) {
  if (!iso) return word("dash");
  const when = new Date(iso), utc = here.zone === "utc";
  const options = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  if (seconds) options.second = "2-digit";
  if (utc) options.timeZone = "UTC";
  if (Math.abs(Date.now() - when) > 43200000) Object.assign(options, { month: "short", day: "numeric" });
  return when.toLocaleString(here.language, options) + (utc ? " UTC" : "");
}

function timeOf(iso) {
  return make("time", { datetime: iso || undefined, title: iso || "", text: stamp(iso) });
}

function ageOf(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 172800) return `${Math.floor(s / 3600)} h ${String(Math.floor(s / 60) % 60).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} d`;
}

const ageSince = (iso) => iso ? ageOf(Date.now() - new Date(iso)) : word("dash");

function number(value) {
  if (value === null || value === undefined) return word("dash");
  return value >= 100 ? Math.round(value).toLocaleString(here.language) : value.toLocaleString(here.language, { maximumSignificantDigits: 3 });
}

function setText(set) {
  if (!set || !set.records.length) return word("nothing");
  return set.records.map((r) => `${r.preference} ${plain(r.exchange)}`).join(", ") + ` (TTL ${set.ttl})`;
}

/* A name without its final dot. */
const plain = (name) => (name || "").replace(/\.$/, "");

const sameRecords = (a, b) => a && b && JSON.stringify(a.records) === JSON.stringify(b.records);

/* The API */

async function ask(path, options = {}) {
  const headers = Object.assign({}, options.headers);
  if (token) headers.Authorization = `Bearer ${token}`;
  const answer = await fetch(path, Object.assign({}, options, { headers, cache: "no-store", signal: AbortSignal.timeout(8000) }));
  if (answer.status === 401 && !options.method) openToken();
  return answer;
}

async function read(path) {
  const answer = await ask(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return answer.json();
}

/* Makes `old` like `fresh` and keeps every element that can stay: the focus, a scrolled place, a click half done. */

function patch(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) return old.replaceWith(fresh);
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return undefined;
  }
  for (const { name } of [...old.attributes]) if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name); /* what a reader opened stays open */
  for (const { name, value } of fresh.attributes) if (old.getAttribute(name) !== value) old.setAttribute(name, value);
  return patchChildren(old, [...fresh.childNodes]);
}

function patchChildren(parent, fresh) {
  const old = [...parent.childNodes];
  fresh.forEach((node, i) => { if (i < old.length) patch(old[i], node); else parent.append(node); });
  for (const extra of old.slice(fresh.length)) extra.remove();
}

function drawJournal() {
  patchChildren($("journal"), here.events.slice().reverse().map((e) => make("li", { cls: e.kind }, timeOf(e.time), make("span", { cls: "kind", text: e.kind }),
    e.domain ? make("b", { text: `${e.domain}: ` }) : null, e.text)));
}

function draw() {
  const status = here.status;
  if (!status) return;
  patchChildren($("domains"), status.domains.length ? status.domains.map(cardOf) : [make("p", { text: word("no-domains") })]);
  drawLists(status);
  for (const input of document.querySelectorAll(".at")) input.value = input.getAttribute("value"); /* a reader's own movement would win over it */
  $("degraded").hidden = !status.degraded;
  alarm("degraded", status.degraded || "");
  $("daemon").textContent = word("version", { version: status.version, time: stamp(status.started), bytes: number(status.database_bytes / 1e6), waiting: status.hooks.waiting });
}

/* Written again, the same words would be read out again. */
function alarm(id, text) {
  if ($(id).textContent !== text) $(id).textContent = text;
}

function drawLive() {
  const silent = Date.now() - here.heard, old = here.status ? Date.now() - new Date(here.status.made) : 0;
  $("lost").hidden = silent < LOST_MS;
  if (silent >= LOST_MS) alarm("lost", word("lost", { time: stamp(new Date(here.heard).toISOString()) }));
  $("live").textContent = silent >= LOST_MS ? "" : word(old > LOST_MS ? "stale" : "live", { age: ageOf(old) });
  const split = here.status && here.status.domains.some((domain) => domain.state !== "normal");
  document.title = `${silent >= LOST_MS ? "? " : split ? "■ " : ""}mxsplit`;
  document.body.dataset.live = silent >= LOST_MS ? "lost" : "live";
}

function drawWords() {
  document.documentElement.lang = here.language;
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = word(element.dataset.word);
  draw();
  drawJournal();
  drawLive();
}

/* Reading */

async function readStatus() {
  try {
    here.status = await read("v1/status");
    here.heard = Date.now();
    draw();
    await readEvents();
  } catch (_) { /* drawLive says it */ }
  drawLive();
}

async function readEvents() {
  const page = await read(here.next ? `v1/events?after=${here.next}&limit=500` : `v1/events?last=${EVENTS}`);
  here.next = page.next;
  takeEvents(page.events);
}

function takeEvents(events) {
  if (!events.length) return;
  here.events = here.events.concat(events).slice(-EVENTS);
  drawJournal();
  if (events.some((e) => ["split", "restore", "surge", "calm"].includes(e.kind))) readSeries();
}

/* The stream of both: what the page reads as long as it is open; else it asks every STATUS_MS. Not an EventSource,
   which cannot show a token. */

function takeBlock(block) {
  const field = (name) => (block.split("\n").find((line) => line.startsWith(`${name}: `)) || "").slice(name.length + 2);
  if (!field("data")) return;
  const data = JSON.parse(field("data"));
  if (field("event") === "status") {
    here.status = data;
    draw();
  } else if (data.id > here.next) {
    here.next = data.id;
    takeEvents([data]);
  }
}

async function listen() {
  const stop = here.stop = new AbortController(), decoder = new TextDecoder();
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  let rest = "", heard = Date.now();
  const watch = setInterval(() => { if (Date.now() - heard > LOST_MS) stop.abort(); }, 1000);
  try {
    const answer = await fetch(`v1/stream?every=${STREAM_S}&after=${here.next}`, { headers, cache: "no-store", signal: stop.signal });
    if (!answer.ok) return;
    const reader = answer.body.getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      here.streams = true;
      here.heard = heard = Date.now();
      const blocks = (rest + decoder.decode(part.value, { stream: true })).split("\n\n");
      rest = blocks.pop();
      blocks.forEach(takeBlock);
      drawLive();
    }
  } finally {
    clearInterval(watch);
    here.streams = false;
  }
}

async function keepListening() {
  for (;;) {
    try {
      if (here.status) await listen();
    } catch (_) { /* asked instead, until it is there again */ }
    await new Promise((done) => setTimeout(done, here.status ? COMES_AGAIN_MS : STATUS_MS));
  }
}

async function readHooks() {
  try {
    here.hooks = (await read("v1/hooks")).hooks;
    draw();
  } catch (_) { /* the next reading may work */ }
}

/* A test of a hook, or its dead letters again: what became of it is said under the table. */
async function tryHook(event) {
  const button = event.target.closest("[data-hook]");
  if (!button) return;
  const { hook: name, does } = button.dataset, say = (what, facts) => { $("hooks-said").textContent = word(what, { name, ...facts }); };
  try {
    const answer = await ask(`v1/hooks/${encodeURIComponent(name)}/${does}`, { method: "POST" });
    if (answer.status === 401) return openToken();
    const body = await answer.json();
    if (!answer.ok) return say("not-done", { why: body.detail || body.title });
    if (does === "resend") say("resent", { n: number(body.resent) });
    else await awaitTest(name, body.item, say);
  } catch (error) {
    say("not-done", { why: String(error) });
  }
  return readHooks();
}

async function awaitTest(name, item, say) {
  say("test-sent");
  for (let i = 0; i < TEST_S; i++) {
    await new Promise((done) => setTimeout(done, 1000));
    await readHooks();
    const hook = here.hooks.find((one) => one.name === name) || {};
    if (hook.last_success && hook.last_success.item === item) return say("test-told");
    if (hook.last_failure && hook.last_failure.item === item) return say("test-failed", { why: hook.last_failure.why });
  }
  return undefined; /* the table tells the rest */
}

async function readSeries() {
  const [hours, step] = SPANS[here.span], to = Math.floor(Date.now() / 1000 / step) * step; /* a step that is not over would look like a fall */
  for (const domain of here.status ? here.status.domains : []) {
    try {
      const s = await read(`v1/domains/${encodeURIComponent(domain.name)}/series?from=${to - hours * 3600}&to=${to}&step=${step}`);
      here.series[domain.name] = { from: Date.parse(s.from) / 1000, step: s.step, rate: s.bounces.map((n) => n * 60 / s.step), kept: s.bounces.map((n, i) => (n - s.bounces_at_dropped[i]) * 60 / s.step), expected: s.expected_per_minute,
        upper: s.upper_per_minute, surge: s.surge, split: s.split };
    } catch (_) { /* the next reading may work */ }
  }
  draw();
}

/* The point of the charts that is read out: by the slider under them, or where the mouse is */

function lookAt(event) {
  const box = event.target.closest(".chart-box"), data = box && here.series[box.closest("article").dataset.domain];
  if (!data || (event.type === "input") !== event.target.matches(".at") || !event.target.closest(".chart, .at")) return;
  const n = data.rate.length, i = event.type === "input" ? event.target.valueAsNumber : chartPoint(event, n);
  const at = i === n - 1 ? null : data.from + data.step * i; /* null: the newest, also later */
  if (at === here.at) return;
  here.at = at;
  draw();
}

/* Orders */

function explainOrder() {
  const domain = here.status.domains.find((d) => d.name === here.order.name), mode = chosen();
  let text = "";
  if (!domain || !mode) text = "";
  else if (domain.mode === "observe" && mode !== "auto") text = word("will-observe");
  else if (mode === "auto") text = word("will-auto");
  else if (mode === "split") text = domain.state === "split" ? word("will-nothing") : word("will-split", { from: setText(domain.shown), to: setText(domain.split) });
  else text = sameRecords(domain.shown, domain.normal) ? word("will-nothing") : word("will-normal", { to: setText(domain.normal) });
  $("order-will").textContent = text;
  $("order-for").disabled = $("order-reason").disabled = mode === "auto";
}

const chosen = () => (document.querySelector("input[name=mode]:checked") || {}).value;

async function openOrder(name) {
  const answer = await ask(`v1/domains/${encodeURIComponent(name)}/override`);
  here.order = { name, etag: answer.headers.get("ETag") };
  $("order-title").textContent = word("order-of", { domain: name });
  for (const input of document.querySelectorAll("input[name=mode]")) input.checked = false;
  $("order-error").hidden = true;
  $("order-reason").value = "";
  explainOrder();
  $("order").showModal();
}

function failOrder(text) {
  $("order-error").textContent = text;
  $("order-error").hidden = false;
}

async function giveOrder() {
  const mode = chosen(), { name, etag } = here.order, headers = { "Content-Type": "application/json" };
  if (!mode) return;
  if (mode !== "auto" && !$("order-reason").value.trim()) return failOrder(word("no-reason"));
  if (etag) headers["If-Match"] = etag;
  const path = `v1/domains/${encodeURIComponent(name)}/override`;
  const body = JSON.stringify({ mode, for: $("order-for").value, reason: $("order-reason").value.trim() });
  let answer;
  try {
    answer = await ask(path, mode === "auto" ? { method: "DELETE", headers } : { method: "PUT", headers, body });
  } catch (error) {
    return failOrder(String(error));
  }
  if (answer.ok) {
    $("order").close();
    return readStatus();
  }
  if (answer.status === 401) { $("order").close(); return openToken(); }
  const problem = await answer.json().catch(() => ({}));
  failOrder(answer.status === 412 ? word("changed") : problem.detail || problem.title || String(answer.status));
}

function openToken() {
  if (document.querySelector("dialog[open]")) return;
  $("token").value = "";
  $("token-box").showModal();
}

function keepToken(text) {
  token = text;
  if (token) sessionStorage.setItem("mxsplit-token", token);
  else sessionStorage.removeItem("mxsplit-token");
  $("token-box").close();
  if (here.stop) here.stop.abort();
  readStatus();
}

/* Beginning */

function choose(id, key, fallback, apply) {
  const kept = localStorage.getItem(`mxsplit-${key}`) || fallback;
  $(id).value = kept;
  apply(kept);
  $(id).addEventListener("change", () => { localStorage.setItem(`mxsplit-${key}`, $(id).value); apply($(id).value); });
}

function begin() {
  choose("language", "language", navigator.language.startsWith("ja") ? "ja" : "en", (value) => { here.language = value; drawWords(); });
  choose("theme", "theme", "auto", (value) => { document.documentElement.dataset.theme = value; });
  choose("zone", "zone", "local", (value) => { here.zone = value; drawWords(); });
  for (const input of document.querySelectorAll("input[name=mode]")) input.addEventListener("change", explainOrder);
  for (const name of ["input", "pointermove"]) $("domains").addEventListener(name, lookAt);
  $("order").addEventListener("input", () => { $("order-error").hidden = true; }); /* it spoke of what stood there before */
  $("order-cancel").addEventListener("click", () => $("order").close());
  /* also by Enter; the form of a dialog would only close it */
  for (const [id, act] of [["order", giveOrder], ["token-box", () => keepToken($("token").value.trim())]])
    $(id).addEventListener("submit", (event) => { event.preventDefault(); act(); });
  $("hooks").addEventListener("click", tryHook);
  $("token-open").addEventListener("click", openToken);
  $("token-forget").addEventListener("click", () => keepToken(""));
  readStatus().then(readSeries).then(readHooks).then(keepListening);
  setInterval(() => here.streams || readStatus(), STATUS_MS);
  setInterval(readSeries, SERIES_MS);
  setInterval(readHooks, HOOKS_MS);
  setInterval(drawLive, 1000);
}

begin();
