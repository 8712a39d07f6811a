/* The file that a memory store writes: appended to by many, and made smaller. */
#include "storage/memory_kept.h"
#include "tests/unit/storage/temp_directory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define ICCID "8988280666000002864"
#define OTHER "8988280666000002865"

struct scene {
    struct temp_directory directory;
    char path[100];
    struct memory_state state;
};

static void open_scene(struct scene *s, const char *text)
{
    cr_assert_eq(temp_directory_make(&s->directory), 0);
    cr_assert_eq(temp_directory_write(&s->directory, "d.csv.state", text, strlen(text)), 0);
    snprintf(s->path, sizeof(s->path), "%s/d.csv.state", s->directory.path);
    cr_assert_eq(memory_state_init(&s->state, s->path), 0);
}

static void close_scene(struct scene *s)
{
    memory_state_deinit(&s->state);
    temp_directory_remove(&s->directory);
}

static int append(struct memory_state *state, const char *text)
{
    int result;

    memory_state_lock(state);
    result = memory_state_append(state, text, strlen(text));
    memory_state_unlock(state);
    return result;
}

static off_t size_of(const struct scene *s)
{
    struct stat status;

    cr_assert_eq(stat(s->path, &status), 0);
    return status.st_size;
}

struct kept {
    struct memory_keys keys;
    struct memory_locations locations;
};

static void load(struct kept *k, const struct scene *s)
{
    uint32_t line;

    cr_assert_eq(memory_keys_init(&k->keys), 0);
    cr_assert_eq(memory_locations_init(&k->locations), 0);
    cr_assert_eq(memory_kept_read(s->path, &k->keys, &k->locations, &line), 0, "%u", line);
}

static void unload(struct kept *k)
{
    memory_keys_deinit(&k->keys);
    memory_locations_deinit(&k->locations);
}

static const char history[] =
    ICCID " 60000 text first key\n" ICCID " proved text first key\n" ICCID
          " location 1 2 GPS 1700000000\n" OTHER " 1 text others key\n" OTHER
          " reset 1700000000000\n" ICCID " location 3.50 -4 - -\n" ICCID
          " 360000 text second key\n" OTHER " nowhere\n"
          "8988280666000002866 location 1 2 GPS 1700000000\n"
          "8988280666000002866 forgotten\n";

static void expect_history(const struct scene *s)
{
    struct location location;
    struct psk_record record;
    struct kept k;

    load(&k, s);
    cr_assert(memory_keys_find(&k.keys, ICCID, &record));
    cr_expect_str_eq(record.newest.text, "second key");
    cr_expect_str_eq(record.proved.text, "first key");
    cr_expect_eq(record.called, 360000);
    cr_expect_not(memory_keys_find(&k.keys, OTHER, &record));
    cr_assert(memory_locations_find(&k.locations, ICCID, &location));
    cr_expect_str_eq(location.longitude, "3.50");
    cr_expect_str_eq(location.source, "");
    cr_assert(memory_locations_find(&k.locations, OTHER, &location));
    cr_expect_str_eq(location.longitude, "", "nowhere wins over the columns");
    cr_expect_not(memory_locations_find(&k.locations, "8988280666000002866", &location));
    unload(&k);
}

Test(memory_state, is_made_smaller_and_says_the_same)
{
    struct scene s;
    off_t before;

    open_scene(&s, history);
    expect_history(&s);
    before = size_of(&s);
    cr_assert_eq(memory_kept_compact(&s.state), 0);
    cr_expect_lt(size_of(&s), before);
    expect_history(&s);
    cr_assert_eq(append(&s.state, ICCID " 720000 text third key\n"), 0);
    before = size_of(&s);
    cr_assert_eq(memory_kept_compact(&s.state), 0);
    cr_expect_lt(size_of(&s), before, "it was appended to the new file");
    close_scene(&s);
}

/* A reset has to be seen by a gateway that has not read it yet, however small the file became. */
Test(memory_state, a_reset_is_not_lost)
{
    char line[MEMORY_KEYS_LINES];
    struct scene s;
    FILE *file;

    open_scene(&s, history);
    cr_assert_eq(memory_kept_compact(&s.state), 0);
    file = fopen(s.path, "r");
    while (fgets(line, sizeof(line), file) && strcmp(line, OTHER " reset 1700000000000\n") != 0)
        ;
    cr_expect_not(feof(file));
    fclose(file);
    close_scene(&s);
}

Test(memory_state, a_failure_leaves_it_as_it_is)
{
    struct scene s;
    char blocker[120];

    open_scene(&s, history);
    snprintf(blocker, sizeof(blocker), "%s/.d.csv.state.new", s.directory.path);
    cr_assert_eq(mkdir(blocker, 0700), 0);
    cr_expect_eq(memory_kept_compact(&s.state), -EEXIST);
    expect_history(&s);
    cr_assert_eq(append(&s.state, OTHER " reset 1700000000000\n"), 0);
    expect_history(&s);
    cr_assert_eq(rmdir(blocker), 0);
    cr_expect_eq(memory_kept_compact(&s.state), 0);
    close_scene(&s);
}

/* What makes no sense cannot be said in fewer words. */
Test(memory_state, a_wrong_file_is_not_replaced)
{
    struct scene s;
    off_t before;

    open_scene(&s, "what\n");
    before = size_of(&s);
    cr_expect_eq(memory_kept_compact(&s.state), -EINVAL);
    cr_expect_eq(size_of(&s), before);
    close_scene(&s);
}

Test(memory_state, what_somebody_left_half_written_is_cut_off_before_more_is_written)
{
    struct location location;
    struct scene s;
    struct kept k;

    open_scene(&s, OTHER " nowhere\n" ICCID " locat");
    cr_assert_eq(append(&s.state, ICCID " nowhere\n"), 0);
    load(&k, &s);
    cr_expect(memory_locations_find(&k.locations, ICCID, &location));
    unload(&k);
    close_scene(&s);
}

Test(memory_state, grows_until_it_is_worth_the_trouble)
{
    struct scene s;
    char line[80];

    open_scene(&s, "");
    memory_state_set_needed(&s.state, 300000);
    for (unsigned i = 0; !s.state.is_bloated; i++) {
        snprintf(line, sizeof(line), ICCID " location 1.%07u 2.0 GPS 1700000000\n", i);
        cr_assert_eq(append(&s.state, line), 0);
        cr_assert_lt(i, 100000);
    }
    cr_expect_gt(size_of(&s), 4 * 300000);
    cr_assert_eq(memory_kept_compact(&s.state), 0);
    cr_expect_lt(size_of(&s), 80);
    cr_expect_not(s.state.is_bloated);
    close_scene(&s);
}

#define APPENDED 3000

static void *append_many(void *context)
{
    struct memory_state other; /* as another process has it */
    char line[80];

    memory_state_init(&other, context);
    for (unsigned i = 0; i < APPENDED; i++) {
        snprintf(line, sizeof(line), "8988280677%09u nowhere\n", i);
        if (append(&other, line) != 0)
            return context;
    }
    memory_state_deinit(&other);
    return NULL;
}

/* Somebody appends while the file is replaced again and again: nothing goes to a file that is gone.
 */
Test(memory_state, is_replaced_while_others_append)
{
    struct location location;
    pthread_t threads[2];
    struct scene s;
    struct kept k;
    void *failure;
    char iccid[24];

    open_scene(&s, history);
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, append_many, s.path), 0);
    for (int i = 0; i < 30; i++)
        cr_assert_eq(memory_kept_compact(&s.state), 0);
    for (int i = 0; i < 2; i++) {
        pthread_join(threads[i], &failure);
        cr_expect_eq(failure, NULL);
    }
    expect_history(&s);
    load(&k, &s);
    for (unsigned i = 0; i < APPENDED; i++) {
        snprintf(iccid, sizeof(iccid), "8988280677%09u", i);
        cr_assert(memory_locations_find(&k.locations, iccid, &location), "%s", iccid);
    }
    unload(&k);
    close_scene(&s);
}

/* What comes while a batch is being written is written after it; what failed is tried again. */
Test(memory_state, locations_are_written_together)
{
    const struct location here = {"1", "2", "GPS", "1700000000"}, there = {"3", "4", "", ""};
    struct location location;
    struct memory_locations l;
    struct memory_state full;
    struct scene s;
    struct kept k;

    open_scene(&s, "");
    cr_assert_eq(memory_locations_init(&l), 0);
    cr_assert_eq(memory_state_init(&full, "/dev/full"), 0);
    cr_expect_eq(memory_locations_set(&l, ICCID, &here), 1);
    cr_expect_eq(memory_locations_set(&l, OTHER, &here), 0, "somebody sees to it already");
    cr_expect_eq(memory_locations_keep(&l, &full), -ENOSPC);
    cr_expect_eq(memory_locations_set(&l, OTHER, &there), 1);
    cr_expect_eq(memory_locations_keep(&l, &s.state), 0);
    cr_expect_eq(memory_locations_set(&l, OTHER, &there), 1);
    load(&k, &s);
    cr_assert(memory_locations_find(&k.locations, ICCID, &location));
    cr_assert(memory_locations_find(&k.locations, OTHER, &location));
    cr_expect_str_eq(location.longitude, "3");
    unload(&k);
    memory_locations_deinit(&l);
    memory_state_deinit(&full);
    close_scene(&s);
}
