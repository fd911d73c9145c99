#!/usr/bin/env python3
"""Breaks the guard in every small way and checks that the tests notice.

usage: mutate.py [--quick] BUILD [NAME-PART...]

BUILD holds src/libmmbot.a; --quick leaves out the full search, which only what survives all else
needs; NAME-PART picks mutants.

Each mutant is guard.c or guard_state.c with one change: a comparison turned round or loosened, a
bound or a hold one larger or smaller, a condition ignored, a statement dropped (a guard is one),
neighbouring steps of guard_step swapped, && and || exchanged, true and false, + and -. One that
compiles to the same machine code is not counted. It is killed when the guard's unit tests, the
random runs, the quick search or the full search fail, in this order. Those that change nothing
observable are in equivalent.txt, each with its reason, and go through all but the full search. One
listed there that does not exist or is killed is an error, as is one that survives unlisted.
"""
import concurrent.futures
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = [ROOT / "src/soak/guard.c", ROOT / "src/soak/guard_state.c"]
EQUIVALENT = HERE / "equivalent.txt"
# A mutant that reads beyond an array ends the program.
TRAP = ["-O1", "-fsanitize=address,undefined", "-fsanitize-undefined-trap-on-error"]
COMPILE = ["gcc", "-std=c17", "-D_GNU_SOURCE", "-O2", "-fno-strict-aliasing", "-w",
           f"-I{ROOT / 'src'}", f"-I{ROOT / 'tests/unit'}", f"-I{HERE}"]
LIBRARIES = ["-lcmocka", "-lxxhash", "-ljansson", "-lz", "-lm", "-lpthread"]
MODEL = ["monitor", "quotient", "scales", "state_set"]
# What may notice, the cheapest first: name, source, its other parts, arguments, seconds allowed.
CHECKS = [
    ("guard_test", "tests/unit/guard_test.c", [], [], 20),
    ("guard_state_test", "tests/unit/guard_state_test.c", [], [], 20),
    ("random runs", "tests/property/guard_walk_test.c", MODEL, [], 300),
    ("quick search", "tests/model/guard_search.c", MODEL, ["quick"], 600),
    ("full search", "tests/model/guard_search.c", MODEL, ["full"], 1800),
]
COMMENT_OR_LITERAL = re.compile(r"""//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""",
                                re.S)
# Words and names only, not decisions: what they say is the unit tests' matter.
SKIPPED_FUNCTIONS = {"guard_action_name", "guard_reason_name", "guard_reason_text", "print_value",
                     "guard_describe"}


@dataclasses.dataclass(frozen=True)
class Mutant:
    source: pathlib.Path
    start: int  # what it replaces
    end: int
    text: str
    name: str


def blank(text):
    """The code with comments and literals made blank, of the same length."""
    return COMMENT_OR_LITERAL.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def functions(code):
    """(name, start of the body, its end) of each function."""
    for match in re.finditer(r"^\w[^\n;{}]*?(\w+)\([^;{}]*\)\n\{\n(.*?)^\}", code, re.M | re.S):
        if match.group(1) not in SKIPPED_FUNCTIONS:
            yield match.group(1), match.start(2), match.end(2)


def operand_end(code, at):
    """Where the right operand that starts at `at` ends."""
    depth = 0
    while True:
        if depth == 0 and (code[at] in ");?:,{" or code.startswith(("&&", "||"), at)):
            return len(code[:at].rstrip())
        depth += (code[at] in "([") - (code[at] in ")]")
        at += 1


def comparisons(code, start, end):
    """Turned round; loosened or tightened by one."""
    other = {"<": ("<=", "- 1"), "<=": ("<", "+ 1"), ">": (">=", "+ 1"), ">=": (">", "- 1")}
    opposite = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
    for match in re.finditer(r" (<=|>=|==|!=|<|>) ", code[start:end]):
        sign, at = match.group(1), start + match.start(1)
        yield at, at + len(sign), opposite[sign]
        if sign in other:
            loose, shift = other[sign]
            yield at, at + len(sign), loose
            last = operand_end(code, at + len(sign) + 1)
            yield last, last, " " + shift


def exchanges(code, start, end):
    """Operators, words and numbers replaced by their neighbours."""
    swaps = {"&&": "||", "||": "&&", "true": "false", "false": "true", " + ": " - ", " - ": " + "}
    for match in re.finditer(r"&&|\|\||\btrue\b|\bfalse\b| [+-] ", code[start:end]):
        yield start + match.start(), start + match.end(), swaps[match.group()]
    for match in re.finditer(r"(?<![\w.])\d+\b(?!\];? *;|\]\))", code[start:end]):
        for shift in (1, -1):
            yield start + match.start(), start + match.end(), str(int(match.group()) + shift)


def holds(code, start, end):
    """What a hold, a sum or a limit is set to, one more and one less."""
    pattern = r"(?:_until|allowed|left|near|cap|size|wanted) \+?= [^;{]+(?=;)"
    for match in re.finditer(pattern, code[start:end]):
        for shift in (" + 1", " - 1"):
            yield start + match.end(), start + match.end(), shift


def conditions(code, start, end):
    """Conditions of `if` ignored: never, and always."""
    for match in re.finditer(r"\bif \(", code[start:end]):
        first = start + match.end()
        depth, last = 1, first
        while depth:
            depth += (code[last] == "(") - (code[last] == ")")
            last += 1
        yield first, last - 1, "false"
        yield first, last - 1, "true"


def drops(code, start, end):
    """Statements of one line or more left out; `return` and declarations do not compile without."""
    pattern = r"(?<=[;{}]\n)( +)(?! |return\b)([^;{}\n][^;{}]*;)(?=\n)"
    for match in re.finditer(pattern, code[start:end]):
        yield start + match.start(2), start + match.end(2), ";"


def statements(code, start, end):
    """(start, end) of each statement at a body's top level."""
    at = start
    while True:
        match = re.compile(r"    (?=\S)").match(code, at)
        if not match or at >= end:
            return
        last, depth = at, 0
        while not (depth == 0 and code[last] in ";}"):
            depth += (code[last] == "{") - (code[last + 1] == "}")
            last += 1
        at = code.index("\n", last) + 1
        yield match.end(), last + 1


def swaps(code, text, start, end):
    """Neighbouring statements at the top level exchanged."""
    parts = list(statements(code, start, end))
    for first, second in zip(parts, parts[1:]):
        between = text[first[1]:second[0]]
        yield (first[0], second[1],
               text[second[0]:second[1]] + re.sub(r"//[^\n]*", "", between) +
               text[first[0]:first[1]])


def tables(code):
    """Entries of the tables of what a freeze holds."""
    for match in re.finditer(r"\[PARAM_\w+\] = (true)", code):
        yield match.start(1), match.end(1), "false"


def squeeze(text):
    return " ".join(text.split())


def describe(source, text, function, change):
    """A name that stays when lines move: file, function, what the changed lines were and are."""
    start, end, new = change
    first = text.rfind("\n", 0, start) + 1
    last = text.find("\n", end)
    before, after = text[first:last], text[first:start] + new + text[end:last]
    if before.count("\n") > 2:
        first, second = squeeze(text[start:end]), squeeze(new)
        return f"{source.name} {function}: {first[:40]} ... and {second[:40]} ... swapped"
    return f"{source.name} {function}: {squeeze(before)}  =>  {squeeze(after)}"


def mutants_of(source):
    text = source.read_text(encoding="utf-8")
    code = blank(text)
    found = [("table", change) for change in tables(code)]
    for function, start, end in functions(code):
        for make in (comparisons, exchanges, holds, conditions, drops):
            found += [(function, change) for change in make(code, start, end)]
        if function == "guard_step":
            found += [(function, change) for change in swaps(code, text, start, end)]
    names, made = {}, set()
    for function, change in found:
        start, end, new = change
        whole = text[:start] + new + text[end:]
        if whole in made:
            continue
        made.add(whole)
        name = describe(source, text, function, change)
        names[name] = names.get(name, 0) + 1
        if names[name] > 1:
            name += f"  #{names[name]}"
        yield Mutant(source, start, end, new, name)


def listed():
    """Name and reason of each mutant that is said to change nothing."""
    lines = EQUIVALENT.read_text(encoding="utf-8").splitlines()
    result, name = {}, None
    for line in lines:
        if line.startswith("    ") and name:
            result[name] = (result[name] + " " + line.strip()).strip()
        elif line.strip() and not line.startswith("#"):
            name = line.strip()
            result[name] = ""
    return result


def call(command, seconds):
    """The exit status; None when it took too long."""
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=seconds, check=False,
                              env={**os.environ, "ASAN_OPTIONS": "detect_leaks=0"}).returncode
    except subprocess.TimeoutExpired:
        return None


class Workshop:
    """Compiles the tests once, and with them each mutant."""

    def __init__(self, folder, library):
        self.folder = pathlib.Path(folder)
        self.library = library
        sources = {ROOT / path for _, path, _, _, _ in CHECKS} | set(SOURCES)
        sources |= {HERE / f"{part}.c" for part in MODEL}
        for source in sources:
            subprocess.run([*COMPILE, "-c", source, "-o", self.object_of(source)], check=True)

    def object_of(self, source):
        return self.folder / f"{source.stem}.o"

    def write(self, mutant, folder):
        text = mutant.source.read_text(encoding="utf-8")
        source = folder / mutant.source.name
        source.write_text(text[:mutant.start] + mutant.text + text[mutant.end:], encoding="utf-8")
        return source

    def is_same_code(self, mutant, folder):
        """Whether it compiles to the same machine code as what it is a mutant of."""
        codes = []
        for each in (mutant, dataclasses.replace(mutant, start=0, end=0, text="")):
            out = folder / "code.o"
            call([*COMPILE, f"-ffile-prefix-map={folder}=.", "-c", self.write(each, folder), "-o",
                  out], 120)
            codes.append(out.read_bytes())
        return codes[0] == codes[1]

    def judge(self, mutant, number, checks):
        """What killed it; "" when nothing did."""
        folder = self.folder / str(number)
        folder.mkdir()
        changed = folder / "mutant.o"
        if call([*COMPILE, *TRAP, "-c", self.write(mutant, folder), "-o", changed], 120) != 0:
            return "not compiled"
        others = [self.object_of(each) for each in SOURCES if each != mutant.source]
        for name, path, parts, arguments, seconds in checks:
            if parts and self.is_same_code(mutant, folder):
                return "same machine code"
            program = folder / pathlib.Path(path).stem
            if not program.exists():
                objects = [self.object_of(ROOT / path),
                           *(self.folder / f"{part}.o" for part in parts)]
                objects += [changed, *others, self.library, *LIBRARIES]
                subprocess.run(["gcc", "-fsanitize=address", "-o", program, *objects], check=True)
            status = call([program, *arguments], seconds)
            if status != 0:
                return f"killed by {name}" + (" (never ended)" if status is None else "")
        return ""

    def done(self, number):
        for each in (self.folder / str(number)).iterdir():
            each.unlink()


def judge_all(mutants, library, known, quick):
    """Mutants in their order, each with what became of it."""
    with tempfile.TemporaryDirectory() as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as workers:
        workshop = Workshop(folder, library)

        def work(item):
            number, mutant = item
            checks = CHECKS[:-1] if quick or mutant.name in known else CHECKS
            verdict = workshop.judge(mutant, number, checks)
            workshop.done(number)
            return mutant, verdict

        yield from workers.map(work, enumerate(mutants))


def main():
    arguments = sys.argv[1:]
    quick = arguments[:1] == ["--quick"]
    arguments = arguments[quick:]
    if not arguments or arguments[0].startswith("-"):
        print(__doc__)
        return 2
    library = pathlib.Path(arguments[0]).resolve() / "src/libmmbot.a"
    parts = arguments[1:]
    known = listed()
    mutants = [mutant for source in SOURCES for mutant in mutants_of(source)
               if not parts or any(part in mutant.name for part in parts)]
    counts, wrong = {}, []
    begin = time.monotonic()
    for mutant, verdict in judge_all(mutants, library, known, quick):
        is_known = mutant.name in known
        kind = verdict.split(" (")[0] or ("equivalent" if is_known else "SURVIVED")
        counts[kind] = counts.get(kind, 0) + 1
        if kind in ("not compiled", "same machine code"):
            continue
        if is_known != (kind == "equivalent") or kind == "SURVIVED":
            wrong.append(mutant.name)
        reason = f"equivalent: {known[mutant.name]}" if kind == "equivalent" else verdict or kind
        print(f"{mutant.name}\n    {reason}", flush=True)
    missing = set(known) - {mutant.name for mutant in mutants} if not parts else set()
    for name in sorted(missing) + wrong:
        print(f"to mend in the tests or in {EQUIVALENT.name}: {name}")
    print("; ".join(f"{kind}: {count}" for kind, count in sorted(counts.items())))
    killed = sum(count for kind, count in counts.items() if kind.startswith("killed"))
    equivalent, survived = counts.get("equivalent", 0), counts.get("SURVIVED", 0)
    print(f"{killed + equivalent + survived} mutants: {killed} killed, {equivalent} listed as "
          f"equivalent, {survived} survived, {time.monotonic() - begin:.0f} s")
    return 0 if killed and not wrong and not missing else 1


if __name__ == "__main__":
    sys.exit(main())
