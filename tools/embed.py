#!/usr/bin/env python3
"""Writes a C file that holds the given files: embed.py OUT.c NAME=PATH..."""

import sys


def main():
    out_path, *pairs = sys.argv[1:]
    lines = ["// Made at build by tools/embed.py.", '#include "soak/embedded.h"', ""]
    entries = []
    for index, pair in enumerate(pairs):
        name, path = pair.split("=", 1)
        with open(path, "rb") as file:
            data = file.read()
        # Numbers, because a string literal may have no more than 4095 bytes.
        lines.append(f"static const char file_{index}[] = {{")
        for start in range(0, len(data), 16):
            lines.append("    " + " ".join(f"{byte}," for byte in data[start : start + 16]))
        lines.append("    0};")
        entries.append(f'    {{"{name}", file_{index}, sizeof file_{index} - 1}},')
    lines += ["", "const struct embedded_file embedded_files[] = {", *entries, "};"]
    lines.append(f"const size_t embedded_file_count = {len(pairs)};")
    with open(out_path, "w", encoding="ascii") as file:
        file.write("\n".join(lines) + "\n")


main()
