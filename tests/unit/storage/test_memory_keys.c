#include "storage/memory_kept.h"

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

/* What happens while somebody waits for the disk: the only call of fdatasync() in this program is
 * that of memory_state_sync(). */
static struct {
    void (*happen)(void *context);
    void *context;
    bool fails; /* once, as fsync(2) has it: the next call knows nothing of that */
} meanwhile;

int fdatasync(int fd)
{
    void (*happen)(void *context) = meanwhile.happen;

    meanwhile.happen = NULL;
    if (happen)
        happen(meanwhile.context);
    if (meanwhile.fails) {
        meanwhile.fails = false;
        errno = EIO;
        return -1;
    }
    return fsync(fd);
}

/* The keys, and the file that they are kept in. */
struct kept {
    struct memory_state state;
    struct memory_keys keys;
    struct memory_locations locations;
};

static void init(struct kept *k, const char *path)
{
    cr_assert_eq(memory_state_init(&k->state, path), 0);
    cr_assert_eq(memory_keys_init(&k->keys), 0);
    cr_assert_eq(memory_locations_init(&k->locations), 0);
}

static void deinit(struct kept *k)
{
    memory_keys_deinit(&k->keys);
    memory_locations_deinit(&k->locations);
    memory_state_deinit(&k->state);
}

static int load(struct kept *k, uint32_t *line)
{
    return memory_kept_read(k->state.path, &k->keys, &k->locations, line);
}

static int keep(struct kept *k, const char *iccid, bool wait)
{
    return memory_keys_keep(&k->keys, &k->state, iccid, wait);
}

static void open_keys(struct kept *k, const struct temp_file *file)
{
    uint32_t line;

    init(k, file->path);
    cr_assert_eq(load(k, &line), 0);
}

static void open_new(struct kept *k, struct temp_file *file, const char *content)
{
    cr_assert_eq(temp_file_write(file, content, strlen(content)), 0);
    open_keys(k, file);
}

static struct psk_record bootstrap(struct kept *k, const char *iccid, uint64_t wall_ms,
                                   int expected)
{
    struct psk_record record;

    cr_assert_eq(memory_keys_bootstrap(&k->keys, iccid, wall_ms, &record), expected);
    cr_assert_eq(keep(k, iccid, true), 0);
    return record;
}

Test(memory_keys, outlive_the_process)
{
    struct psk_record record, first, second;
    struct temp_file file;
    struct kept k;

    open_new(&k, &file, "");
    first = bootstrap(&k, ICCID, 1000 * MINUTE, 1);
    cr_expect_eq(memory_keys_prove(&k.keys, ICCID, &first.newest), 1);
    cr_expect_eq(memory_keys_prove(&k.keys, ICCID, &first.newest), 0);
    second = bootstrap(&k, ICCID, 1005 * MINUTE, 1);
    bootstrap(&k, OTHER, 1005 * MINUTE, 1);
    deinit(&k);
    open_keys(&k, &file);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect(psk_equal(&record.newest, &second.newest));
    cr_expect(psk_equal(&record.proved, &first.newest));
    cr_expect_eq(record.called, 1005 * MINUTE);
    cr_expect(memory_keys_find(&k.keys, OTHER, &record));
    cr_expect_not(memory_keys_find(&k.keys, "8988280666000002866", &record));
    deinit(&k);
    temp_file_remove(&file);
}

Test(memory_keys, a_line_that_was_not_written_whole_is_cut_off)
{
    static const char content[] = ICCID " 60000 text first key\n" OTHER " 60000 text sec";
    struct psk_record record;
    struct temp_file file;
    struct kept k;

    open_new(&k, &file, content);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect_str_eq(record.newest.text, "first key");
    cr_expect_not(memory_keys_find(&k.keys, OTHER, &record));
    bootstrap(&k, OTHER, 2 * MINUTE, 1);
    deinit(&k);
    open_keys(&k, &file);
    cr_expect(memory_keys_find(&k.keys, OTHER, &record));
    deinit(&k);
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
        ICCID " sixty text first key\n",
        ICCID " reset\n",
        ICCID " reset now\n",
        ICCID " location 1.0 2.0 GPS\n",
        ICCID " location 1.0 2.0 GPS 1700000000 9\n",
        ICCID " location 181.0 2.0 GPS 1700000000\n",
        ICCID " location - - - -\n",
        ICCID " nowhere else\n",
    };

    for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
        char content[200];
        struct temp_file file;
        struct kept k;
        uint32_t line;

        snprintf(content, sizeof(content), ICCID " 60000 text first key\n%s", wrong[i]);
        cr_assert_eq(temp_file_write(&file, content, strlen(content)), 0);
        init(&k, file.path);
        cr_expect_eq(load(&k, &line), -EINVAL, "%s", wrong[i]);
        cr_expect_eq(line, 2);
        deinit(&k);
        temp_file_remove(&file);
    }
}

Test(memory_keys, a_users_key_ends_what_was_kept)
{
    const struct psk users = {.is_hex = true, .text = "00ff00ff00ff00ff"};
    struct psk_record record;
    struct temp_file file;
    struct kept k;
    uint32_t line;

    open_new(&k, &file, "");
    record = bootstrap(&k, ICCID, MINUTE, 1);
    memory_keys_prove(&k.keys, ICCID, &record.newest);
    keep(&k, ICCID, true);
    deinit(&k);
    init(&k, file.path);
    cr_assert_eq(memory_keys_set(&k.keys, ICCID, &users), 0);
    cr_assert_eq(load(&k, &line), 0);
    record = bootstrap(&k, ICCID, 100 * MINUTE, 0);
    cr_expect(psk_equal(&record.newest, &users));
    cr_expect_str_eq(record.proved.text, "");
    deinit(&k);
    temp_file_remove(&file);
}

/* A gateway that has not read of a reset goes on writing former keys: none of them is back. */
Test(memory_keys, a_reset_counts_from_when_it_was_made)
{
    static const char unaware[] =
        ICCID " 60000 text first key\n" ICCID " reset 1700000000000\n" ICCID
              " 360000 text second key\n" ICCID " proved text first key\n";
    static const char aware[] = ICCID " 720000/1700000000000 text third key\n";
    struct psk_record record;
    struct temp_file file;
    struct kept k;
    FILE *more;

    open_new(&k, &file, unaware);
    cr_expect_not(memory_keys_find(&k.keys, ICCID, &record));
    record = bootstrap(&k, ICCID, MINUTE, 1);
    deinit(&k);
    open_keys(&k, &file);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record), "it was written by who knew");
    cr_expect_str_eq(record.proved.text, "");
    deinit(&k);
    more = fopen(file.path, "ae");
    fputs(aware, more);
    fputs(ICCID " 900000/1600000000000 text fourth key\n", more);
    fclose(more);
    open_keys(&k, &file);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect_str_eq(record.newest.text, "third key");
    deinit(&k);
    temp_file_remove(&file);
}

Test(memory_keys, there_can_be_many)
{
    struct psk_record record;
    struct temp_file file;
    struct kept k;
    char iccid[DEVICE_ICCID_MAX + 1];

    open_new(&k, &file, "");
    for (uint64_t i = 0; i < 5000; i++) {
        snprintf(iccid, sizeof(iccid), "%llu", 8988280666000000000ULL + i);
        cr_assert_eq(memory_keys_bootstrap(&k.keys, iccid, MINUTE + i, &record), 1);
    }
    for (uint64_t i = 0; i < 5000; i++) {
        snprintf(iccid, sizeof(iccid), "%llu", 8988280666000000000ULL + i);
        cr_assert(memory_keys_find(&k.keys, iccid, &record));
        cr_assert_eq(record.called, MINUTE + i);
    }
    deinit(&k);
    temp_file_remove(&file);
}

/* A disk without room: nothing is half written, and it is told. */
Test(memory_keys, a_full_disk_is_told)
{
    struct psk_record record;
    struct kept k;

    init(&k, "/dev/full");
    cr_assert_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &record), 1);
    cr_expect_eq(keep(&k, ICCID, true), -ENOSPC);
    deinit(&k);
}

/* What could not be read is not cut off as if it were not there. */
Test(memory_keys, an_error_in_reading_is_told)
{
    char link[] = "/tmp/simgate-state-XXXXXX";
    struct kept k;
    uint32_t line;

    close(mkstemp(link));
    cr_assert_eq(unlink(link), 0);
    cr_assert_eq(symlink("/proc/self/mem", link), 0); /* whose first page is never there */
    init(&k, link);
    cr_expect_eq(load(&k, &line), -EIO);
    deinit(&k);
    unlink(link);
}

/* A key that could not be kept is not told at the next call either: that tries again. */
Test(memory_keys, what_is_not_kept_is_to_be_kept_still)
{
    struct psk_record first, again;
    struct kept k;

    init(&k, "/dev/full");
    cr_assert_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &first), 1);
    cr_assert_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &again), 1, "is on its way");
    cr_assert_eq(keep(&k, ICCID, true), -ENOSPC);
    cr_expect_eq(memory_keys_bootstrap(&k.keys, ICCID, 2 * MINUTE, &again), 1);
    cr_expect(psk_equal(&first.newest, &again.newest));
    deinit(&k);
}

/* What is kept is good though nothing can be added to it. */
Test(memory_keys, a_file_that_can_only_be_read)
{
    static const char content[] = ICCID " 60000 text first key\n";
    struct psk_record record;
    struct temp_file file;
    struct kept k;

    cr_assert_eq(temp_file_write(&file, content, strlen(content)), 0);
    cr_assert_eq(chmod(file.path, 0444), 0);
    cr_assert(geteuid() != 0 || seteuid(65534) == 0); /* root may write to everything */
    open_keys(&k, &file);
    cr_expect(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect_eq(memory_keys_bootstrap(&k.keys, OTHER, MINUTE, &record), 1);
    cr_expect_eq(keep(&k, OTHER, true), -EACCES);
    deinit(&k);
    cr_assert_eq(seteuid(getuid()), 0);
    temp_file_remove(&file);
}

/* A proof is written without waiting for the disk, which says nothing of the key beside it. */
Test(memory_keys, what_was_not_waited_for_is_not_kept_yet)
{
    struct psk_record record;
    struct temp_file file;
    struct kept k;

    open_new(&k, &file, "");
    cr_assert_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &record), 1);
    cr_assert_eq(keep(&k, ICCID, false), 0);
    cr_expect_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &record), 1);
    cr_assert_eq(keep(&k, ICCID, true), 0);
    cr_expect_eq(memory_keys_bootstrap(&k.keys, ICCID, MINUTE, &record), 0);
    deinit(&k);
    temp_file_remove(&file);
}

/* A user resets the keys, and the files are read again. */
static void reset_and_reload(void *context)
{
    struct kept *k = context;
    struct kept next;
    char line[MEMORY_KEYS_LINES];
    uint32_t number;

    memory_state_lock(&k->state);
    cr_assert_eq(
        memory_state_append(&k->state, line, memory_keys_format_reset(ICCID, 2 * MINUTE, line)), 0);
    init(&next, k->state.path);
    cr_assert_eq(load(&next, &number), 0);
    cr_assert_eq(memory_keys_replace(&k->keys, &next.keys), 0);
    memory_state_unlock(&k->state);
    deinit(&next);
}

/* Its line was written by who had not read of the reset, so it takes another line to keep it. */
Test(memory_keys, a_reset_while_a_key_goes_to_the_disk)
{
    struct psk_record told, record;
    struct temp_file file;
    struct kept k;

    open_new(&k, &file, "");
    meanwhile.context = &k;
    meanwhile.happen = reset_and_reload;
    told = bootstrap(&k, ICCID, 3 * MINUTE, 1);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect(psk_equal(&record.newest, &told.newest), "it is in force");
    deinit(&k);
    open_keys(&k, &file);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record), "it outlives the process");
    cr_expect(psk_equal(&record.newest, &told.newest));
    deinit(&k);
    temp_file_remove(&file);
}

/* The kernel tells of it once, and may have dropped all that was to be written. */
Test(memory_keys, a_disk_that_fails_fails_all_who_wait)
{
    static const char line[] = ICCID " 60000 text first key\n";
    struct temp_file file;
    struct kept k;

    open_new(&k, &file, "");
    for (int i = 0; i < 2; i++)
        cr_assert_eq(memory_state_append(&k.state, line, strlen(line)), 0);
    meanwhile.fails = true;
    cr_expect_eq(memory_state_sync(&k.state), -EIO);
    cr_expect_eq(memory_state_sync(&k.state), -EIO);
    cr_assert_eq(memory_state_append(&k.state, line, strlen(line)), 0);
    cr_expect_eq(memory_state_sync(&k.state), 0);
    deinit(&k);
    temp_file_remove(&file);
}
