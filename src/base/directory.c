#include "base/directory.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAMES_MIN = 16 };

static void add_name(void *context, const char *name)
{
    struct directory_list *list = context;
    if (list->count == list->capacity) {
        size_t capacity = list->capacity == 0 ? NAMES_MIN : 2 * list->capacity;
        char **names = mm_alloc(capacity, sizeof *names);
        if (list->count > 0) {
            memcpy(names, list->names, list->count * sizeof *names);
        }
        free(list->names);
        list->names = names;
        list->capacity = capacity;
    }
    char *copy = mm_alloc(strlen(name) + 1, 1);
    memcpy(copy, name, strlen(name));
    list->names[list->count++] = copy;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int directory_list(const char *path, struct directory_list *out)
{
    *out = (struct directory_list){0};
    int error = platform_list_directory(path, add_name, out);
    if (error < 0 && !platform_error_is_missing(error)) {
        directory_list_fini(out);
        return mm_fail(MM_ERROR_SYSTEM, "cannot list %s: %s", path, platform_error_text(error));
    }
    if (out->count > 1) {
        qsort(out->names, out->count, sizeof *out->names, by_name);
    }
    return MM_OK;
}

void directory_list_fini(struct directory_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->names[i]);
    }
    free(list->names);
    *list = (struct directory_list){0};
}

char *path_join(const char *directory, const char *name)
{
    size_t size = strlen(directory) + strlen(name) + 2;
    char *path = mm_alloc(size, 1);
    snprintf(path, size, "%s/%s", directory, name);
    return path;
}

static bool is_directory(const char *path)
{
    struct platform_entry entry;
    return platform_look_at(path, &entry) == 0 && entry.is_directory;
}

static int add_below(const char *path, const char *below, struct directory_list *out)
{
    char *directory = path_join(path, below);
    struct directory_list names;
    int code = directory_list(directory, &names);
    for (size_t i = 0; i < names.count; i++) {
        char *name = below[0] != '\0' ? path_join(below, names.names[i]) : NULL;
        add_name(out, name != NULL ? name : names.names[i]);
        free(name);
    }
    directory_list_fini(&names);
    free(directory);
    return code;
}

// The list is the queue as well: what has been listed is looked through in turn.
int directory_tree(const char *path, struct directory_list *out)
{
    *out = (struct directory_list){0};
    int code = add_below(path, "", out);
    for (size_t i = 0; i < out->count && code == MM_OK; i++) {
        char *below = path_join(path, out->names[i]);
        code = is_directory(below) ? add_below(path, out->names[i], out) : MM_OK;
        free(below);
    }
    if (code != MM_OK) {
        directory_list_fini(out);
    }
    return code;
}

int directory_size(const char *path, uint64_t *out_bytes)
{
    struct directory_list tree;
    int code = directory_tree(path, &tree);
    *out_bytes = 0;
    for (size_t i = 0; i < tree.count; i++) {
        char *below = path_join(path, tree.names[i]);
        struct platform_entry entry;
        *out_bytes += platform_look_at(below, &entry) == 0 && entry.is_file ? entry.size : 0;
        free(below);
    }
    directory_list_fini(&tree);
    return code;
}

static int remove_one(const char *path)
{
    int error = is_directory(path) ? platform_remove_directory(path) : platform_remove(path);
    return error == 0 || platform_error_is_missing(error)
               ? MM_OK
               : mm_fail(MM_ERROR_SYSTEM, "cannot remove %s: %s", path, platform_error_text(error));
}

int directory_remove(const char *path)
{
    struct directory_list tree;
    int code = directory_tree(path, &tree);
    for (size_t i = tree.count; i > 0 && code == MM_OK; i--) {
        char *below = path_join(path, tree.names[i - 1]);
        code = remove_one(below);
        free(below);
    }
    directory_list_fini(&tree);
    return code == MM_OK ? remove_one(path) : code;
}

static bool is_leftover(const char *name)
{
    const char *last = NULL;
    for (const char *at = strstr(name, ".tmp"); at != NULL; at = strstr(at + 1, ".tmp")) {
        last = at + 4;
    }
    return last != NULL &&
           (*last == '\0' || (*last == '.' && strspn(last + 1, "0123456789") == strlen(last + 1)));
}

int directory_remove_leftovers(const char *path)
{
    struct directory_list list;
    int code = directory_list(path, &list);
    for (size_t i = 0; i < list.count && code == MM_OK; i++) {
        if (is_leftover(list.names[i])) {
            char *file = path_join(path, list.names[i]);
            code = file_remove(file);
            free(file);
        }
    }
    directory_list_fini(&list);
    return code;
}
