"""The table of constants in docs/detection.md is that of the code: each constant has one row with its value."""
import os
import re
import unittest

from daemon import ROOT

FILES = ("learn.h", "detect.h", "detect.c", "detect_judge.c", "evidence.h", "evidence.c", "season.h", "season.c",
         "spread.c", "cusum.c", "lasting.h", "lasting.c")
UNITS = {"HOUR", "DAY", "WEEK"}
# what a struct holds, and the period that the API takes
SIZES = {"SEASON_HOURS", "DETECT_VERSION", "DETECT_SCALES", "DETECT_PERIOD_MOST", "BURST_SCALE"}
DEFINE = re.compile(r"^#define (\w+)[ \t]+(?:\\\n\s*)?([^\n]+?)[ \t]*(?=/\*|\n)", re.M)
ROW = re.compile(r"^\| ([a-z_]+\.[ch]) ([A-Z_]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
SCALES = re.compile(r"\} scales\[DETECT_SCALES\] = \{(.*?)\n\};", re.S)
IN_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def read(path):
    with open(os.path.join(ROOT, path), encoding="utf-8") as file:
        return file.read()


def of_code(sources):
    """(file, name) -> number."""
    defined, found = {}, {}
    for name, text in sources.items():
        for define in DEFINE.finditer(text):
            defined[name, define[1]] = define[2]
    for (name, constant), text in defined.items():
        while words := re.findall(r"[A-Z_]{2,}", text):
            for word in words:
                text = text.replace(word, "(" + defined.get((name, word), defined.get(("detect.h", word))) + ")")
        if constant not in UNITS | SIZES:
            found[name, constant] = float(eval(text, {"__builtins__": {}}))  # pylint: disable=eval-used
    return found


def number(value, unit):
    """A row's value in the unit of the code: seconds, and bounces a second."""
    return float(value) * IN_SECONDS.get(unit, 1) / (60 if unit == "bounces a minute" else 1)


def of_page(page):
    rows = ROW.findall(page)
    table = {(file, name): number(value, unit) for file, name, value, unit, _ in rows}
    assert len(table) == len(rows), "a constant with two rows"
    return table


class ConstantsTest(unittest.TestCase):
    def setUp(self):
        self.sources = {name: read("daemon/core/" + name) for name in FILES}
        self.page = read("docs/detection.md")

    def test_each_constant_has_a_row_with_its_value(self):
        code, page = of_code(self.sources), of_page(self.page)
        self.assertEqual(sorted(code), sorted(page))
        self.assertLess(len(page) + 2, 40, "the prototype had forty")
        for key, value in code.items():
            self.assertAlmostEqual(value, page[key], 9, " ".join(key))

    def test_another_value_and_another_constant_are_seen(self):
        changed = dict(self.sources)
        changed["season.c"] = changed["season.c"].replace("#define UNSEEN 2.0", "#define UNSEEN 2.1")
        changed["detect.c"] += "#define NEW (2 * DAY)\n"
        code, page = of_code(changed), of_page(self.page)
        self.assertEqual({key for key in code if code[key] != page.get(key)},
                         {("season.c", "UNSEEN"), ("detect.c", "NEW")})

    def test_the_scales_have_their_rows(self):
        rows = re.findall(r"\{ ([0-9.]+), (\d) \}", SCALES.search(self.sources["detect.c"])[1])
        self.assertEqual(len(rows), 2)
        for column, name in enumerate(("scales", "spreads")):
            values = ", ".join(row[column] for row in rows)
            self.assertEqual(re.findall(rf"^\| {name} \| ([^|]+) \|", self.page, re.M), [values])


if __name__ == "__main__":
    unittest.main()
