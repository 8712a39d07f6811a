/*
 * Gives the files of the directories that it is called with to a fuzz target, one after the other:
 * so the ordinary build, which has no libFuzzer, tests what fuzzing has found.
 */
#include "tests/fuzz/fuzz.h"

#include <dirent.h>
#include <limits.h>

/* Larger files are no seeds. */
#define INPUT_MAX (1 << 20)

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "re");
    uint8_t *bytes = malloc(INPUT_MAX);
    size_t length;

    if (!file || !bytes) {
        perror(path);
        return -1;
    }
    length = fread(bytes, 1, INPUT_MAX, file);
    fclose(file);
    /* a copy of the exact size, so that a sanitizer sees a read past its end */
    bytes = realloc(bytes, length ? length : 1);
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(bytes, length);
    free(bytes);
    return 0;
}

/* Returns how many inputs there were, or -1. */
static int replay_directory(const char *path)
{
    DIR *directory = opendir(path);
    const struct dirent *entry;
    char name[PATH_MAX];
    int count = 0;

    if (!directory) {
        perror(path);
        return -1;
    }
    while (count >= 0 && (entry = readdir(directory))) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
        count = replay_file(name) ? -1 : count + 1;
    }
    closedir(directory);
    return count;
}

int main(int argc, char **argv)
{
    int total = 0;

    for (int i = 1; i < argc; i++) {
        int count = replay_directory(argv[i]);

        if (count < 0)
            return EXIT_FAILURE;
        total += count;
    }
    printf("%d inputs\n", total);
    return total ? EXIT_SUCCESS : EXIT_FAILURE;
}
