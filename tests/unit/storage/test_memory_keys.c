#include "storage/memory_keys.h"

#include "tests/unit/storage/temp_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ICCID  "8988280666000002864"
#define OTHER  "8988280666000002865"
#define MINUTE UINT64_C(60000)

static void open_keys(struct memory_keys *k, const struct temp_file *file)
{
    uint32_t line;

    cr_assert_eq(memory_keys_init(k, file->path), 0);
    cr_assert_eq(memory_keys_load(k, &line), 0);
}

static void open_new(struct memory_keys *k, struct temp_file *file, const char *content)
{
    cr_assert_eq(temp_file_write(file, content, strlen(content)), 0);
    open_keys(k, file);
}

static struct psk_record bootstrap(struct memory_keys *k, const char *iccid, uint64_t wall_ms,
                                   int expected)
{
    struct psk_record record;

    cr_assert_eq(memory_keys_bootstrap(k, iccid, wall_ms, &record), expected);
    cr_assert_eq(memory_keys_keep(k, iccid, true), 0);
    return record;
}

Test(memory_keys, outlive_the_process)
{
    struct psk_record record, first, second;
    struct temp_file file;
    struct memory_keys k;

    open_new(&k, &file, "");
    first = bootstrap(&k, ICCID, 1000 * MINUTE, 1);
    cr_expect_eq(memory_keys_prove(&k, ICCID, &first.newest), 1);
    cr_expect_eq(memory_keys_prove(&k, ICCID, &first.newest), 0);
    second = bootstrap(&k, ICCID, 1005 * MINUTE, 1);
    bootstrap(&k, OTHER, 1005 * MINUTE, 1);
    memory_keys_deinit(&k);
    open_keys(&k, &file);
    cr_assert(memory_keys_find(&k, ICCID, &record));
    cr_expect(psk_equal(&record.newest, &second.newest));
    cr_expect(psk_equal(&record.proved, &first.newest));
    cr_expect_eq(record.called, 1005 * MINUTE);
    cr_expect(memory_keys_find(&k, OTHER, &record));
    cr_expect_not(memory_keys_find(&k, "8988280666000002866", &record));
    memory_keys_deinit(&k);
    temp_file_remove(&file);
}

Test(memory_keys, a_line_that_was_not_written_whole_is_cut_off)
{
    static const char content[] = ICCID " 60000 text first key\n" OTHER " 60000 text sec";
    struct psk_record record;
    struct temp_file file;
    struct memory_keys k;

    open_new(&k, &file, content);
    cr_assert(memory_keys_find(&k, ICCID, &record));
    cr_expect_str_eq(record.newest.text, "first key");
    cr_expect_not(memory_keys_find(&k, OTHER, &record));
    bootstrap(&k, OTHER, 2 * MINUTE, 1);
    memory_keys_deinit(&k);
    open_keys(&k, &file);
    cr_expect(memory_keys_find(&k, OTHER, &record));
    memory_keys_deinit(&k);
    temp_file_remove(&file);
}

Test(memory_keys, a_wrong_line_is_told)
{
    static const char *const wrong[] = {
        "what\n",
        ICCID " 60000 text short\n",
        ICCID " 60000 hex 00ff00ff00ff00fg\n",
        ICCID " 60000 text with,comma\n",
        "89a8280666000002864 60000 text first key\n",
        "89882806660000028640000 60000 text first key\n",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char content[200];
        struct temp_file file;
        struct memory_keys k;
        uint32_t line;

        snprintf(content, sizeof(content), ICCID " 60000 text first key\n%s", wrong[i]);
        cr_assert_eq(temp_file_write(&file, content, strlen(content)), 0);
        cr_assert_eq(memory_keys_init(&k, file.path), 0);
        cr_expect_eq(memory_keys_load(&k, &line), -EINVAL, "%s", wrong[i]);
        cr_expect_eq(line, 2);
        memory_keys_deinit(&k);
        temp_file_remove(&file);
    }
}

Test(memory_keys, a_users_key_ends_what_was_kept)
{
    const struct psk users = {.is_hex = true, .text = "00ff00ff00ff00ff"};
    struct psk_record record;
    struct temp_file file;
    struct memory_keys k;
    uint32_t line;

    open_new(&k, &file, "");
    record = bootstrap(&k, ICCID, MINUTE, 1);
    memory_keys_prove(&k, ICCID, &record.newest);
    memory_keys_keep(&k, ICCID, true);
    memory_keys_deinit(&k);
    cr_assert_eq(memory_keys_init(&k, file.path), 0);
    cr_assert_eq(memory_keys_set(&k, ICCID, &users), 0);
    cr_assert_eq(memory_keys_load(&k, &line), 0);
    record = bootstrap(&k, ICCID, 100 * MINUTE, 0);
    cr_expect(psk_equal(&record.newest, &users));
    cr_expect_str_eq(record.proved.text, "");
    memory_keys_deinit(&k);
    temp_file_remove(&file);
}

Test(memory_keys, there_can_be_many)
{
    struct psk_record record;
    struct temp_file file;
    struct memory_keys k;
    char iccid[DEVICE_ICCID_MAX + 1];

    open_new(&k, &file, "");
    for (uint64_t i = 0; i < 5000; i++) {
        snprintf(iccid, sizeof(iccid), "%llu", 8988280666000000000ULL + i);
        cr_assert_eq(memory_keys_bootstrap(&k, iccid, MINUTE + i, &record), 1);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        snprintf(iccid, sizeof(iccid), "%llu", 8988280666000000000ULL + i);
        cr_assert(memory_keys_find(&k, iccid, &record));
        cr_assert_eq(record.called, MINUTE + i);
    }
    memory_keys_deinit(&k);
    temp_file_remove(&file);
}

/* A disk without room: nothing is half written, and it is told. */
Test(memory_keys, a_full_disk_is_told)
{
    struct psk_record record;
    struct memory_keys k;

    cr_assert_eq(memory_keys_init(&k, "/dev/full"), 0);
    cr_assert_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &record), 1);
    cr_expect_eq(memory_keys_keep(&k, ICCID, true), -ENOSPC);
    memory_keys_deinit(&k);
}

/* What could not be read is not cut off as if it were not there. */
Test(memory_keys, an_error_in_reading_is_told)
{
    char link[] = "/tmp/simgate-state-XXXXXX";
    struct memory_keys k;
    uint32_t line;

    close(mkstemp(link));
    cr_assert_eq(unlink(link), 0);
    cr_assert_eq(symlink("/proc/self/mem", link), 0); /* whose first page is never there */
    cr_assert_eq(memory_keys_init(&k, link), 0);
    cr_expect_eq(memory_keys_load(&k, &line), -EIO);
    memory_keys_deinit(&k);
    unlink(link);
}

/* A key that could not be kept is not told at the next call either: that tries again. */
Test(memory_keys, what_is_not_kept_is_to_be_kept_still)
{
    struct psk_record first, again;
    struct memory_keys k;

    cr_assert_eq(memory_keys_init(&k, "/dev/full"), 0);
    cr_assert_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &first), 1);
    cr_assert_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &again), 1, "is on its way");
    cr_assert_eq(memory_keys_keep(&k, ICCID, true), -ENOSPC);
    cr_expect_eq(memory_keys_bootstrap(&k, ICCID, 2 * MINUTE, &again), 1);
    cr_expect(psk_equal(&first.newest, &again.newest));
    memory_keys_deinit(&k);
}

/* What is kept is good though nothing can be added to it. */
Test(memory_keys, a_file_that_can_only_be_read)
{
    static const char content[] = ICCID " 60000 text first key\n";
    struct psk_record record;
    struct temp_file file;
    struct memory_keys k;

    cr_assert_eq(temp_file_write(&file, content, strlen(content)), 0);
    cr_assert_eq(chmod(file.path, 0444), 0);
    cr_assert(geteuid() != 0 || seteuid(65534) == 0); /* root may write to everything */
    open_keys(&k, &file);
    cr_expect(memory_keys_find(&k, ICCID, &record));
    cr_expect_eq(memory_keys_bootstrap(&k, OTHER, MINUTE, &record), 1);
    cr_expect_eq(memory_keys_keep(&k, OTHER, true), -EACCES);
    memory_keys_deinit(&k);
    cr_assert_eq(seteuid(getuid()), 0);
    temp_file_remove(&file);
}

/* A proof is written without waiting for the disk, which says nothing of the key beside it. */
Test(memory_keys, what_was_not_waited_for_is_not_kept_yet)
{
    struct psk_record record;
    struct temp_file file;
    struct memory_keys k;

    open_new(&k, &file, "");
    cr_assert_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &record), 1);
    cr_assert_eq(memory_keys_keep(&k, ICCID, false), 0);
    cr_expect_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &record), 1);
    cr_assert_eq(memory_keys_keep(&k, ICCID, true), 0);
    cr_expect_eq(memory_keys_bootstrap(&k, ICCID, MINUTE, &record), 0);
    memory_keys_deinit(&k);
    temp_file_remove(&file);
}
