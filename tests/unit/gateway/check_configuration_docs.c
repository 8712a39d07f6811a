/* Fails when docs/configuration.md, named by the argument, is not what would be generated now. */
#include "gateway/config.h"

#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv)
{
    FILE *page = argc == 2 ? fopen(argv[1], "re") : NULL, *out;
    char *expected = NULL, *found;
    size_t length, found_length;
    bool same;

    out = open_memstream(&expected, &length);
    if (!page || !out) {
        perror(argc == 2 ? argv[1] : "usage: check_configuration_docs FILE");
        return EXIT_FAILURE;
    }
    config_print_markdown(out);
    fclose(out);
    found = malloc(length + 1);
    found_length = found ? fread(found, 1, length + 1, page) : 0;
    same = found && found_length == length && memcmp(found, expected, length) == 0;
    if (!same)
        fprintf(stderr, "%s is out of date: write it anew (make docs)\n", argv[1]);
    fclose(page);
    free(found);
    free(expected);
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
