"use strict";
/* One chart: bounces a minute as a line, the ordinary band, hatched splits, red surges. Plain SVG, classes for colours. */
const SVG = "http://www.w3.org/2000/svg";

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.appendChild(element);
  return element;
}

/* A round number at or above `most` whose quarters are round, too. */
function niceTop(most) {
  const unit = Math.pow(10, Math.floor(Math.log10(Math.max(most, 1))));
  for (const factor of [1, 2, 4, 6, 8, 10]) if (factor * unit >= most) return factor * unit;
  return 10 * unit;
}

/* Stretches of true values as [first, last]. */
function stretches(flags) {
  const out = [];
  flags.forEach((on, i) => {
    if (!on) return;
    if (out.length && out[out.length - 1][1] === i - 1) out[out.length - 1][1] = i;
    else out.push([i, i]);
  });
  return out;
}

const CHART = { height: 220, left: 52, right: 8, top: 8, bottom: 22 };

/* The point of a chart of `n` that the mouse is at. */
function chartPoint(event, n) {
  const box = event.target.closest(".chart").getBoundingClientRect();
  return Math.max(0, Math.min(n - 1, Math.round((event.clientX - box.left - CHART.left) / (box.width - CHART.left - CHART.right) * (n - 1))));
}

/* Drawn `width` wide. data: {from (s), step (s), rate[], kept[], expected[], upper[], surge[], split[], rule (null: none)}; `at` is marked; stamp(seconds) gives a label. */
function drawChart(holder, data, at, stamp, id, width) {
  const { height, left, right, top, bottom } = CHART;
  const n = data.rate.length;
  const most = niceTop(Math.max(1, data.rule, ...data.rate, ...data.upper.filter((v) => v !== null)));
  const x = (i) => left + (width - left - right) * (n > 1 ? i / (n - 1) : 0);
  const y = (v) => top + (height - top - bottom) * (1 - Math.min(v, most) / most);
  const root = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", "aria-hidden": "true" });
  const hatch = svg("pattern", { id: `hatch-${id}`, width: 8, height: 8, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    svg("defs", {}, root));
  svg("rect", { width: 3, height: 8, class: "hatch" }, hatch);
  for (const [a, b] of stretches(data.split))
    svg("rect", { x: x(Math.max(0, a - 0.5)), y: top, width: Math.max(2, x(b + 0.5) - x(a - 0.5)), height: height - top - bottom, fill: `url(#hatch-${id})` }, root);
  for (let k = 0; k <= 4; k++) {
    const value = most * k / 4;
    svg("line", { x1: left, x2: width - right, y1: y(value), y2: y(value), class: "grid" }, root);
    svg("text", { x: left - 6, y: y(value) + 4, class: "label end" }, root).textContent = String(+value.toPrecision(3));
  }
  const marks = width < 500 ? 2 : 4;
  for (let k = 0; k <= marks; k++) {
    const i = Math.round((n - 1) * k / marks);
    svg("text", { x: x(i), y: height - 6, class: "label " + (k === 0 ? "start" : k === marks ? "end" : "middle") }, root).textContent = stamp(data.from + data.step * i);
  }
  for (const [a, b] of stretches(data.upper.map((v) => v !== null))) {
    let path = "";
    for (let i = a; i <= b; i++) path += `${i === a ? "M" : "L"}${x(i).toFixed(1)},${y(data.upper[i]).toFixed(1)}`;
    const edge = path;
    for (let i = b; i >= a; i--) path += `L${x(i).toFixed(1)},${y(0).toFixed(1)}`;
    svg("path", { d: path + "Z", class: "band" }, root);
    svg("path", { d: edge, class: "limit" }, root);
    path = "";
    for (let i = a; i <= b; i++) path += `${i === a ? "M" : "L"}${x(i).toFixed(1)},${y(data.expected[i]).toFixed(1)}`;
    svg("path", { d: path, class: "expected" }, root);
  }
  if (data.rule) svg("line", { x1: left, x2: width - right, y1: y(data.rule), y2: y(data.rule), class: "rule" }, root);
  const line = (values, name) => svg("path", { d: values.map((v, i) => `${i ? "L" : "M"}${x(i).toFixed(1)},${y(v).toFixed(1)}`).join(""), class: name }, root);
  line(data.kept, "kept");
  line(data.rate, "rate");
  for (const [a, b] of stretches(data.surge)) {
    let path = "";
    for (let i = Math.max(0, a - 1); i <= b; i++) path += `${path ? "L" : "M"}${x(i).toFixed(1)},${y(data.rate[i]).toFixed(1)}`;
    svg("path", { d: path, class: "rate surge" }, root);
  }
  svg("line", { x1: x(at), x2: x(at), y1: top, y2: height - bottom, class: "mark" }, root);
  holder.replaceChildren(root);
}

/* A bar for a share of 0 to 1. */
function drawBar(holder, share) {
  const root = svg("svg", { viewBox: "0 0 100 10", class: "bar", preserveAspectRatio: "none", "aria-hidden": "true" }, holder);
  svg("rect", { width: 100 * share, height: 10 }, root);
}
