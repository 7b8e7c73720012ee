#!/usr/bin/python3
"""What the objects need and what they export: symbols.py BUILD.

base and core need nothing but memory, text and arithmetic: the linker's own list proves that there
is no clock, file, socket, log or thread. Every file exports only names that begin with its own.
"""
import pathlib
import re
import subprocess
import sys

PURE = ("daemon/base", "daemon/core")
NEEDS = set("""
    malloc calloc realloc free
    memchr memcmp memcpy memmove memset memrchr memmem
    strlen strnlen strcmp strncmp strchr strrchr strspn strcspn strstr
    snprintf vsnprintf strtod strtol strtoul strtoll strtoull
    qsort bsearch
    ceil cos erf exp exp2 expm1 fabs floor fmax fmin fmod frexp ldexp lgamma llround log log10 log1p
    log2 lround pow rint round sin sqrt tanh trunc
    __assert_fail _GLOBAL_OFFSET_TABLE_
""".split())
# What compilers put in place of the above, and sanitizers, coverage and fortify between.
COMPILER = re.compile(r"__stack_chk_fail$|__\w+_chk$|__(asan|ubsan|sanitizer|sancov|gcov)_\w+$|"
                      r"__isoc(99|23)_\w+$")


def nm(arguments, path):
    listing = subprocess.run(["nm", "-P", *arguments, str(path)], check=True,
                             capture_output=True, text=True).stdout
    return [line.split()[0] for line in listing.splitlines() if line.split()[1:2] != ["V"]]


def objects(build):
    """Objects whose source still exists, with their folder and the name of the file."""
    for path in sorted(pathlib.Path(build).rglob("*.o")):
        source = path.relative_to(build)
        if source.parts[0] == "tests":
            continue
        if any(source.with_suffix(kind).exists() for kind in (".c", ".S")):
            yield path, source


def findings(build):
    everything = list(objects(build))
    if not everything:
        yield f"{build}: no objects, wanted a build (make B={build})"
    ours = set()
    for path, source in everything:
        defined = nm(["-g", "--defined-only"], path)
        if str(source.parent) in PURE:
            ours.update(defined)
        for name in defined:
            if not name.startswith(source.stem) and not (
                    name == "main" and source.stem.endswith("_main")):
                yield f"{source.with_suffix('.c')}: exports {name}, wanted {source.stem}_..."
    for path, source in everything:
        if str(source.parent) in PURE:
            for name in nm(["-u"], path):
                if name not in ours and name not in NEEDS and not COMPILER.match(name):
                    yield f"{source.with_suffix('.c')}: needs {name}, but {source.parent} is pure"


bad = list(findings(sys.argv[1]))
print("\n".join(bad), end="\n" if bad else "")
sys.exit(bool(bad))
