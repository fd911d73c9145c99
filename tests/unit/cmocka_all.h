// cmocka with the headers it wants before it, and a check that a bug is caught.
#ifndef MM_TESTS_UNIT_CMOCKA_ALL_H
#define MM_TESTS_UNIT_CMOCKA_ALL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

// Whether `action` ends its process abnormally (an assertion, or a sanitizer's report in its
// place). Runs it in a child whose words are thrown away.
static inline bool ends_the_process(void (*action)(void))
{
    pid_t child = fork();
    if (child == 0) {
        (void)!freopen("/dev/null", "w", stderr);
        action();
        _exit(0);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child) {
        return false;
    }
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

#endif
