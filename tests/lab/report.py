"""Tables (Markdown) from what run.py wrote, and the picture of one scenario with and without the daemon.

    report.py [--only NAME,...] RESULTS.json...            tables: the middle of the runs (the least to the most)
    report.py --merge FILE.json RESULTS.json...            all of them in one, without the daemon's journal
    report.py --plot FILE.svg WITH WITHOUT RESULTS.json... the picture, of each the run in the middle
"""
import argparse
import collections
import json
import statistics

W, H, LEFT, RIGHT, TOP, GAP = 720, 200, 56, 16, 34, 46
COLOURS = {"with": "#0a6ebd", "without": "#c2410c", "mta2": "#5b8c2a"}


def read(path):
    """run.py writes a line a run; --merge writes a list."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    return json.loads(text) if text.startswith("[") else [json.loads(line) for line in text.splitlines()]


def load(paths):
    runs = collections.OrderedDict()
    for path in paths:
        for run in read(path):
            runs.setdefault(run["scenario"], []).append(run)
    return runs


def merge(path, runs):
    lines = []
    for run in sorted((run for some in runs.values() for run in some), key=lambda run: (run["scenario"], run["run"])):
        run["figures"].pop("journal", None)
        lines.append(json.dumps(run))
    with open(path, "w", encoding="utf-8") as f:
        f.write("[\n" + ",\n".join(lines) + "\n]\n")


def spread(values, form="{:.1f}"):
    """Median, and the least and most when they differ."""
    values = sorted(v for v in values if v is not None)
    if not values:
        return "-"
    middle, least, most = (form.format(v) for v in (statistics.median(values), values[0], values[-1]))
    return middle if least == most else f"{middle} ({least} to {most})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows])


def percent(values):
    return spread([None if v is None else 100 * v for v in values], "{:.0f}")


def regulars(runs):
    rows = []
    for name, some in runs.items():
        r = [run["figures"]["regulars"] for run in some]
        rows.append([name, len(some), *(spread([x[k] for x in r]) for k in ("mean", "p50", "p90", "p99", "most")),
                     percent([x["late"] for x in r]), percent([x["kept"] for x in r])])
    return table(["scenario", "runs", "mean s", "p50", "p90", "p99", "most", "later than 5 s, %", "kept at MTA1, %"], rows)


def bounces(runs):
    rows = []
    for name, some in runs.items():
        if some[0]["figures"]["flood"]["sent"]:
            f = [run["figures"]["flood"] for run in some]
            rows.append([name, *(spread([x[k] for x in f], "{:.0f}") for k in ("sent", "mta1", "mta2", "deferrals"))])
    return table(["scenario", "bounces sent", "at MTA1", "at MTA2", "deferred attempts"], rows)


def seconds(value):
    return None if value is None else max(0, value)  # named's stamps are some milliseconds coarse


def times(runs):
    some = {name: [r["figures"]["seconds"] for r in rs if "seconds" in r["figures"]] for name, rs in runs.items()}
    keys = list(dict.fromkeys(key for rs in some.values() for r in rs for key in r))
    return table(["scenario", *keys], [[name, *(spread([seconds(r.get(key)) for r in rs], "{:.2f}") for key in keys)]
                                       for name, rs in some.items() if rs])


def words_of(runs):
    """What the daemon said of the effect, and how often it split."""
    rows = []
    for name, some in runs.items():
        for run in some:
            figures = run["figures"]
            for at, text in figures.get("effects", [])[:1]:
                rows.append([name, f"{at - run['settings']['flood_from']} s after the flood began: {text}"])
            if not figures["flood"]["sent"]:
                rows.append([name, f"{run['settings']['regulars_to']} s of ordinary mail, {figures['bounces']['sent']} bounces in it: "
                             f"{figures['surges']} surges, {figures['splits']} splits"])
    return table(["scenario", "what was said"], rows)


def middle(runs):
    return sorted(runs, key=lambda run: run["figures"]["regulars"]["mean"])[len(runs) // 2]


class Panel:
    def __init__(self, top, end, most, title, unit):
        self.top, self.end, self.most, self.out = top, end, most, []
        step = next(s for s in (1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000) if most / s <= 5)
        self.text(LEFT, top - 10, title, "start", "600")
        for value in range(0, int(most) + 1, step):
            y = self.y(value)
            self.out.append(f'<line x1="{LEFT}" x2="{W - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#8884"/>')
            self.text(LEFT - 6, y + 4, f"{value}{unit if value else ''}", "end")
        for t in range(0, int(end) + 1, 20):
            self.text(self.x(t), top + H + 16, f"{t} s", "middle")

    def x(self, t):
        return LEFT + (W - LEFT - RIGHT) * t / self.end

    def y(self, value):
        return self.top + H - H * min(value, self.most) / self.most

    def text(self, x, y, words, anchor, weight="400", colour="currentColor"):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}" fill="{colour}">{words}</text>')

    def line(self, step, values, colour, dashes=""):
        points = " ".join(f"{self.x(n * step + step / 2):.1f},{self.y(v):.1f}" for n, v in enumerate(values)
                          if v is not None and n * step + step / 2 <= self.end)
        self.out.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}"/>')

    def band(self, begin, end, colour, words):
        self.out.append(f'<rect x="{self.x(begin):.1f}" y="{self.top}" width="{self.x(end) - self.x(begin):.1f}" height="{H}" '
                        f'fill="{colour}" fill-opacity="0.09"/>')
        self.text(self.x(begin) + 4, self.top + 14, words, "start")

    def legend(self, entries):
        x = W - RIGHT
        for words, colour, dashes in reversed(entries):
            x -= 7.2 * len(words)
            self.text(x, self.top - 10, words, "start")
            self.out.append(f'<line x1="{x - 28:.1f}" x2="{x - 6:.1f}" y1="{self.top - 14}" y2="{self.top - 14}" stroke="{colour}" '
                            f'stroke-width="2" stroke-dasharray="{dashes}"/>')
            x -= 42


def plot(path, with_run, without):
    step, end = with_run["series"]["t"][1], with_run["settings"]["regulars_to"]
    begin, over = with_run["settings"]["flood_from"], with_run["settings"]["flood_to"]

    def most(key):
        return max(v for run in (with_run, without) for v in run["series"][key] if v is not None) * 1.1
    delay = Panel(TOP, end, most("delay"), "Delay of the regulars' mail, by when it was sent", " s")
    arrived = Panel(TOP + H + GAP + 20, end, max(most("mta1"), most("mta2")) / step, "Bounces accepted a second", "")
    for panel in (delay, arrived):
        panel.band(begin, over, COLOURS["without"], "the flood")
    delay.legend([("without mxsplit", COLOURS["without"], "6 3"), ("with", COLOURS["with"], "")])
    arrived.legend([("MTA1, without", COLOURS["without"], "6 3"), ("MTA1, with", COLOURS["with"], ""), ("MTA2, with", COLOURS["mta2"], "2 2")])
    delay.line(step, without["series"]["delay"], COLOURS["without"], "6 3")
    delay.line(step, with_run["series"]["delay"], COLOURS["with"])
    for run, key, colour, dashes in ((without, "mta1", "without", "6 3"), (with_run, "mta1", "with", ""), (with_run, "mta2", "mta2", "2 2")):
        arrived.line(step, [v / step for v in run["series"][key]], COLOURS[colour], dashes)
    height = arrived.top + H + 26
    with open(path, "w", encoding="utf-8") as f:
        f.write(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {W} {height}" font-family="sans-serif" font-size="13" role="img" '
                'aria-label="Delay of regular mail and bounces at the exchangers, with and without mxsplit">\n'
                "<style>svg{color:#222;background:#fff}@media(prefers-color-scheme:dark){svg{color:#ddd;background:#1b1b1b}}</style>\n"
                + "\n".join(delay.out + arrived.out) + "\n</svg>\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only")
    parser.add_argument("--plot", nargs=3, metavar=("FILE.svg", "WITH", "WITHOUT"))
    parser.add_argument("--merge", metavar="FILE.json")
    parser.add_argument("results", nargs="+")
    words = parser.parse_args()
    runs = load(words.results)
    if words.merge:
        merge(words.merge, runs)
        return
    if words.plot:
        path, with_name, without_name = words.plot
        plot(path, middle(runs[with_name]), middle(runs[without_name]))
        return
    if words.only:
        runs = {name: runs[name] for name in words.only.split(",") if name in runs}
    for part in (regulars, bounces, times, words_of):
        print(part(runs) + "\n")


if __name__ == "__main__":
    main()
