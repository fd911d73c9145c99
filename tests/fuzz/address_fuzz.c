// Any text either is an address that reads back to itself, or is refused by name.
#include "base/check.h"
#include "net/address.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    MM_ASSERT(text != NULL);
    memcpy(text, data, size);
    text[size] = '\0';
    struct address address, again;
    if (address_parse(text, &address) == MM_OK) {
        char printed[ADDRESS_TEXT_SIZE + 16];
        snprintf(printed, sizeof printed, address.is_ipv6 ? "[%s]:%u" : "%s:%u", address.text,
                 address.port);
        int code = address_parse(printed, &again);
        MM_ASSERT(code == MM_OK && memcmp(&address, &again, sizeof address) == 0);
    } else {
        MM_ASSERT(strstr(mm_error_text(), "ADDRESS:PORT") != NULL);
        mm_error_clear();
    }
    free(text);
    return 0;
}
