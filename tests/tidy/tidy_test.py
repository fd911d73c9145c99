#!/usr/bin/env python3
"""Every rule of tidy.py flags what breaks it and leaves alone what does not."""
import pathlib
import tempfile
import unittest

import tidy

HEADER = "// What it is for.\n#ifndef MM_%s_H\n#define MM_%s_H\n%s\n#endif\n"
IFS = "    if (a) {\n    }\n"


def header(name, body=""):
    return HEADER % (name, name, body)


def function(body):
    return "int f(int a)\n{\n" + body + "}\n"


class Tidy(unittest.TestCase):
    def found(self, files):
        """{(path, line, rule)} of a tree with these files."""
        with tempfile.TemporaryDirectory() as folder:
            for path, text in files.items():
                target = pathlib.Path(folder, path)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
            return {finding[:3] for finding in tidy.check(pathlib.Path(folder))}

    def assert_flags(self, rule, path, text, line=1):
        self.assertIn((path, line, rule), self.found({path: text}))

    def assert_clean(self, path, text):
        found = {finding for finding in self.found({path: text}) if finding[2] != "pair"}
        self.assertEqual(found, set())

    def test_rooms_include_downwards_only(self):
        for path, other in [
            ("src/base/a.c", "market/a.h"),
            ("src/market/a.c", "venue/replay/a.h"),
            ("src/venue/sim/a.c", "trade/a.h"),
            ("src/trade/a.c", "kpi/a.h"),
            ("src/kpi/a.h", "engine/a.h"),
            ("src/engine/a.c", "soak/a.h"),
            ("src/soak/a.c", "cmd/a.h"),
            ("src/soak/a.c", "observe/a.h"),
            ("src/observe/a.c", "sweep/a.h"),
            ("src/base/a.c", "../market/a.h"),
            ("src/base/a.c", "b.h"),
            ("src/base/a.c", "attic/b.h"),
            ("tests/unit/a_test.c", "../../src/base/a.h"),
        ]:
            with self.subTest(path=path, other=other):
                self.assert_flags("includes", path, f'#include "{other}"\n')
        for path, other in [
            ("src/base/a.c", "base/b.h"),
            ("src/venue/sim/a.c", "venue/venue.h"),
            ("src/soak/a.c", "base/a.h"),
            ("src/observe/a.c", "soak/a.h"),
            ("src/cmd/a.c", "observe/a.h"),
            ("src/main.c", "cmd/a.h"),
        ]:
            with self.subTest(path=path, other=other):
                self.assert_clean(path, f'#include "{other}"\n')

    def test_files_and_functions_are_short(self):
        self.assert_flags("size", "src/base/a.c", "int a;\n" * 801, 801)
        self.assert_clean("src/base/a.c", "int a;\n" * 800)
        self.assert_flags("size", "src/base/a.c", "\n" + function("    a++;\n" * 68), 2)
        self.assert_clean("src/base/a.c", function("    a++;\n" * 67))

    def test_functions_have_few_branches(self):
        self.assert_flags("branches", "src/base/a.c", function(IFS * 16))
        self.assert_clean("src/base/a.c", function(IFS * 15))
        self.assert_clean("src/base/a.c", function(IFS * 8) + function(IFS * 8))
        mixed = "    for (;;) {\n    while (a && a || a) {\n    a = a ? 1 : 2;\n    }\n    }\n"
        self.assert_flags("branches", "src/base/a.c", function(mixed * 4))

    def test_branches_in_comments_and_literals_do_not_count(self):
        for text in ('    // if (a)\n', '    g("if \\" if");\n', "    /* if\n if */\n"):
            self.assert_clean("src/base/a.c", function(text * 20))

    def test_functions_are_found(self):
        for code, names in {
            "static int a(void)\n{\n}\nint b(int (*c)(void))\n{\n}\n": ["a", "b"],
            "int a(void) __attribute__((cold))\n{\n}\n": ["a"],
            "struct a {\n    int b;\n};\nstatic const int c[] = {1, 2};\n": [],
            "struct a *b = &(struct a){1};\nstruct __attribute__((packed)) c {\n};\n": [],
            "struct __attribute__((packed)) {\n    int a;\n} b;\nvoid d(void)\n{\n}\n": ["d"],
        }.items():
            with self.subTest(code=code):
                self.assertEqual([name for name, *_ in tidy.functions(code)], names)

    def test_layout(self):
        self.assert_flags("columns", "src/base/a.c", "//" + "a" * 99 + "\n")
        self.assert_clean("src/base/a.c", "//" + "ä" * 98 + "\n")
        self.assert_flags("whitespace", "src/base/a.c", "int a;\n\tint b;\n", 2)
        self.assert_flags("whitespace", "src/base/a.c", "int a; \n")
        self.assert_flags("whitespace", "src/base/a.c", "int a;")
        self.assert_flags("whitespace", "mm", "#!/bin/sh\n\ttrue\n", 2)

    def test_banned_functions(self):
        for call in ("strcpy(a, b)", "sprintf (a, b)", "atoi(a)", "sscanf(a, b)", "rand()"):
            with self.subTest(call=call):
                self.assert_flags("banned", "tests/unit/a_test.c", function(f"    {call};\n"), 3)
        for call in ("snprintf(a)", "a->rand()", "a.rand()", "operand()", 'g("rand()")'):
            with self.subTest(call=call):
                self.assert_clean("src/base/a.c", function(f"    {call};\n"))
        self.assert_flags("banned", "src/base/a.c", function('    system("ls");\n'), 3)
        self.assert_clean("tools/a.c", function('    system("ls");\n'))

    def test_only_the_platform_asks_for_the_time(self):
        self.assert_flags("clock", "src/base/log.c", function("    time(NULL);\n"), 3)
        self.assert_clean("src/base/platform.c", function("    time(NULL);\n"))

    def test_memory_comes_from_base(self):
        self.assert_flags("heap", "src/kpi/a.c", function("    malloc(1);\n"), 3)
        self.assert_clean("src/base/memory.c", function("    malloc(1);\n"))

    def test_a_marked_line_may_break_the_rule_it_names(self):
        marked = "    malloc(1); // tidy: allow heap, because jansson frees it\n"
        self.assert_clean("src/kpi/a.c", function(marked))
        self.assert_flags("heap", "src/kpi/a.c", function(marked.replace("heap", "clock")), 3)

    def test_headers(self):
        self.assert_clean("src/venue/sim/a.h", header("VENUE_SIM_A"))
        self.assert_flags("guard", "src/venue/sim/a.h", header("SIM_A"))
        self.assert_flags("comment", "src/base/a.h", header("BASE_A")[3:])
        body = "typedef struct a {\n    int b;\n} a;"
        self.assert_flags("typedef", "src/base/a.h", header("BASE_A", body), 4)

    def test_sources_have_headers(self):
        self.assert_flags("pair", "src/base/a.c", "int a;\n")
        header_elsewhere = {"src/base/ab.c": "int a;\n", "src/base/a.h": header("BASE_A")}
        self.assertEqual(self.found(header_elsewhere), {("src/base/ab.c", 1, "pair")})
        pair = {path: "int a;\n" for path in ("src/base/a.c", "src/base/a_b_c.c")}
        pair["src/base/a.h"] = header("BASE_A")
        alone = {"src/main.c": "int a;\n", "src/cmd/a.c": "int b;\n"}
        self.assertEqual(self.found({**pair, **alone}), set())

    def test_leftovers_and_paths_of_one_machine(self):
        for word in ("TO" "DO", "FIX" "ME", "XX" "X"):
            self.assert_flags("leftovers", "src/base/a.c", f"// {word}: more\n")
        self.assert_clean("src/base/a.c", '// tape.XXXXXX\n')
        for path in ("/wo" "rk/a", "/ro" "ot/a", "/ho" "me/me/a"):
            self.assert_flags("paths", "README.md", f"see {path}\n")
        self.assert_clean("README.md", "see https://a.org/work/a and out/work/a\n")

    def test_files_are_named_somewhere(self):
        files = {"docs/formats.md": "a\n", "tests/fuzz/corpus/seed": "a\n"}
        orphans = {(path, 1, "orphan") for path in files}
        self.assertEqual(self.found(files), orphans)
        self.assertEqual(self.found({**files, "README.md": "docs/formats.md. corpus\n"}), set())


if __name__ == "__main__":
    unittest.main()
