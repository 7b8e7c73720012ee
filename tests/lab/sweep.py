"""make lab-sim: the simulator over the questions that no laboratory can answer; tables in Markdown, two pictures.

    sweep.py SIM [--seeds N] [--lab RESULTS.json] [--pictures DIRECTORY]

Every table is preceded by the options that make it. Without a spread a value was the same with all seeds.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys

HOURS = (0.25, 1, 2, 6, 12, 24, 48, 72, 168)
# the laboratory's time line (run.py): two regulars' mail a second in all, ten strangers, 45 s of flood
LAB = ("--servers 8 --service 1 --flood 3 --hours 0.0125 --after-hours 0.016667 --before 15 --organisations 600 --gap 0.166667 "
       "--gap-sigma 0 --shared 0 --cap 86400 --zipf 0 --ordinary 0 --learn-days 0.1 --step 2").split()
EARLIER = [  # measured before by hand-made splits, with mail for 85 s from 15 s before the flood; see docs/experiment.md
    ("no split", "--daemon 0 --host-cap 10", (53.1, 90.0, 82, "1074/0")),
    ("split after 10 s, new strangers every 10 s", "--split-after 10 --host-cap 10", (5.2, 17.5, 30, "258/816")),
    ("split after 3 s, new strangers every 2 s", "--split-after 3 --host-cap 2", (1.6, 4.1, 9, "110/964")),
    ("split after 10 s, new strangers every 2 s", "--split-after 10 --host-cap 2", (5.8, 19.0, 33, "282/792")),
    ("split after 10 s, strangers that looked up before", "--split-after 10 --host-cap 604800 --known 1", (52.8, 90.0, 82, "1074/0")),
]


class Sim:
    def __init__(self, program, seeds):
        self.program, self.seeds, self.kept = program, seeds, {}

    def one(self, options, seed):
        key = (tuple(options), seed)
        if key not in self.kept:
            done = subprocess.run([self.program, *options, "--seed", str(seed)], check=True, capture_output=True, text=True)
            self.kept[key] = json.loads(done.stdout)
        return self.kept[key]

    def all(self, options):
        return [self.one(options.split() if isinstance(options, str) else options, seed) for seed in range(1, self.seeds + 1)]


def number(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 or value == int(value) else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2g}"


def spread(values, factor=1):
    values = sorted(v * factor for v in values if v is not None)
    if not values:
        return "-"
    middle, least, most = number(statistics.median(values)), number(values[0]), number(values[-1])
    return middle if least == most else f"{middle} ({least} to {most})"


def table(head, rows):
    print("| " + " | ".join(head) + " |\n|" + "---|" * len(head))
    for row in rows:
        print("| " + " | ".join(str(cell) for cell in row) + " |")
    print()


def bounces(runs):
    return "/".join(number(statistics.median(r["bounces"][i] for r in runs)) for i in (0, 1))


def calibration(sim):
    rows = []
    options = LAB.copy()
    options[options.index("0.016667")] = "0.011111"
    for name, more, (mean, p90, late, flood) in EARLIER:
        runs = sim.all([*options, "--hosts", "10", *more.split()])
        rows.append([name, mean, spread([r["mean"] for r in runs]), p90, spread([r["p90"] for r in runs]), late,
                     spread([r["later_5s"] for r in runs], 100), flood, bounces(runs)])
    print("`sim " + " ".join(options) + " --hosts 10 ...`\n")
    table(["", "mean s, measured", "simulated", "p90 s, measured", "simulated", "later than 5 s %, measured", "simulated",
           "bounces MTA1/MTA2, measured", "simulated"], rows)


def of_lab(settings):
    """The queue-bound runs of two minutes, without 421: what the simulator's options can say."""
    usual = {"bound": "queue", "capacity": 8, "flood": 3, "flood_from": 15, "flood_to": 60, "regulars_to": 120, "shed": False,
             "sessions": False, "split_ttl": 20}
    return all(settings[key] == value for key, value in usual.items())


def lab(sim, path):
    with open(path, encoding="utf-8") as f:
        runs = [run for run in json.load(f) if of_lab(run["settings"])]
    rows = []
    for name in dict.fromkeys(run["scenario"] for run in runs):
        some = [run for run in runs if run["scenario"] == name]
        settings, figures = some[0]["settings"], [run["figures"] for run in some]
        if settings["crowd"]:
            who = "--hosts 100000 --host-cap 2"
        else:
            who = f"--hosts 10 --host-cap {settings['cap']} --known {1 if settings['cap'] > 3600 else 0}"
        after = [f["seconds"]["onset to all servers"] for f in figures if "seconds" in f]
        who += f" --split-after {statistics.median(after):.1f}" if after else " --daemon 0"
        simulated = sim.all(LAB + who.split())
        rows.append([name, len(some), *(cell for key in ("mean", "p90", "most") for cell in (
            spread([f["regulars"][key] for f in figures]), spread([r[key] for r in simulated]))),
            "/".join(number(statistics.median(f["flood"][m] for f in figures)) for m in ("mta1", "mta2")), bounces(simulated)])
    print("`sim " + " ".join(LAB) + " ...`, each split as late after the onset as the daemon's was\n")
    table(["scenario", "runs", "mean s, measured", "simulated", "p90 s, measured", "simulated", "most s, measured", "simulated",
           "bounces MTA1/MTA2, measured", "simulated"], rows)


HEAD = ["", "mean s", "p90 s", "most s", "later than 5 s, %", "later than 1 h, %", "at MTA1: mean s", "later than 5 s, %",
        "regulars' mail kept there in the first hour, %", "while split, %", "bounces MTA1/MTA2", "split after s"]


def row(name, runs):
    return [name, *(spread([r[k] for r in runs]) for k in ("mean", "p90", "most")), *(spread([r[k] for r in runs], 100) for k in (
        "later_5s", "later_1h")), spread([r["at_mta1"]["mean"] for r in runs]), spread([r["at_mta1"]["later_5s"] for r in runs], 100),
            *(spread([r[k] for r in runs], 100) if runs[0]["splits"] else "-" for k in (
            "kept_first_hour", "kept")), bounces(runs), spread([r["split_after"] for r in runs])]


def rows_of(sim, title, command, variants):
    print(f"### {title}\n\n`sim {command.strip()} ...`\n")
    table(HEAD, [row(name, sim.all(f"{command} {more}")) for name, more in variants])


def survival(sim):
    print("### How long regulars hold the full set: seen, and by the formula\n\n`sim --learn-days 60 ...`\n")
    rows = []
    for name, more in (("each a resolver of its own", "--shared 0"), ("one in five at 20 shared resolvers", "--shared 0.2"),
                       ("all with a cap of a day", "--shared 0 --cap 86400"), ("all with a cap of 7 days", "--shared 0 --cap 604800"),
                       ("copies lost after 3 idle days", "--shared 0 --lost-days 3")):
        runs = sim.all(f"--learn-days 60 {more}")
        for label, key in (("seen", "survival_seen"), ("formula", "survival_formula")):
            rows.append([f"{name}: {label}"] + [f"{100 * statistics.mean(r[key][i] for r in runs):.1f}" for i in range(len(HOURS) - 1)])
    table(["share of regulars, %, after hours"] + [f"{h:g}" for h in HOURS[:-1]], rows)


def polyline(points, x, y, colour, dashes=""):
    return (f'<polyline fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dashes}" points="'
            + " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in points) + '"/>')


def frame(path, title, x_marks, y_marks, x, y, lines, legend):
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 720 330" font-family="sans-serif" font-size="13" role="img" '
           f'aria-label="{title}">', "<style>svg{color:#222;background:#fff}@media(prefers-color-scheme:dark){svg{color:#ddd;"
           'background:#1b1b1b}}text{fill:currentColor}</style>', f'<text x="64" y="20" font-weight="600">{title}</text>']
    for value, words in y_marks:
        out.append(f'<line x1="64" x2="704" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#8884"/>'
                   f'<text x="58" y="{y(value) + 4:.1f}" text-anchor="end">{words}</text>')
    out += [f'<text x="{x(value):.1f}" y="298" text-anchor="middle">{words}</text>' for value, words in x_marks]
    for number_, (words, colour, dashes) in enumerate(legend):
        left = 64 + 210 * number_
        out.append(f'<line x1="{left}" x2="{left + 24}" y1="316" y2="316" stroke="{colour}" stroke-width="2" '
                   f'stroke-dasharray="{dashes}"/><text x="{left + 30}" y="320">{words}</text>')
    with open(path, "w", encoding="utf-8") as f:
        f.write("\n".join(out + lines + ["</svg>"]) + "\n")


def pictures(sim, directory):
    steps = {name: sim.one(["--series", "1", "--step", "1800", "--daemon", mode], 1) for name, mode in (("with", "1"), ("without", "0"))}
    hours = len(steps["with"]["series"]) / 2
    most = max(s[4] for s in steps["without"]["series"]) / 3600 * 1.05

    def x(h):
        return 64 + 640 * h / hours

    def y(v):
        return 280 - 240 * v / most
    frame(os.path.join(directory, "incident.svg"), "300,000 bounces in a day: delay of regular mail, simulated", [
        (h, f"{h} h") for h in range(0, int(hours) + 1, 6)], [(h, f"{h} h") for h in range(0, int(most) + 1, 3)], x, y, [
            polyline([(n / 2 + 0.25, s[4] / 3600) for n, s in enumerate(steps[name]["series"]) if s[2] + s[3]], x, y, colour, dashes)
            for name, colour, dashes in (("without", "#c2410c", "6 3"), ("with", "#0a6ebd", ""))],
          [("without mxsplit", "#c2410c", "6 3"), ("with", "#0a6ebd", "")])
    curves = [(name, colour, sim.one(["--learn-days", "60", "--shared", "0", "--cap", cap], 1))
              for name, colour, cap in (("cap of 7 days", "#0a6ebd", "604800"), ("cap of a day", "#c2410c", "86400"))]

    def x2(h):
        return 64 + 640 * h / 72

    def y2(v):
        return 280 - 240 * v
    lines = []
    for _, colour, run in curves:
        points = [(h, run["survival_formula"][i]) for i, h in enumerate(HOURS) if h <= 72]
        lines.append(polyline(points, x2, y2, colour))
        lines += [f'<circle cx="{x2(h):.1f}" cy="{y2(run["survival_seen"][i]):.1f}" r="4" fill="{colour}"/>'
                  for i, h in enumerate(HOURS) if h <= 72]
    frame(os.path.join(directory, "survival.svg"), "Regulars that still hold the full set: dots simulated, lines by the formula",
          [(h, f"{h} h") for h in (0, 12, 24, 48, 72)], [(v / 5, f"{20 * v} %") for v in range(6)], x2, y2, lines,
          [(name, colour, "") for name, colour, _ in curves])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sim")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--lab")
    parser.add_argument("--pictures")
    words = parser.parse_args()
    sim = Sim(words.sim, words.seeds)
    print("### Calibration: splits made by hand in an earlier laboratory\n")
    calibration(sim)
    if words.lab:
        print("### Calibration: the lab above\n")
        lab(sim, words.lab)
    rows_of(sim, "300,000 bounces in a day", "", [("without mxsplit", "--daemon 0"), ("with", ""),
        ("with, MTA2 four times as fast", "--mta2 4"), ("421 to bounces at MTA1, no split", "--shed 1 --daemon 0"),
        ("both", "--shed 1")])
    rows_of(sim, "Who the strangers are", "--mta2 4", [
        ("50,000 hosts alike", "--zipf 0"), ("weights 1/sqrt(n)", "--zipf 0.5"), ("weights 1/n", "--zipf 1"),
        ("1,000 hosts, weights 1/n", "--hosts 1000"), ("all looked up just before", "--known 1"),
        ("all looked up just before, 421 at MTA1", "--known 1 --shed 1"), ("100 hosts that keep sessions for 300 s", "--hosts 100 --sessions 300"),
        ("the same, 421 at MTA1", "--hosts 100 --sessions 300 --shed 1")])
    rows_of(sim, "Rate of the flood, times the capacity", "--hours 6 --mta2 4", [
        (f"{f}, {name}", f"--flood {f} {more}") for f in (2, 3, 5, 10, 20) for name, more in (("without", "--daemon 0"), ("with", ""))])
    rows_of(sim, "How much is asked for before a surge is believed: least-excess", "--mta2 4", [
        (str(n), f"--least-excess {n}") for n in (50, 100, 200, 500, 1000, 2000)])
    rows_of(sim, "TTL of the full set", "--learn-days 21 --mta2 4", [
        (f"{name}, {caps}", f"--ttl {ttl} {more}") for ttl, name in ((86400, "1 day"), (172800, "2 days"), (604800, "7 days"))
        for caps, more in (("caps mixed", ""), ("no cap below 7 days", "--cap 604800"))])
    print("### TTL of the split set\n\n`sim --hours 6 --after-hours 48 --mta2 4 ...`\n")
    rows = []
    for ttl in (60, 300, 3600, 604800):
        runs = sim.all(f"--hours 6 --after-hours 48 --mta2 4 --split-ttl {ttl}")
        rows.append([f"{ttl} s", spread([r["away"] for r in runs]), spread([r["last_away"] / 3600 for r in runs])])
    table(["", "mails of regulars that still came to MTA2 after the restore", "the last of them, hours after it"], rows)
    survival(sim)
    if words.pictures:
        pictures(sim, words.pictures)


if __name__ == "__main__":
    sys.exit(main())
