/* Changes of the files of a memory store: what is not meant stays as it is, byte for byte. */
#include "storage/memory_edit.h"

#include "base/log.h"
#include "storage/memory_files.h"
#include "tests/unit/storage/temp_directory.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#define ICCID "8988280666000002864"
#define OTHER "8988280666000002865"
#define THIRD "8988280666000002866"

struct scene {
    struct temp_directory directory;
    char path[100];
};

static void open_scene(struct scene *s, const char *text)
{
    cr_assert_eq(temp_directory_make(&s->directory), 0);
    cr_assert_eq(temp_directory_write(&s->directory, "d.csv", text, strlen(text)), 0);
    snprintf(s->path, sizeof(s->path), "%s/d.csv", s->directory.path);
}

static void close_scene(struct scene *s)
{
    temp_directory_remove(&s->directory);
}

static const char *content(const struct scene *s, const char *name)
{
    static char text[16384];
    char path[120];
    FILE *file;
    size_t length;

    snprintf(path, sizeof(path), "%s/%s", s->directory.path, name);
    file = fopen(path, "re");
    if (!file)
        return "(none)";
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = 0;
    fclose(file);
    return text;
}

static struct device_row row_of(const char *iccid)
{
    struct device_row row = {.given = 0};

    cr_assert(device_row_read(&row, DEVICE_COLUMN_ICCID, iccid));
    return row;
}

static void give(struct device_row *row, enum device_column column, const char *text)
{
    cr_assert(device_row_read(row, column, text), "%s", text);
}

static int edit(const struct scene *s, enum memory_edit_mode mode, const struct device_row *row)
{
    char *error;
    int result = memory_edit_device(s->path, mode, row, &error);

    cr_expect_eq(error == NULL, result >= 0, "%s", error);
    free(error);
    return result;
}

/* The change is refused, and this is what is said, with the path as F. */
static void expect_refused(const struct scene *s, enum memory_edit_mode mode,
                           const struct device_row *row, int result, const char *expected)
{
    char before[16384], *error;

    snprintf(before, sizeof(before), "%s", content(s, "d.csv"));
    cr_expect_eq(memory_edit_device(s->path, mode, row, &error), result);
    cr_assert_neq((void *)error, NULL);
    cr_assert_eq(strncmp(error, s->path, strlen(s->path)), 0, "%s", error);
    cr_expect_str_eq(error + strlen(s->path), expected);
    free(error);
    cr_expect_str_eq(content(s, "d.csv"), before);
    cr_expect_str_eq(content(s, ".d.csv.new"), "(none)");
}

static const char crlf[] = "\xef\xbb\xbf# SIMs of the first lot\r\n"
                           "\r\n"
                           "address,\"status\",template,iccid,psk\r\n"
                           "#10.0.0.9,active,," THIRD ",\r\n"
                           "\"10.0.0.1\",active,\"meter\"," ICCID ",\"it is a \"\"secret\"\"\"\r\n"
                           "# the next one is broken\r\n"
                           "10.0.0.2,inactive,," OTHER ",#not a comment\r\n"
                           "\r\n"
                           "# end";

Test(memory_edit, a_row_changes_and_nothing_else)
{
    struct device_row row = row_of(OTHER);
    struct scene s;

    open_scene(&s, crlf);
    give(&row, DEVICE_COLUMN_STATUS, "active");
    give(&row, DEVICE_COLUMN_TEMPLATE, "tracker");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UPDATED);
    cr_expect_str_eq(content(&s, "d.csv"),
                     "\xef\xbb\xbf# SIMs of the first lot\r\n"
                     "\r\n"
                     "address,\"status\",template,iccid,psk\r\n"
                     "#10.0.0.9,active,," THIRD ",\r\n"
                     "\"10.0.0.1\",active,\"meter\"," ICCID ",\"it is a \"\"secret\"\"\"\r\n"
                     "# the next one is broken\r\n"
                     "10.0.0.2,active,tracker," OTHER ",\"#not a comment\"\r\n"
                     "\r\n"
                     "# end");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UNCHANGED);
    close_scene(&s);
}

Test(memory_edit, a_row_goes_and_one_comes)
{
    struct device_row row = row_of(ICCID);
    struct scene s;

    open_scene(&s, crlf);
    cr_expect_eq(edit(&s, MEMORY_EDIT_REMOVE, &row), MEMORY_EDIT_REMOVED);
    give(&row, DEVICE_COLUMN_STATUS, "inactive");
    give(&row, DEVICE_COLUMN_ADDRESS, "fd00:0:0:1::/64");
    give(&row, DEVICE_COLUMN_LOCATION_ALLOWED, "no");
    cr_expect_eq(edit(&s, MEMORY_EDIT_ADD, &row), MEMORY_EDIT_ADDED);
    cr_expect_str_eq(content(&s, "d.csv"), "\xef\xbb\xbf# SIMs of the first lot\r\n"
                                           "\r\n"
                                           "address,\"status\",template,iccid,psk\r\n"
                                           "#10.0.0.9,active,," THIRD ",\r\n"
                                           "# the next one is broken\r\n"
                                           "10.0.0.2,inactive,," OTHER ",#not a comment\r\n"
                                           "\r\n"
                                           "# end\r\n"
                                           "fd00:0:0:1::/64,inactive,," ICCID ",\r\n");
    close_scene(&s);
}

Test(memory_edit, a_column_is_added_where_it_is_needed)
{
    struct device_row row = row_of(OTHER), key = row_of(ICCID);
    struct scene s;

    open_scene(&s,
               "iccid,address,status\n# one\n" ICCID ",10.0.0.1,active\n" OTHER ",10.0.0.2,active");
    give(&row, DEVICE_COLUMN_LOCATION_ALLOWED, "yes");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UPDATED);
    cr_expect_str_eq(content(&s, "d.csv"), "iccid,address,status,location_allowed\n# one\n" ICCID
                                           ",10.0.0.1,active,\n" OTHER ",10.0.0.2,active,yes");
    give(&key, DEVICE_COLUMN_PSK, "my \"own\" key");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &key), MEMORY_EDIT_UPDATED);
    cr_expect_str_eq(content(&s, "d.csv"),
                     "iccid,address,status,location_allowed,psk\n# one\n" ICCID
                     ",10.0.0.1,active,,\"my \"\"own\"\" key\"\n" OTHER ",10.0.0.2,active,yes,");
    give(&key, DEVICE_COLUMN_PSK, "00112233445566778899");
    key.psk_is_hex = true;
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &key), MEMORY_EDIT_UPDATED);
    cr_expect_str_eq(content(&s, "d.csv"),
                     "iccid,address,status,location_allowed,psk,psk_format\n# one\n" ICCID
                     ",10.0.0.1,active,,00112233445566778899,hex\n" OTHER ",10.0.0.2,active,yes,,");
    close_scene(&s);
}

static const char plain[] =
    "iccid,address,status,imsi\n" ICCID ",10.0.0.1,active,\n"
    "8988280600000000000,10.1.0.0/16,active,\n" OTHER ",10.0.0.2,active,901405100002865\n";

Test(memory_edit, what_cannot_be_is_refused)
{
    struct device_row row = row_of(ICCID);
    struct scene s;

    open_scene(&s, plain);
    give(&row, DEVICE_COLUMN_STATUS, "active");
    give(&row, DEVICE_COLUMN_ADDRESS, "10.0.0.3");
    expect_refused(&s, MEMORY_EDIT_ADD, &row, -EEXIST, ":2: there is a device " ICCID " already");
    row = row_of(ICCID);
    give(&row, DEVICE_COLUMN_ADDRESS, "10.0.0.2");
    expect_refused(&s, MEMORY_EDIT_SET, &row, -EEXIST, ":4: 10.0.0.2 is the address of " OTHER);
    row = row_of(THIRD);
    expect_refused(&s, MEMORY_EDIT_SET, &row, -ENOENT, ": there is no device " THIRD);
    expect_refused(&s, MEMORY_EDIT_REMOVE, &row, -ENOENT, ": there is no device " THIRD);
    row = row_of("8988280600000000007");
    give(&row, DEVICE_COLUMN_STATUS, "inactive");
    give(&row, DEVICE_COLUMN_ADDRESS, "10.0.0.3");
    expect_refused(&s, MEMORY_EDIT_SET, &row, -EINVAL,
                   ":3: 8988280600000000007 is one of the devices of 10.1.0.0/16, which are "
                   "changed together only: edit that line");
    expect_refused(&s, MEMORY_EDIT_ADD, &row, -EEXIST,
                   ":3: 8988280600000000007 is one of the devices of 10.1.0.0/16, which are "
                   "changed together only: edit that line");
    close_scene(&s);
}

Test(memory_edit, a_wrong_file_is_left_alone)
{
    struct device_row row = row_of(ICCID);
    struct scene s;

    open_scene(&s, "iccid,address,status\n" ICCID ",10.0.0.1,aktive\n");
    give(&row, DEVICE_COLUMN_STATUS, "active");
    expect_refused(&s, MEMORY_EDIT_SET, &row, -EINVAL,
                   ":2: column status: \"aktive\" is not legal: active and inactive are");
    close_scene(&s);
}

/* A file that may grow to this size only, as on a disk without room. */
static void limit_files(rlim_t bytes)
{
    const struct rlimit limit = {bytes, bytes};

    signal(SIGXFSZ, SIG_IGN);
    cr_assert_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

Test(memory_edit, a_full_disk_changes_nothing)
{
    struct device_row row = row_of(ICCID);
    struct scene s;

    open_scene(&s, plain);
    give(&row, DEVICE_COLUMN_STATUS, "inactive");
    give(&row, DEVICE_COLUMN_IMSI, "901405100002864");
    limit_files(strlen(plain));
    expect_refused(&s, MEMORY_EDIT_SET, &row, -EFBIG, ": cannot be replaced: File too large");
    close_scene(&s);
}

/* Somebody died before: what is left of the attempt is in nobody's way. */
Test(memory_edit, a_half_written_file_is_replaced)
{
    struct device_row row = row_of(ICCID);
    struct scene s;

    open_scene(&s, plain);
    cr_assert_eq(temp_directory_write(&s.directory, ".d.csv.new", "iccid,addr", 10), 0);
    cr_assert_eq(chmod(s.path, 0640), 0);
    give(&row, DEVICE_COLUMN_IMSI, "901405100002864");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UPDATED);
    cr_expect_str_eq(content(&s, ".d.csv.new"), "(none)");
    close_scene(&s);
}

Test(memory_edit, mode_and_owner_stay)
{
    struct device_row row = row_of(ICCID);
    struct stat status;
    struct scene s;

    open_scene(&s, plain);
    cr_assert_eq(chmod(s.path, 0640), 0);
    if (geteuid() == 0)
        cr_assert_eq(chown(s.path, 65534, 65534), 0);
    give(&row, DEVICE_COLUMN_STATUS, "inactive");
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UPDATED);
    cr_assert_eq(stat(s.path, &status), 0);
    cr_expect_eq(status.st_mode & 07777, 0640);
    cr_expect_eq(status.st_uid, geteuid() == 0 ? 65534 : geteuid());
    close_scene(&s);
}

Test(memory_edit, a_symbolic_link_stays_one)
{
    struct device_row row = row_of(ICCID);
    struct stat status;
    struct scene s;
    char link[120];

    open_scene(&s, plain);
    snprintf(link, sizeof(link), "%s/link.csv", s.directory.path);
    cr_assert_eq(symlink("d.csv", link), 0);
    give(&row, DEVICE_COLUMN_STATUS, "inactive");
    memcpy(s.path, link, strlen(link) + 1);
    cr_expect_eq(edit(&s, MEMORY_EDIT_SET, &row), MEMORY_EDIT_UPDATED);
    cr_assert_eq(lstat(link, &status), 0);
    cr_expect(S_ISLNK(status.st_mode));
    cr_expect_neq((void *)strstr(content(&s, "d.csv"), "inactive"), NULL);
    close_scene(&s);
}

static void load(struct memory_files *f, const struct scene *s)
{
    static struct template_names names;
    char *error;

    template_names_init(&names);
    cr_assert_eq(memory_files_load(f, s->path, &names, &error), 0, "%s", error);
}

Test(memory_edit, a_reset_ends_keys_of_users_and_generated_ones)
{
    static const char kept[] =
        OTHER " 60000 text generated key\n" OTHER " proved text generated key\n"
              "8988280600000000007 60000 text generated key\n";
    struct psk_record record;
    struct memory_files f;
    struct scene s;
    char *error;

    open_scene(&s, "iccid,address,status,psk\n" ICCID ",10.0.0.1,active,a users key\n"
                   "8988280600000000000,10.1.0.0/16,active,\n" OTHER ",10.0.0.2,active,\n");
    cr_assert_eq(temp_directory_write(&s.directory, "d.csv.state", kept, strlen(kept)), 0);
    for (int i = 0; i < 2; i++) {
        int expected = i ? MEMORY_EDIT_UNCHANGED : MEMORY_EDIT_UPDATED;

        cr_expect_eq(memory_edit_reset_psk(s.path, ICCID, &error), expected);
        cr_expect_eq(memory_edit_reset_psk(s.path, OTHER, &error), expected);
        cr_expect_eq(memory_edit_reset_psk(s.path, "8988280600000000007", &error), expected);
    }
    cr_expect_eq(memory_edit_reset_psk(s.path, THIRD, &error), -ENOENT);
    free(error);
    load(&f, &s);
    cr_expect_not(memory_keys_find(&f.keys, ICCID, &record));
    cr_expect_not(memory_keys_find(&f.keys, OTHER, &record));
    cr_expect_not(memory_keys_find(&f.keys, "8988280600000000007", &record));
    memory_files_deinit(&f);
    close_scene(&s);
}

/* The devices' file cannot be written, while what is kept could be. */
Test(memory_edit, what_is_kept_stays_where_the_row_does)
{
    static const char kept[] = ICCID " 60000 text generated key\n" ICCID " location 1 2 GPS -\n";
    struct device_row row = row_of(ICCID);
    struct scene s;
    char *error, text[1024];

    snprintf(text, sizeof(text),
             "#%400s\niccid,address,status,psk\n" ICCID ",10.0.0.1,active,\n" OTHER
             ",10.0.0.2,active,a users key\n",
             "");
    open_scene(&s, text);
    cr_assert_eq(temp_directory_write(&s.directory, "d.csv.state", kept, strlen(kept)), 0);
    limit_files(400);
    expect_refused(&s, MEMORY_EDIT_REMOVE, &row, -EFBIG, ": cannot be replaced: File too large");
    cr_expect_eq(memory_edit_reset_psk(s.path, OTHER, &error), -EFBIG);
    free(error);
    cr_expect_str_eq(content(&s, "d.csv"), text);
    cr_expect_str_eq(content(&s, "d.csv.state"), kept);
    close_scene(&s);
}

Test(memory_edit, locations)
{
    const struct location berlin = {"13.404954", "52.520008", "GPS", "1700000000"};
    const struct location unsaid = {"-1", "0.50", "", ""};
    struct device_row row = row_of(ICCID);
    struct location found;
    struct memory_files f;
    struct scene s;
    char *error;

    open_scene(&s, "iccid,address,status,longitude,latitude\n" ICCID ",10.0.0.1,active,1,2\n"
                   "8988280600000000000,10.1.0.0/16,active,3.0,4\n");
    cr_expect_eq(memory_edit_set_location(s.path, ICCID, &berlin, &error), MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_set_location(s.path, ICCID, &berlin, &error), MEMORY_EDIT_UNCHANGED);
    cr_expect_eq(memory_edit_set_location(s.path, "8988280600000000007", &unsaid, &error),
                 MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_clear_location(s.path, "8988280600000000008", &error),
                 MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_clear_location(s.path, "8988280600000000008", &error),
                 MEMORY_EDIT_UNCHANGED);
    cr_expect_eq(memory_edit_clear_location(s.path, THIRD, &error), -ENOENT);
    free(error);
    load(&f, &s);
    cr_assert(memory_files_location(&f, ICCID, &found));
    cr_expect_str_eq(found.longitude, "13.404954");
    cr_expect_str_eq(found.sample_time, "1700000000");
    cr_assert(memory_files_location(&f, "8988280600000000007", &found));
    cr_expect_str_eq(found.latitude, "0.50");
    cr_expect_str_eq(found.source, "");
    cr_expect_not(memory_files_location(&f, "8988280600000000008", &found));
    cr_assert(memory_files_location(&f, "8988280600000065535", &found));
    cr_expect_str_eq(found.longitude, "3.0");
    cr_expect_not(memory_files_location(&f, THIRD, &found));
    memory_files_deinit(&f);
    cr_expect_eq(edit(&s, MEMORY_EDIT_REMOVE, &row), MEMORY_EDIT_REMOVED);
    load(&f, &s);
    cr_expect_not(memory_files_location(&f, ICCID, &found), "it went with the device");
    memory_files_deinit(&f);
    close_scene(&s);
}

Test(memory_edit, templates)
{
    struct memory_files f;
    struct scene s;
    char *error, *large = calloc(1, STORE_TEMPLATE_TEXT_MAX + 1);

    open_scene(&s, plain);
    cr_expect_eq(memory_edit_activate_template(s.path, "meter", &error), -ENOENT);
    free(error);
    cr_expect_eq(memory_edit_deactivate_template(s.path, &error), MEMORY_EDIT_UNCHANGED);
    cr_expect_eq(memory_edit_put_template(s.path, "meter", "{}\n", 3, &error), MEMORY_EDIT_ADDED);
    cr_expect_eq(memory_edit_put_template(s.path, "meter", "{}\n", 3, &error),
                 MEMORY_EDIT_UNCHANGED);
    cr_expect_eq(memory_edit_put_template(s.path, "meter", "{}", 2, &error), MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_put_template(s.path, "active", "[]", 2, &error), MEMORY_EDIT_ADDED);
    cr_expect_eq(memory_edit_activate_template(s.path, "meter", &error), MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_activate_template(s.path, "meter", &error), MEMORY_EDIT_UNCHANGED);
    cr_expect_str_eq(content(&s, "d.csv.templates/active"), "meter\n");
    load(&f, &s);
    cr_expect_eq(f.templates.count, 2);
    cr_assert_neq((void *)f.templates.active, NULL);
    cr_expect_str_eq(f.templates.active->text, "{}");
    memory_files_deinit(&f);
    cr_expect_eq(memory_edit_remove_template(s.path, "meter", &error), -EINVAL);
    free(error);
    cr_expect_eq(memory_edit_deactivate_template(s.path, &error), MEMORY_EDIT_UPDATED);
    cr_expect_eq(memory_edit_remove_template(s.path, "meter", &error), MEMORY_EDIT_REMOVED);
    cr_expect_eq(memory_edit_remove_template(s.path, "meter", &error), -ENOENT);
    free(error);
    for (const char *const *name = (const char *const[]){"", "-", ".x", "a/b", NULL}; *name;
         name++) {
        cr_expect_eq(memory_edit_put_template(s.path, *name, "", 0, &error), -EINVAL, "%s", *name);
        free(error);
    }
    cr_expect_eq(
        memory_edit_put_template(s.path, "large", large, STORE_TEMPLATE_TEXT_MAX + 1, &error),
        -EINVAL);
    free(error);
    cr_expect_eq(memory_edit_put_template(s.path, "large", large, STORE_TEMPLATE_TEXT_MAX, &error),
                 MEMORY_EDIT_ADDED);
    free(large);
    close_scene(&s);
}
