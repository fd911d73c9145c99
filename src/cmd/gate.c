// mmbot gate: the verdict of a run that has been, for a person and for CI.
#include "kpi/gate.h"
#include "base/directory.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DOCUMENT_SIZE_MAX = 1 << 22, WINDOWS_MAX = 1000 };

static const char help[] =
    "usage: mmbot gate DIRECTORY [--json]\n"
    "\n"
    "The verdict of the run in DIRECTORY (as --out, or a latest/ or a snapshot), judged anew from\n"
    "the verdicts of its windows.\n"
    "\n"
    "Exit codes: 0 PASS or WARN, 1 FAIL, 2 wrong usage, 3 INCONCLUSIVE (also a run that has not\n"
    "finished), 4 there is no such run or its documents contradict each other.\n";

static int read_gate(const char *directory, json_t **out)
{
    char *latest = path_join(directory, "latest/KPI_GATE.json");
    char *here = path_join(directory, "KPI_GATE.json");
    int code = json_document_read(file_exists(latest) ? latest : here, DOCUMENT_SIZE_MAX, out);
    free(latest);
    free(here);
    return code;
}

static enum gate_verdict find_verdict(const json_t *name)
{
    const char *text = json_string_value(name);
    enum gate_verdict verdict = 0;
    while (verdict < GATE_VERDICT_COUNT &&
           (text == NULL || strcmp(text, gate_verdict_name(verdict)) != 0)) {
        verdict++;
    }
    return verdict;
}

// The windows that the document lists are enough for the rule of the last ones; a panic before them
// is in the document's own verdict only, which may therefore be the worse one.
static int judge(const json_t *document, enum gate_verdict *out)
{
    const json_t *windows = json_object_get(document, "iterations");
    const char *end = json_string_value(json_object_get(json_object_get(document, "end"), "name"));
    enum gate_verdict stated = find_verdict(json_object_get(document, "verdict"));
    enum gate_verdict verdicts[WINDOWS_MAX];
    size_t count = json_array_size(windows);
    bool valid = end != NULL && stated != GATE_VERDICT_COUNT && json_is_array(windows) &&
                 count <= WINDOWS_MAX;
    for (size_t i = 0; i < count && valid; i++) {
        verdicts[i] = find_verdict(json_object_get(json_array_get(windows, i), "verdict"));
        valid = verdicts[i] != GATE_VERDICT_COUNT;
    }
    if (!valid) {
        return mm_fail(MM_ERROR_INPUT, "KPI_GATE.json is not what a run writes");
    }
    struct gate_run judged;
    gate_run(verdicts, count, strcmp(end, "halted") == 0, &judged);
    if (judged.verdict != stated && stated != GATE_FAIL) {
        return mm_fail(MM_ERROR_INPUT, "KPI_GATE.json says %s, but its windows make it %s",
                       gate_verdict_name(stated), gate_verdict_name(judged.verdict));
    }
    bool unfinished = strcmp(end, "unfinished") == 0;
    *out = unfinished && stated != GATE_FAIL ? GATE_INCONCLUSIVE : stated;
    return MM_OK;
}

static void print_reasons(const json_t *document)
{
    size_t i, j;
    json_t *window, *reason;
    json_array_foreach(json_object_get(document, "iterations"), i, window)
    {
        json_array_foreach(json_object_get(window, "reasons"), j, reason)
        {
            printf("  window %lld, %s: %s\n",
                   (long long)json_integer_value(json_object_get(window, "iteration")),
                   json_string_value(json_object_get(window, "verdict")),
                   json_string_value(json_object_get(reason, "text")));
        }
    }
}

static void print_document(const json_t *document, enum gate_verdict verdict, bool as_json)
{
    if (as_json) {
        char *text = json_document_text(document, NULL);
        fputs(text != NULL ? text : "", stdout);
        free(text);
        return;
    }
    const char *reason = json_string_value(json_object_get(document, "reason"));
    const char *end = json_string_value(json_object_get(json_object_get(document, "end"), "text"));
    printf("%s: %s; %s\n", gate_verdict_name(verdict), reason != NULL ? reason : "",
           end != NULL ? end : "");
    print_reasons(document);
}

int verdict_exit_code(enum gate_verdict verdict)
{
    return verdict == GATE_PASS || verdict == GATE_WARN ? 0 : verdict == GATE_INCONCLUSIVE ? 3 : 1;
}

static int fail(int code)
{
    fprintf(stderr, "mmbot gate: %s\n", mm_error_text());
    return mm_error_exit_code(code);
}

int cmd_gate(int argc, char **argv)
{
    const char *directory = NULL;
    bool as_json = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            fputs(help, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--json") == 0) {
            as_json = true;
        } else if (argv[i][0] != '-' && directory == NULL) {
            directory = argv[i];
        } else {
            return fail(mm_fail(MM_ERROR_USAGE, "unexpected argument '%.64s'", argv[i]));
        }
    }
    if (directory == NULL) {
        return fail(mm_fail(MM_ERROR_USAGE, "a directory is needed"));
    }
    json_t *document = NULL;
    enum gate_verdict verdict = GATE_FAIL;
    int code = read_gate(directory, &document);
    if (code == MM_OK) {
        code = judge(document, &verdict);
    }
    if (code == MM_OK) {
        print_document(document, verdict, as_json);
    }
    json_decref(document);
    return code == MM_OK ? verdict_exit_code(verdict) : fail(code);
}
