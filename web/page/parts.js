"use strict";
/* What the page is made of: the parts of a domain's card, and the lists below. Drawn from what the API said, by app.js. */

/* Parts of a domain's card */

/* Its roles are said, too: a phone stacks the cells of a row, each with its heading, and would take them away. */
function table(caption, head, rows, cls = "") {
  const cells = (row) => row.map((one, i) => {
    const td = one instanceof Node ? one : make("td", { text: one });
    td.setAttribute("role", "cell");
    td.setAttribute("data-head", head[i][0]);
    return td;
  });
  return make("div", { cls: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    make("table", { cls, role: "table" },
      make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...head.map(([text, of]) => make("th", { scope: "col", role: "columnheader", cls: of, text })))),
      make("tbody", { role: "rowgroup" }, ...rows.map((row) => make("tr", { role: "row" }, ...cells(row))))));
}

const cell = (text, cls) => make("td", { text, cls });

/* What a server shows, and since when; a part that differs is said in words, too. */
function serversOf(domain) {
  const wanted = domain.wanted;
  const rows = domain.servers.map((server) => {
    const right = server.known && sameRecords(server.shown, wanted);
    return [server.name + (server.primary ? " ★" : ""), cell(!server.known ? word("no-answer") : right ? word("agrees") : word("differs"), right ? "short good" : "short bad"),
      cell(server.known ? setText(server.shown) : (server.error || word("no-answer")), server.known ? "" : "bad"),
      make("td", { cls: "short", title: server.since || "", text: server.known ? ageSince(server.since) : word("dash") }),
      cell(server.serial === null ? word("dash") : String(server.serial), "number"), cell(word("ago", { age: ageSince(server.asked) }), "short")];
  });
  return make("section", {}, make("h3", { text: word("zone-title") }),
    make("dl", { cls: "sets" }, make("dt", { text: word("wanted") }), make("dd", { text: setText(wanted) }),
      make("dt", { text: word("sent") }), make("dd", { cls: domain.sent ? "warn" : "soft", text: domain.sent ? setText(domain.sent) : word("no-update") })),
    table(word("zone-title"), [[word("server")], [word("state")], [word("shows")], [word("shown-since")], [word("serial"), "number"], [word("asked")]], rows, "stack"));
}

const percent = (share) => share === null ? word("dash") : (share * 100).toLocaleString(here.language, { maximumFractionDigits: 0 }) + " %";

const VERDICTS = { open: "soft", helps: "good", "in-part": "warn", none: "bad" };

/* Where bounces and mail arrive; during a split also whether it helps. */
function effectOf(domain) {
  const most = Math.max(1, ...domain.mtas.map((mta) => mta.bounces)), effect = domain.effect;
  const barred = (value) => { /* the bar is drawn under the number, which says it */
    const part = cell(number(value), "number");
    drawBar(part, value / most);
    return part;
  };
  const rows = domain.mtas.map((mta) => [`${plain(mta.name)} (${word(mta.drops ? "dropped" : "kept")})`, barred(mta.bounces), cell(number(mta.mail), "number")]);
  return make("section", {}, make("h3", { text: word("effect") }),
    table(word("effect"), [[word("exchanger")], [word("bounces"), "number"], [word("mail"), "number"]], rows),
    make("ul", { cls: "numbers" },
      make("li", {}, `${word("moved")} `, make("b", { text: percent(effect.bounces_at_kept) })), make("li", {}, `${word("stayed")} `, make("b", { text: percent(effect.mail_at_dropped) })),
      domain.state === "split" ? make("li", { cls: VERDICTS[effect.verdict], text: word(`verdict-${effect.verdict}`) }) : null),
    effect.text ? make("p", { cls: VERDICTS[effect.verdict], text: effect.text }) : null);
}

/* Who would still use all exchangers so many hours after a split. */
function survivalOf(domain) {
  const survival = domain.survival, known = survival.ttl !== null && survival.regulars > 0;
  const day = survival.curve.find((row) => row.hours >= 12) || survival.curve[survival.curve.length - 1];
  const part = make("details", { "data-part": "survival" },
    make("summary", { text: word("survival") + (known ? `: ${percent(day.cap_1d)} (${word("hours", { n: day.hours })})` : "") }));
  if (!known) {
    part.append(make("p", { cls: "soft", text: word("survival-none") }));
    return part;
  }
  const shared = (share) => { /* the curve: a bar under each number */
    const one = cell(percent(share), "number");
    drawBar(one, share);
    return one;
  };
  part.append(make("p", { text: word("survival-says", { share: percent(day.cap_1d), hours: number(day.hours) }) }),
    make("p", { cls: survival.enough ? "soft" : "warn", text: word(survival.enough ? "regulars" : "survival-few", { n: number(survival.regulars), ttl: ageOf(survival.ttl * 1000) }) }),
    table(word("survival"), [[word("after"), "number"], [word("cap-1d"), "number"], [word("cap-7d"), "number"], [word("uncapped"), "number"]],
      survival.curve.map((row) => [cell(number(row.hours), "number"), shared(row.cap_1d), shared(row.cap_7d), shared(row.uncapped)])));
  return part;
}

/* The terms of the evidence beside the number of bounces. */
function evidenceOf(domain) {
  const names = { asked: "asked_of", sent: "sent_mail" };
  return make("details", { "data-part": "evidence" }, make("summary", { text: word("evidence-title") }),
    make("dl", { cls: "sets" }, ...Object.entries(domain.evidence).flatMap(([name, value]) => [make("dt", { text: word(names[name] || name) }),
      make("dd", { cls: value === null ? "soft" : "", text: value === null ? word("not-told") : number(value) })])));
}

/* The fixed rule: what its window holds, of what is too many. */
function ruleOf(rule) {
  return rule && make("li", { cls: rule.reached ? "bad" : "" }, `${word("threshold")} `,
    make("b", { text: `${number(rule.known ? rule.bounces : null)} / ${number(rule.count)} (${ageOf(rule.window_seconds * 1000)})` }));
}

function numbersOf(measured, rule) {
  const item = (name, value, unit = "") => make("li", {}, `${word(name)} `, make("b", { text: number(value) + unit }));
  if (!measured.known) return make("ul", { cls: "numbers" }, make("li", { cls: "warn", text: word("not-known") }), ruleOf(rule));
  return make("ul", { cls: "numbers" }, make("li", { cls: measured.surge ? "bad" : "good", text: word(measured.surge ? "surge" : "calm") }),
    item("rate", measured.rate_per_minute), item("expected", measured.expected_per_minute), item("at-most", measured.upper_per_minute),
    item("evidence", measured.evidence, ` / ${number(measured.threshold)} ${word("nats")}`), item("excess", measured.excess),
    item("lasting", measured.lasting, ` / ${number(measured.needed_excess)}`), ruleOf(rule));
}

const spanText = (hours) => hours < 48 ? word("hours", { n: hours }) : word("days", { n: hours / 24 });

/* One point of the chart in words. */
function pointOf(data, i) {
  const flags = [data.surge[i] ? word("surge") : "", data.split[i] ? word("state-split") : ""].filter(Boolean).join(", ");
  return word("point-says", { time: stamp(new Date((data.from + i * data.step) * 1000).toISOString(), false), rate: number(data.rate[i]), kept: number(data.kept[i]),
    expected: number(data.expected[i]), upper: number(data.upper[i]) }) + (flags && ` · ${flags}`);
}

function chartOf(domain) {
  const box = make("div", { cls: "chart-box" }), data = here.series[domain.name];
  const spans = make("div", { cls: "spans" }, make("h3", { text: word("chart-title") }),
    ...SPANS.map(([hours], i) => make("button", { type: "button", "aria-pressed": String(here.span === i), text: spanText(hours),
      on: () => { here.span = i; here.series = {}; here.at = null; readSeries(); draw(); } })),
    make("button", { type: "button", "aria-pressed": String(here.table), text: word(here.table ? "as-chart" : "as-table"), on: () => { here.table = !here.table; draw(); } }));
  box.append(spans);
  if (!data) return box;
  if (here.table) {
    const rows = data.rate.map((rate, i) => [stamp(new Date((data.from + i * data.step) * 1000).toISOString(), false), cell(number(rate), "number"),
      cell(number(data.expected[i]), "number"), cell(number(data.upper[i]), "number"),
      [data.surge[i] ? word("surge") : "", data.split[i] ? word("state-split") : ""].filter(Boolean).join(", ")]).reverse();
    const list = table(word("chart-title"), [[word("time")], [word("bounces"), "number"], [word("expected"), "number"], [word("at-most"), "number"], [word("state")]], rows);
    list.classList.add("tall");
    box.append(list);
    return box;
  }
  const says = word("chart-says", { domain: domain.name, span: spanText(SPANS[here.span][0]), most: number(Math.max(0, ...data.rate)),
    now: number(domain.measured.rate_per_minute), expected: number(domain.measured.expected_per_minute), splits: word(data.split.includes(true) ? "splits-some" : "splits-none") });
  const picture = make("div", { role: "img", "aria-label": says }), last = data.rate.length - 1;
  const at = here.at === null ? last : Math.max(0, Math.min(last, Math.round((here.at - data.from) / data.step))), reads = pointOf(data, at);
  const rule = domain.threshold && domain.threshold.count * 60 / domain.threshold.window_seconds;
  drawChart(picture, { ...data, rule }, at, (s) => stamp(new Date(s * 1000).toISOString(), false), domain.name.replace(/[^a-z0-9]/g, "-"),
    Math.max(280, Math.min(1200, $("domains").clientWidth - 34)));
  box.append(picture, make("input", { type: "range", cls: "at", min: "0", max: String(last), value: String(at), "aria-label": word("point"), "aria-valuetext": reads }),
    make("p", { cls: "reads", text: reads }), make("p", { cls: "soft", text: word("legend") + (rule ? word("legend-rule") : "") }));
  return box;
}

function cardOf(domain) {
  const state = SHAPES[domain.state] ? domain.state : "unknown", order = domain.override;
  return make("article", { "aria-labelledby": `name-${domain.name}`, "data-domain": domain.name, "data-state": state },
    make("div", { cls: "head" }, make("h2", { id: `name-${domain.name}`, text: domain.name }),
      make("span", { cls: `state ${state === "normal" || state === "split" ? state : "other"}`, role: "status", "data-shape": SHAPES[state] || "?", text: word(`state-${state}`) }),
      make("span", { cls: "soft", text: word("since", { time: stamp(domain.since), age: ageSince(domain.since) }) }),
      make("span", { cls: "soft", text: word("mode", { mode: domain.mode }) }),
      make("button", { type: "button", "data-act": "order", text: word("order"), on: () => openOrder(domain.name) })),
    make("p", { cls: "why", text: domain.why || "" }),
    make("p", { cls: domain.guard ? "guard" : "guard none", text: domain.guard ? word("held", { text: domain.guard }) : word("no-guard") }),
    order ? make("p", { cls: "notice warn", "data-order": order.mode,
      text: word("in-order", { mode: order.mode, by: order.by, time: stamp(order.expires), reason: order.reason }) }) : null,
    numbersOf(domain.measured, domain.threshold), chartOf(domain), make("div", { cls: "columns" }, serversOf(domain), effectOf(domain), evidenceOf(domain), survivalOf(domain)));
}

function drawLists(status) {
  $("exchangers").closest("section").hidden = !(status.exchangers || []).length;
  patchChildren($("exchangers"), [...table(word("exchangers"), [[word("name")], [word("state")], [word("asked")]],
    (status.exchangers || []).map((e) => [e.name, cell(e.said || word("not-asked"), e.answers === null ? "soft" : e.answers ? "good" : "bad"),
      e.asked ? word("ago", { age: ageSince(e.asked) }) : word("dash")])).childNodes]);
  patchChildren($("sources"), [...table(word("sources"), [[word("name")], [word("exchanger")], [word("lines"), "number"], [word("last-line")], [word("behind"), "number"], [word("state")]],
    status.sources.map((s) => [s.name, plain(s.mta), cell(number(s.lines), "number"), s.last_line ? word("ago", { age: ageSince(s.last_line) }) : word("dash"),
      cell(number(s.bytes_behind) + (s.seconds_behind ? `, ${ageOf(s.seconds_behind * 1000)}` : ""), "number"), cell(s.error || s.note || word(s.stale ? "silent" : "heard"), s.error || s.note || s.stale ? "bad" : "good")]), "stack").childNodes]);
  $("hooks").closest("section").hidden = !here.hooks.length;
  patchChildren($("hooks"), [...table(word("hooks"), [[word("name")], [word("state")], [word("waiting"), "number"], [word("dead"), "number"], [word("told-last")], [word("failed-last")], [word("try")]],
    here.hooks.map(hookRow), "stack").childNodes]);
}

function hookRow(hook) {
  const told = hook.last_success, failed = hook.last_failure, state = hook.dead_letters ? "dead" : hook.failing ? "failing" : told ? "good" : "new";
  const why = failed ? `${word("ago", { age: ageSince(failed.time) })}: ${failed.why || ""}` : word("never");
  return [make("td", { title: hook.how, text: hook.name }),
    make("td", { cls: state === "good" ? "good" : state === "new" ? "soft" : "bad" }, word(`hook-${state}`), hook.dead_letters ? make("small", { text: word("resend-how") }) : null),
    cell(number(hook.waiting), "number"), cell(number(hook.dead_letters), "number"), told ? word("ago", { age: ageSince(told.time) }) : word("never"), cell(why, hook.failing || hook.dead_letters ? "bad" : "soft"),
    make("td", {}, make("button", { type: "button", "data-hook": hook.name, "data-does": "test", "aria-label": word("test-of", { name: hook.name }), text: word("test") }),
      hook.dead_letters ? make("button", { type: "button", "data-hook": hook.name, "data-does": "resend", "aria-label": word("resend-of", { name: hook.name }), text: word("resend") }) : null)];
}
