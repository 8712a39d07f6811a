/* What only the memory store does: prefix rows, and what a file may not have. */
#include "base/log.h"
#include "base/net_address.h"
#include "storage/device_range.h"
#include "storage/memory_table.h"
#include "storage/store.h"
#include "tests/unit/storage/temp_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER "iccid,address,status,imsi\n"

static void load(struct memory_table *table, const char *text)
{
    struct temp_file file;
    char *error;

    cr_assert_eq(temp_file_write(&file, text, strlen(text)), 0);
    cr_assert_eq(memory_table_load(table, file.path, NULL, NULL, &error), 0, "%s", error);
    temp_file_remove(&file);
}

/* The ICCID of the device that has the address, or "". */
static struct device look_up(const struct memory_table *table, const char *address)
{
    const struct memory_row *row;
    uint8_t ip[16];

    cr_assert(net_ip_parse(ip, address));
    row = memory_table_find(table, ip);
    return row ? memory_row_device(row, device_range_offset(&row->prefix, ip))
               : (struct device){.active = false};
}

#define expect_iccid(table, address, expected)                                                     \
    cr_expect_str_eq(look_up((table), (address)).iccid, (expected), "%s", (address))

/* The file is refused, and this is all that is wrong with it, with its path as F. */
static void expect_refused(const char *text, const char *expected)
{
    struct memory_table table;
    struct temp_file file;
    char *error, told[1024] = "";

    cr_assert_eq(temp_file_write(&file, text, strlen(text)), 0);
    cr_expect_eq(memory_table_load(&table, file.path, NULL, NULL, &error), -EINVAL);
    cr_assert_neq((void *)error, NULL, "accepted: %s", text);
    for (char *line = strtok(error, "\n"); line; line = strtok(NULL, "\n")) {
        strcat(told, *told ? "\nF" : "F");
        strcat(told, line + strlen(file.path));
    }
    cr_expect_str_eq(told, expected);
    free(error);
    temp_file_remove(&file);
    memory_table_deinit(&table);
}

Test(memory, ipv4_prefix_counts_addresses)
{
    struct memory_table table;

    load(&table, HEADER "8988280600000000100,10.1.0.0/16,active,901405000000007\n");
    expect_iccid(&table, "10.1.0.0", "8988280600000000100");
    expect_iccid(&table, "10.1.1.2", "8988280600000000358");
    expect_iccid(&table, "10.1.255.255", "8988280600000065635");
    expect_iccid(&table, "10.0.255.255", "");
    expect_iccid(&table, "10.2.0.0", "");
    cr_expect_str_eq(look_up(&table, "10.1.1.2").imsi, "901405000000265");
    memory_table_deinit(&table);
}

Test(memory, an_iccid_of_a_range_is_found)
{
    static const struct {
        const char *iccid, *address; /* NULL: there is none */
    } cases[] = {{"8988280666000002000", "10.0.0.0"},    {"8988280666000002255", "10.0.0.255"},
                 {"8988280666000001999", NULL},          {"8988280666000002256", NULL},
                 {"8988280666000002999", "10.0.1.1"},    {"9988280666000002999999", "10.0.2.255"},
                 {"9988280666000002999744", "10.0.2.0"}, {"9988280666000002999743", NULL},
                 {"08988280666000002000", NULL},         {"1", NULL}};
    struct memory_table table;

    load(&table, HEADER "8988280666000002999,10.0.1.1,active,\n"
                        "9988280666000002999744,10.0.2.0/24,active,\n"
                        "8988280666000002000,10.0.0.0/24,active,\n");
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        uint64_t offset;
        const struct memory_row *row = iccid_index_find(&table.by_iccid, cases[i].iccid, &offset);
        char text[NET_ADDRESS_TEXT];
        uint8_t ip[16];

        cr_assert_eq(row != NULL, cases[i].address != NULL, "%s", cases[i].iccid);
        if (!row)
            continue;
        device_range_address(&row->prefix, offset, ip);
        cr_expect_str_eq(net_ip_format(ip, text), cases[i].address);
        cr_expect_str_eq(memory_row_device(row, offset).iccid, cases[i].iccid);
    }
    memory_table_deinit(&table);
}

Test(memory, ipv6_prefix_counts_64s)
{
    struct memory_table table;

    load(&table, HEADER "8988280600000000000,fd00:0:1::/48,active,\n"
                        "8988280610000000000,fd00:0:2:5::/64,active,\n");
    expect_iccid(&table, "fd00:0:1::", "8988280600000000000");
    expect_iccid(&table, "fd00:0:1:ff::", "8988280600000000255");
    expect_iccid(&table, "fd00:0:1:ffff::", "8988280600000065535");
    expect_iccid(&table, "fd00:0:1:ff::1234", "8988280600000000255");
    expect_iccid(&table, "fd00:0:2:5::", "8988280610000000000");
    expect_iccid(&table, "fd00:0:2:6::", "");
    memory_table_deinit(&table);
}

Test(memory, ipv6_prefix_beyond_64_counts_addresses)
{
    struct memory_table table;

    load(&table, HEADER "8988280600000000000,fd00::100/120,active,\n");
    expect_iccid(&table, "fd00::100", "8988280600000000000");
    expect_iccid(&table, "fd00::1ff", "8988280600000000255");
    expect_iccid(&table, "fd00::200", "");
    memory_table_deinit(&table);
}

Test(memory, everything_but_ipv4_is_in_the_ipv6_default_prefix)
{
    struct memory_table table;

    load(&table, HEADER "0000000000000000000000,::/0,active,\n");
    expect_iccid(&table, "ffff:ffff:ffff:ffff::", "0018446744073709551615");
    expect_iccid(&table, "::1", "0000000000000000000000");
    expect_iccid(&table, "10.0.0.1", "");
    memory_table_deinit(&table);
}

Test(memory, leading_zeros_and_22_digits)
{
    struct memory_table table;

    load(&table, HEADER "000000000000000099,10.0.0.0/24,active,000009\n"
                        "9999999999999999999744,10.0.1.0/24,active,\n");
    expect_iccid(&table, "10.0.0.1", "000000000000000100");
    cr_expect_str_eq(look_up(&table, "10.0.0.1").imsi, "000010");
    expect_iccid(&table, "10.0.1.255", "9999999999999999999999");
    memory_table_deinit(&table);
}

Test(memory, the_longest_prefix_wins)
{
    struct memory_table table;

    load(&table, HEADER "8988280601000000000,10.0.0.0/8,active,\n"
                        "8988280602000000000,10.1.2.3,inactive,\n"
                        "8988280603000000000,10.1.0.0/16,active,\n"
                        "8988280604000000000,10.0.0.0/16,active,\n");
    expect_iccid(&table, "10.9.0.1", "8988280601000589825");
    expect_iccid(&table, "10.1.2.4", "8988280603000000516");
    expect_iccid(&table, "10.1.2.3", "8988280602000000000");
    expect_iccid(&table, "10.0.0.5", "8988280604000000005");
    cr_expect_not(look_up(&table, "10.1.2.3").active);
    memory_table_deinit(&table);
}

Test(memory, a_file_without_rows_is_legal)
{
    struct memory_table table;

    load(&table, HEADER);
    expect_iccid(&table, "10.0.0.1", "");
    memory_table_deinit(&table);
}

Test(memory, an_address_twice)
{
    expect_refused(HEADER "8988280600000000001,10.0.0.1,active,\n"
                          "8988280600000000002,10.0.0.1/32,active,\n",
                   "F:3: column address: line 2 has the same: each is legal once");
    expect_refused(HEADER "8988280600000000000,10.0.0.0/24,active,\n"
                          "8988280610000000000,10.0.0.0/25,active,\n"
                          "8988280620000000000,10.0.0.0/24,active,\n",
                   "F:4: column address: line 2 has the same: each is legal once");
}

Test(memory, an_iccid_twice)
{
    expect_refused(HEADER "8988280600000000001,10.0.0.1,active,\n"
                          "8988280600000000001,10.0.0.2,active,\n",
                   "F:3: column iccid: line 2 has 8988280600000000001: "
                   "no device may have another's");
}

Test(memory, iccid_ranges_that_overlap)
{
    expect_refused(HEADER "8988280600000000255,10.0.0.1,active,\n"
                          "8988280600000000000,10.1.0.0/24,active,\n",
                   "F:3: column iccid: line 2 has 8988280600000000255: "
                   "no device may have another's");
    expect_refused(HEADER "8988280600000000000,10.1.0.0/16,active,\n"
                          "8988280600000000010,10.2.0.0/31,active,\n"
                          "8988280600000065535,10.3.0.0/31,active,\n",
                   "F:3: column iccid: line 2 has 8988280600000000000 to 8988280600000065535: "
                   "no device may have another's\n"
                   "F:4: column iccid: line 2 has 8988280600000000000 to 8988280600000065535: "
                   "no device may have another's");
}

Test(memory, iccids_that_only_touch_or_differ_in_length)
{
    struct memory_table table;

    load(&table, HEADER "8988280600000000000,10.1.0.0/24,active,\n"
                        "8988280600000000256,10.2.0.0/24,active,\n"
                        "08988280600000000000,10.3.0.0/24,active,\n"
                        "898828060000000000,10.4.0.0/24,active,\n");
    expect_iccid(&table, "10.2.0.0", "8988280600000000256");
    memory_table_deinit(&table);
}

Test(memory, numbers_that_overflow_their_digits)
{
    expect_refused(HEADER "9999999999999999745,10.0.0.0/24,active,999999\n",
                   "F:2: column iccid: 9999999999999999745 plus 255, the prefix's last offset, is "
                   "not legal: the sum must not have more digits\n"
                   "F:2: column imsi: 999999 plus 255, the prefix's last offset, is not legal: "
                   "the sum must not have more digits");
}

static int open_store(const char *url, struct store **store, char **error)
{
    const struct log log = log_to_stderr(LOG_ERROR);

    return store_open(store, &(struct store_settings){.url = url}, &log, error);
}

Test(memory, store_urls)
{
    static const struct {
        const char *url;
        int result;
        const char *error;
    } cases[] = {
        {"memory:", -EINVAL, "the memory store needs a file: legal is memory:FILE.csv"},
        {"memory:/nonexistent/d.csv", -ENOENT, "/nonexistent/d.csv: No such file or directory"},
        {"redis://:secret@h", -EINVAL,
         "user and password do not belong into the URL but into redis.username and redis.password "
         "or redis.password_file"},
        {"redis+unix:///s?x", -EINVAL, "behind the path only ?db=N may come"},
        {"d.csv", -EINVAL,
         "the scheme is unknown: legal are memory:FILE.csv, redis://HOST:PORT/DB and "
         "redis+unix:///PATH?db=N"},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        struct store *store;
        char *error;

        cr_expect_eq(open_store(cases[i].url, &store, &error), cases[i].result);
        cr_expect_eq((void *)store, NULL);
        cr_expect_str_eq(error, cases[i].error);
        free(error);
    }
}

Test(memory, range_addresses_and_offsets_are_inverse)
{
    static const char *const prefixes[] = {"10.0.0.0/8", "10.0.0.1", "fd00::/16", "fd00::/64",
                                           "fd00::/65",  "::/0",     "fd00::/128"};

    for (size_t i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++) {
        struct net_prefix prefix;
        uint8_t ip[16];
        uint64_t last;

        cr_assert(net_prefix_parse(&prefix, prefixes[i]));
        last = device_range_last(&prefix);
        device_range_address(&prefix, last, ip);
        cr_expect(net_prefix_contains(&prefix, ip), "%s", prefixes[i]);
        cr_expect_eq(device_range_offset(&prefix, ip), last, "%s", prefixes[i]);
    }
}
