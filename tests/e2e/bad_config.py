"""Configurations that are wrong, each made by one change of a good one.

    for what, text in bad_configs(good, directory, seed, count): ...

Every one is wrong by construction, in a place of the file; no two are the same. `good` is what
daemon.Daemon.write_config writes, with one hook. `directory` takes files that are wrong themselves.
"""
import os
import random
import re

SCALARS = {"duration": ["stale-after", "silent-after", "watch", "timeout", "prove", "split-ttl", "min-split",
                        "calm", "max-split", "quiet", "retry-first", "retry-max"],
           "number": ["least-excess", "prior-rate", "splits-a-day"],
           "required": ["address", "zone", "key-file", "server", "drop", "mta", "follow", "run"],
           "any": ["database", "tokens", "watch", "address", "zone", "key-file", "mode", "split-ttl",
                   "server", "mta", "follow", "default-domain", "calm", "least-excess", "timeout"]}
WORDS = {
    "duration": ["5parsec", "-1s", "", "s", "1y", "0x10s", "1 s s", "99999999999999999999s", "1e3s", "\u0661s",
                 "5s;", "[5s]", "{s: 5}", "*five", "&five 5s", "!!int 5", "5s: 6s", "1h30parsec", "forever",
                 "400000d", "\"5s", "'5s", "|", "~", "null"],
    "number": ["-1", "1e400", "nan", "inf", "0x20", "1,5", "abc", "", "1.2.3", "99999999999999999999", "[1]",
               "{a: 1}", "1k", "+-3", "1.0000000000001", "five"],
    "address": ["ns1.example.test", "127.0.0.1:0", "127.0.0.1:65536", "300.1.1.1", "127.0.0", "\"[::1\"", "\"\"",
                "\"::1]:53\"", "\"127.0.0.1:\"", "\"127.0.0.1:53:53\"", "\"[::g]:53\"", "127.0.0.1:99999999999"],
    "mode": ["atuo", "AUTO!", "[auto]", "{auto: yes}", "\"\"", "auto manual", "*auto", "!!str auto", "\"auto"],
    "zone": ["\"\"", "\"..\"", "a..b", "\"-\\x01\"", "a" * 64 + ".test", ("a." * 127) + "bcdef", "other.test"],
    "server": ["ns2", "ns", "NS1!", "\"\"", "[ns1]", "\"ns 1\""],
    "drop": ["[]", "mta1 mta2", "{a: b}", "[[a.test]]", "[\"\"]", "[a..b]", "[mta1.example.test",
             "[" + ", ".join("m%d.test" % i for i in range(9)) + "]"],
    "key-file": ["relative.key", "\"\"", "[]", "/nowhere/at/all.key", "{d}", "{d}/open.key", "/" + "a" * 5000],
    "tokens": ["relative", "{d}", "{d}/open.key"],
    "follow": ["relative.log", "\"\"", "[a]", "/" + "b" * 5000],
    "run": ["/bin/true", "[relative]", "[/nowhere/at/all]", "[]", "[{d}]", "[{d}/plain]", "[{d}/loose]"],
    "on": ["[sunset]", "[split, ]surge", "{a: b}", "[surge, surge!]"],
    "listen": ["[\"127.0.0.1\"]", "[\"unix:relative\"]", "[\"127.0.0.1:99999\"]", "[\"tcp:1\"]", "{a: b}"],
    "allow-origins": ["[\"*\"]", "[null]", "[https://a.test/]", "[\"https://*.a.test\"]", "[a.test]", "{a: b}"],
}
ENTRIES = ["", "\n", "# nothing\n", "---\n", "null\n", "5\n", "[]\n", "{}\n", "a", "- a\n", "\"", "[[[[", "{",
           "%YAML 9.9\n---\n", "domains:\n", "servers: []\ndomains: []\n", "[" * 500, "{a: " * 500, "\ufeff", "?\n"]
LATER = ["syslog-udp: 5514", "syslog-tcp: localhost", "journal: maybe", "stdin: no", "syslog-unix: here"]


def key_of(line):
    found = re.match(r"\s*(?:- )?([a-z-]+):", line)
    return found.group(1) if found else None


def set_value(lines, key, value):
    """The first line with this key gets another value."""
    out, done = [], False
    for line in lines:
        if not done and key_of(line) == key:
            line, done = line[:line.index(":") + 1] + " " + value, True
        out.append(line)
    return out if done else None


class Bad:
    def __init__(self, good, directory, seed):
        self.good, self.lines, self.rng = good, good.rstrip("\n").split("\n"), random.Random(seed)
        self.directory = directory
        for name, mode in (("open.key", 0o644), ("plain", 0o644), ("loose", 0o777)):
            path = os.path.join(directory, name)
            with open(path, "w") as f:
                f.write("#!/bin/sh\n")
            os.chmod(path, mode)
        self.places = [i for i, line in enumerate(self.lines) if key_of(line)]

    def value(self):
        kind = self.rng.choice(sorted(WORDS))
        key = self.rng.choice(SCALARS.get(kind, [kind]))
        word = self.rng.choice(WORDS[kind]).replace("{d}", self.directory)
        return f"{key}: {word[:40]}", set_value(self.lines, key, word)

    def unknown(self):
        i = self.rng.choice(self.places)
        key = key_of(self.lines[i])
        at = self.rng.randrange(len(key) + 1)
        other = key[:at] + self.rng.choice("qxz") + key[at:]
        lines = list(self.lines)
        lines[i] = lines[i].replace(key, other, 1)
        return f"{key} is {other}", lines

    def double(self):
        i = self.rng.choice([i for i in self.places if not self.lines[i].lstrip().startswith("- ")])
        lines = list(self.lines)
        key = lines[i]
        if key.endswith(":"):  # a section again, at the end
            return f"twice {key}", lines + [key, "  - name: again"]
        return f"twice {key.strip()}", lines[:i] + [key] + lines[i:]

    def left_out(self):
        key = self.rng.choice(SCALARS["required"])
        i = next(i for i in self.places if key_of(self.lines[i]) == key)
        return f"without {key}", self.lines[:i] + self.lines[i + 1:]

    def cut(self):
        at = self.rng.randrange(self.good.index("    drop:") + 9)
        return f"cut at {at}", self.good[:at]

    def whole(self):
        return "another file", self.rng.choice(ENTRIES)

    def octet(self):
        at = self.rng.randrange(len(self.good))
        odd = self.rng.choice([b"\0", b"\x01", b"\x07", b"\x1b", b"\x7f", b"\xff", b"\xc0\x80", b"\xed\xa0\x80"])
        data = self.good.encode()
        return f"{odd!r} at {at}", data[:at] + odd + data[at:]

    def tabs(self):
        i = self.rng.choice([i for i in self.places if self.lines[i].startswith("    ")])
        lines = list(self.lines)
        lines[i] = "\t" + lines[i].lstrip()
        return f"a tab before line {i + 1}", lines

    def type(self):
        key = self.rng.choice(SCALARS["any"])
        word = self.rng.choice(["{a: b}", "[[a]]", "&x %s", "!x %s", "*x"])
        value = next(line for line in self.lines if key_of(line) == key).split(":", 1)[1].strip()
        word = word.replace("%s", value)
        return f"{key}: {word}", set_value(self.lines, key, word)

    def section(self):
        name = self.rng.choice(["servers", "domains", "sources", "hooks"])
        return f"{name} is no list", self.lines + [f"{name}: 5"] if self.rng.random() < 0.3 else [
            line + self.rng.choice([" 5", " {a: b}", " &a"]) if line == name + ":" else line for line in self.lines]

    def order(self):
        low, high = self.rng.choice([("min-split", "max-split"), ("retry-first", "retry-max")])
        n = self.rng.randrange(2, 50)
        lines = set_value(set_value(self.lines, low, f"{n}m"), high, f"{self.rng.randrange(1, n)}m")
        return f"{low} above {high}", lines

    def again(self):
        """An entry of a list once more: its name is taken."""
        name = self.rng.choice(["servers", "domains", "sources", "hooks"])
        begin = self.lines.index(name + ":") + 1
        end = begin + 1
        while end < len(self.lines) and re.match(r"    ", self.lines[end]):
            end += 1
        return f"{name} again", self.lines[:end] + self.lines[begin:end] * self.rng.randrange(1, 70) + self.lines[end:]

    def later(self):
        word = self.rng.choice(LATER)
        return word, [line if key_of(line) != "follow" else "    " + word for line in self.lines]

    def broken(self):
        i = self.rng.choice([i for i in self.places if "/" not in self.lines[i]])  # a path may hold these
        lines = list(self.lines)
        lines[i] += self.rng.choice([" : : [", " ]", " }", " \"", " '", ": a: b", " [", " {", "\n...\n---"])
        return f"line {i + 1}: {lines[i]!r}", lines


def bad_configs(good, directory, seed, count):
    bad, seen = Bad(good, directory, seed), {good.encode()}
    makers = [bad.value, bad.value, bad.value, bad.unknown, bad.double, bad.left_out, bad.cut, bad.whole, bad.octet,
              bad.tabs, bad.type, bad.section, bad.order, bad.again, bad.later, bad.broken]
    turn = 0
    while len(seen) <= count:
        what, text = makers[turn % len(makers)]()
        turn += 1
        assert text is not None, what
        if isinstance(text, list):
            text = "\n".join(text) + "\n"
        if isinstance(text, str):
            text = text.encode()
        if text not in seen:
            seen.add(text)
            yield what, text
