/* Files that are replaced: a reader never finds half of one. */
#include "storage/file_replace.h"

#include "tests/unit/storage/temp_directory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

static void expect_content(const char *path, const char *expected)
{
    char text[64] = "";
    FILE *file = fopen(path, "re");

    cr_assert_neq((void *)file, NULL);
    text[fread(text, 1, sizeof(text) - 1, file)] = 0;
    fclose(file);
    cr_expect_str_eq(text, expected);
}

Test(file_replace, two_at_the_same_time)
{
    struct file_replace first, second;
    struct temp_directory directory;
    char path[100];

    cr_assert_eq(temp_directory_make(&directory), 0);
    cr_assert_eq(temp_directory_write(&directory, "f", "old", 3), 0);
    snprintf(path, sizeof(path), "%s/f", directory.path);
    cr_assert_eq(file_replace_begin(&first, path, 0600), 0);
    fputs("the first", first.file);
    cr_assert_eq(file_replace_begin(&second, path, 0600), 0);
    fputs("half of the ", second.file);
    fflush(second.file);
    cr_expect_eq(file_replace_commit(&first), -EBUSY);
    file_replace_end(&first);
    expect_content(path, "old");
    fputs("second", second.file);
    cr_expect_eq(file_replace_commit(&second), 0);
    file_replace_end(&second);
    expect_content(path, "half of the second");
    temp_directory_remove(&directory);
}
