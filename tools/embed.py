#!/usr/bin/env python3
"""Writes a C file that holds the given files: embed.py [--gzip] OUT.c HEADER PREFIX NAME=PATH...

HEADER declares struct PREFIX_file, PREFIX_files and PREFIX_file_count. With --gzip each file is
held packed too.
"""

import gzip
import re
import sys

# Where a browser would look for the source of a packed script or style; it is not embedded.
SOURCE_MAP = re.compile(rb"\n(?://|/\*)# sourceMappingURL=.*")

# As numbers, because a string literal may have no more than 4095 bytes; those that are negative
# where char is signed as what is right either way.
NUMBERS = [str(byte) if byte < 128 else f"'\\x{byte:02x}'" for byte in range(256)]


def array(name, data):
    """The lines of a C array of the bytes, ended by NUL."""
    lines = [f"static const char {name}[] = {{"]
    for start in range(0, len(data), 16):
        row = data[start : start + 16]
        lines.append("    " + " ".join(f"{NUMBERS[byte]}," for byte in row))
    return lines + ["    0};"]


def main():
    arguments = sys.argv[1:]
    packs = arguments[0] == "--gzip"
    out_path, header, prefix, *pairs = arguments[packs:]
    lines = ["// Made at build by tools/embed.py.", f'#include "{header}"', ""]
    entries = []
    for index, pair in enumerate(pairs):
        name, path = pair.split("=", 1)
        with open(path, "rb") as file:
            data = SOURCE_MAP.sub(b"", file.read())
        lines += array(f"file_{index}", data)
        entry = f'"{name}", file_{index}, sizeof file_{index} - 1'
        if packs:
            # Without a time, so that equal files are equal bytes.
            lines += array(f"packed_{index}", gzip.compress(data, mtime=0))
            entry += f", packed_{index}, sizeof packed_{index} - 1"
        entries.append(f"    {{{entry}}},")
    lines += ["", f"const struct {prefix}_file {prefix}_files[] = {{", *entries, "};"]
    lines.append(f"const size_t {prefix}_file_count = {len(pairs)};")
    with open(out_path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


main()
