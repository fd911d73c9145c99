#!/usr/bin/env python3
"""House rules that no compiler checks. usage: tidy.py [ROOT]; prints FILE:LINE: MESSAGE [RULE].

includes    rooms include downwards only, by their path from src, never with ../
size        a file has at most 800 lines, a function at most 70, from its head to its last brace
branches    a function has at most 15 of: if, for, while, switch, ?, &&, ||. The cases of a switch
            are not counted, since a table of them reads at a glance.
columns     a line has at most 100 columns
whitespace  no tabs, no blanks at a line's end, a newline at the file's end
banned      functions that overflow, lie about errors, or hide state
clock       time comes from the run's clock: only src/base/platform.c asks the machine
heap        outside src/base memory comes from base/memory.h
guard       src/base/error.h is guarded by MM_BASE_ERROR_H
comment     a header in src starts with a // comment that says what it is for
typedef     no typedef of a struct, union or enum
pair        every .c in src has its .h, or is a part of one beside it as engine_look.c is of
            engine.h; main.c and src/cmd need none
leftovers   no marks of unfinished work
paths       no path of one particular machine
orphan      a file in tests, docs or bench is named somewhere

A line that must break a rule ends with a comment `tidy: allow RULE, because ...`.
"""
import dataclasses
import functools
import os
import pathlib
import re
import subprocess
import sys

ROOMS = ["base", "net", "market", "venue", "bourse", "trade", "kpi", "engine", "soak", "sweep",
         "cmd"]
FILE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
BRANCHES_MAX = 15
COLUMNS_MAX = 100

BANNED = {
    "strcpy|strcat|strncpy|strncat|stpcpy|sprintf|vsprintf|gets|alloca": "use snprintf or memcpy",
    "atoi|atol|atoll|atof|scanf|sscanf|fscanf": "use base/decimal.h",
    "strtok|rand|srand|random|srandom|drand48|setlocale": "it keeps hidden state",
}
CLOCK = "time|clock|clock_gettime|gettimeofday|localtime|localtime_r|sleep|usleep|nanosleep"
HEAP = "malloc|calloc|realloc|reallocarray|strdup|strndup|asprintf|vasprintf"
LEFTOVERS = r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b"
MACHINE_PATH = r"(?<![\w.*])/(?:work|root|home/\w+|Users/\w+)/"

COMMENT_OR_LITERAL = re.compile(
    r"""//(?:\\\n|[^\n])*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:\\\n|[^\n])*", re.M)
ATTRIBUTE = re.compile(r"__attribute__\s*$")
BRANCH = re.compile(r"\b(?:if|for|while|switch)\b|&&|\|\||\?")


def blank(match):
    """The matched text with everything but its line ends (and a literal's quotes) made blank."""
    text = match.group()
    inner = re.sub(r"[^\n]", " ", text)
    return text[0] + inner[1:-1] + text[-1] if text[0] in "\"'" else inner


@dataclasses.dataclass
class Source:
    path: str  # from the root, with /
    text: str

    @property
    def is_c(self):
        return self.path.endswith((".c", ".h"))

    @property
    def is_code(self):
        script = self.text.startswith("#!")
        return self.is_c or script or self.path.endswith((".py", "meson.build", ".sh", ".yml"))

    @property
    def in_src(self):
        return self.path.startswith("src/")

    @functools.cached_property
    def code(self):
        """C without comments, literals' contents and preprocessor lines; lines stay in place."""
        return DIRECTIVE.sub(blank, COMMENT_OR_LITERAL.sub(blank, self.text))

    def matches(self, pattern, text=None):
        """(line, match) of each match in the text, by default the file's."""
        text = self.text if text is None else text
        for match in re.finditer(pattern, text, re.M):
            yield text.count("\n", 0, match.start()) + 1, match


def function_name(head):
    """The name of the function whose definition starts with `head`, or None."""
    head = head.rstrip()
    while head.endswith(")"):
        depth = 0
        for at in range(len(head) - 1, -1, -1):
            depth += (head[at] == ")") - (head[at] == "(")
            if depth == 0:
                break
        before = head[:at].rstrip()
        if not ATTRIBUTE.search(before):
            name = re.search(r"(\w+)$", before)
            return name and name.group()
        head = ATTRIBUTE.sub("", before).rstrip()
    return None


def functions(code):
    """(name, first line, last line, body) of each function defined in the code."""
    depth = start = opening = 0
    name = None
    for match in re.finditer(r"[{};]", code):
        if match.group() == "{":
            if depth == 0:
                name, opening = function_name(code[start : match.start()]), match.start()
            depth += 1
            continue
        if match.group() == "}":
            depth = max(depth - 1, 0)
            if depth == 0 and name:
                start += len(code[start:]) - len(code[start:].lstrip())
                first, last = (code.count("\n", 0, at) + 1 for at in (start, match.start()))
                yield name, first, last, code[opening : match.end()]
        if depth == 0:
            start, name = match.end(), None


def may_include(room, other):
    if other == "observe":
        return room in ("observe", "cmd")
    if room == "observe":
        return other in ROOMS[: ROOMS.index("sweep")]
    return ROOMS.index(other) <= ROOMS.index(room)


def check_includes(source):
    if not source.is_c:
        return
    room = "cmd" if source.path == "src/main.c" else source.path.split("/")[1:2][0]
    for line, match in source.matches(r'^\s*#\s*include\s+"([^"]+)"'):
        name = match.group(1)
        other = name.split("/")[0]
        if "../" in name:
            yield line, "includes", f'"{name}" climbs; name it by its path from src'
        elif source.in_src and ("/" not in name or other not in ROOMS + ["observe"]):
            yield line, "includes", f'"{name}" is not a path from src'
        elif source.in_src and not may_include(room, other):
            yield line, "includes", f"{room} must not include {other}"


def check_sizes(source):
    lines = source.text.count("\n")
    if source.is_code and lines > FILE_LINES_MAX:
        yield FILE_LINES_MAX + 1, "size", f"{lines} lines, more than {FILE_LINES_MAX}"
    for name, first, last, body in functions(source.code) if source.is_c else ():
        if last - first + 1 > FUNCTION_LINES_MAX:
            message = f"{name} has {last - first + 1} lines, more than {FUNCTION_LINES_MAX}"
            yield first, "size", message
        branches = len(BRANCH.findall(body))
        if branches > BRANCHES_MAX:
            yield first, "branches", f"{name} has {branches} branches, more than {BRANCHES_MAX}"


def check_layout(source):
    if not source.is_code:
        return
    for number, line in enumerate(source.text.split("\n"), 1):
        if len(line) > COLUMNS_MAX:
            yield number, "columns", f"{len(line)} columns, more than {COLUMNS_MAX}"
        if "\t" in line or line != line.rstrip():
            yield number, "whitespace", "a tab, or blanks at the line's end"
    if source.text and not source.text.endswith("\n"):
        yield source.text.count("\n") + 1, "whitespace", "no newline at the file's end"


def check_calls(source):
    if not source.is_c:
        return
    rules = [("banned", names, reason) for names, reason in BANNED.items()]
    if source.in_src:
        rules.append(("banned", "system|popen", "no shell"))
    if source.in_src and source.path != "src/base/platform.c":
        rules.append(("clock", CLOCK, "ask the run's clock or base/platform.h"))
    if source.in_src and not source.path.startswith("src/base/"):
        rules.append(("heap", HEAP, "use base/memory.h"))
    for rule, names, reason in rules:
        for line, match in source.matches(rf"(?<![\w.>])(?:{names})(?=\s*\()", source.code):
            yield line, rule, f"{match.group()}: {reason}"


def check_header(source):
    if not source.path.endswith(".h"):
        return
    name = re.sub(r"\W", "_", source.path.removeprefix("src/")).upper()
    if not re.search(rf"^#ifndef MM_{name}\n#define MM_{name}\n", source.text, re.M):
        yield 1, "guard", f"the guard is not MM_{name}"
    if source.in_src and not source.text.startswith("//"):
        yield 1, "comment", "does not start with a comment"


def check_names(source):
    for line, match in source.matches(r"\btypedef\s+(struct|union|enum)\b", source.code):
        if source.is_c:
            yield line, "typedef", f"typedef of a {match.group(1)}"
    for line, match in source.matches(LEFTOVERS) if source.is_code else ():
        yield line, "leftovers", f"{match.group()} left over"
    for line, match in source.matches(MACHINE_PATH):
        yield line, "paths", f"{match.group()} is a path of one machine"


def check_pair(source, paths):
    is_exempt = source.path == "src/main.c" or source.path.startswith("src/cmd/")
    if source.in_src and source.path.endswith(".c") and not is_exempt:
        folder, _, name = source.path[:-2].rpartition("/")
        words = name.split("_")
        wholes = ("_".join(words[:count]) for count in range(1, len(words) + 1))
        if not any(f"{folder}/{whole}.h" in paths for whole in wholes):
            yield 1, "pair", "has no header of its name, and is no part of one"


def check_orphans(sources, paths):
    """A file counts as named when its name, its stem or its folder's name occurs elsewhere."""
    words = {source.path: set(re.findall(r"\w[\w.+-]*\w|\w", source.text)) for source in sources}
    for path in sorted(paths):
        *folders, name = path.split("/")
        is_entry = name in ("meson.build", "README.md", ".clang-tidy")
        if folders[:1] not in (["tests"], ["docs"], ["bench"]) or is_entry:
            continue
        stem = name.split(".")[0]
        names = {name, stem, stem.removesuffix("_test"), *folders[2:]}
        if not any(names & found for other, found in words.items() if other != path):
            yield path, 1, "orphan", "nothing names this file"


def list_files(root):
    """Paths of the files git knows or would add; of all but build folders outside a checkout."""
    command = ["git", "-c", "safe.directory=*", "-C", str(root), "ls-files", "-z", "-co"]
    listed = subprocess.run([*command, "--exclude-standard"], capture_output=True, check=False)
    if listed.returncode == 0:
        names = listed.stdout.decode().split("\0")
        return sorted(name for name in names if name and os.path.isfile(root / name))
    files = (path.relative_to(root) for path in root.rglob("*") if path.is_file())
    return sorted(str(path) for path in files if not path.parts[0].startswith(("build", ".")))


def read_sources(root, paths):
    for path in paths:
        data = (root / path).read_bytes()
        if len(data) < 1 << 20 and b"\0" not in data:
            yield Source(path, data.decode("utf-8", "replace"))


def check(root):
    """Sorted (path, line, rule, message) of everything under `root` that breaks a rule."""
    paths = list_files(root)
    sources = list(read_sources(root, paths))
    found = list(check_orphans(sources, paths))
    checks = [check_includes, check_sizes, check_layout, check_calls, check_header, check_names]
    for source in sources:
        each = [finding for rule in checks for finding in rule(source)]
        lines = source.text.split("\n")
        for line, rule, message in each + list(check_pair(source, paths)):
            if f"tidy: allow {rule}, because " not in lines[line - 1]:
                found.append((source.path, line, rule, message))
    return sorted(found)


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = check(root)
    for path, line, rule, message in found:
        print(f"{path}:{line}: {message} [{rule}]")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
