#!/usr/bin/python3
"""Includes go downward only, as daemon/LAYERS says.

A file includes from its own folder or from a folder of a lower number, never from a sibling of its
layer, and every path stands from the root. base and core are pure: of the system's headers they
see only those of plain C that do no I/O.
"""
import pathlib
import re
import sys

PURE_LAYERS = 2  # numbers below this one
PURE_HEADERS = {
    "assert.h", "float.h", "inttypes.h", "limits.h", "math.h", "stdarg.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdio.h", "stdlib.h", "string.h",  # stdio for snprintf; see symbols.py
    "emmintrin.h",  # arithmetic
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')


def read_layers():
    layers = {}
    for line in pathlib.Path("daemon/LAYERS").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            number, folder = line.split()[:2]
            layers[folder] = int(number)
    return layers


def findings(layers):
    roots = {folder.split("/")[0] for folder in layers}
    for path in sorted(p for root in roots for p in pathlib.Path(root).rglob("*.[ch]")):
        folder = str(path.parent)
        if folder not in layers:
            yield f"{path}:1: folder {folder} is not in daemon/LAYERS"
            continue
        for number, line in enumerate(path.read_text().splitlines(), 1):
            found = INCLUDE.match(line)
            if not found:
                continue
            own, system = found.groups()
            if own:
                target = str(pathlib.PurePosixPath(own).parent)
                if target not in layers:
                    yield f"{path}:{number}: includes {own}, wanted a path from the root"
                elif target != folder and layers[target] >= layers[folder]:
                    yield (f"{path}:{number}: layer {layers[folder]} includes {own} of layer "
                           f"{layers[target]}, wanted a lower one")
            elif layers[folder] < PURE_LAYERS and system not in PURE_HEADERS:
                yield f"{path}:{number}: includes <{system}>, but {folder} is pure"


bad = list(findings(read_layers()))
print("\n".join(bad), end="\n" if bad else "")
sys.exit(bool(bad))
