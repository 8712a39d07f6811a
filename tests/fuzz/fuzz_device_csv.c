/*
 * Any bytes as a devices' file, and as JSON lines: every row that is taken is flawless, and a store
 * that opens with the file finds each row's devices by their addresses.
 */
#include "base/log.h"
#include "storage/device_csv.h"
#include "storage/device_jsonl.h"
#include "storage/device_range.h"
#include "storage/memory.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/input_file.h"

#include <string.h>
#include <uv.h>

/* A larger file is slow and no more interesting. */
#define LENGTH_MAX 8192

static void check_digits(const char *text, size_t least, size_t most)
{
    CHECK(strlen(text) >= least && strlen(text) <= most);
    CHECK(strspn(text, "0123456789") == strlen(text));
}

static int check_row(void *context, const struct device_row *row)
{
    uint64_t *rows = context;

    check_digits(row->iccid, DEVICE_ICCID_MIN, DEVICE_ICCID_MAX);
    check_digits(row->imsi, 0, DEVICE_IMSI_MAX);
    CHECK(row->line > 0);
    CHECK(row->address.bits <= 128);
    CHECK(row->address_count <= DEVICE_ADDRESSES_MAX);
    CHECK(row->address_count < 2 || row->address.bits == 128);
    CHECK(strlen(row->psk) <= DEVICE_PSK_TEXT_MAX);
    CHECK(strlen(row->template) <= TEMPLATE_NAME_MAX);
    CHECK(!*row->location.longitude || location_is_legal(&row->location));
    CHECK(!row->psk_is_hex || strlen(row->psk) % 2 == 0);
    ++*rows;
    return 0;
}

static void check_found(void *context, enum store_result result, const struct device *device)
{
    const struct device **found = context;

    CHECK(result == STORE_OK || result == STORE_ABSENT);
    CHECK((result == STORE_OK) == (device != NULL));
    if (device)
        check_digits(device->iccid, DEVICE_ICCID_MIN, DEVICE_ICCID_MAX);
    *found = device;
}

/* The first and the last device of a row are there, whichever row rules their addresses. */
static int look_up_row(void *context, const struct device_row *row)
{
    struct store_session *session = context;
    const struct device *found = NULL;
    uint8_t ip[16];

    store_device_by_address(session, row->address.ip, check_found, &found);
    CHECK(found);
    device_range_address(&row->address, device_range_last(&row->address), ip);
    store_device_by_address(session, ip, check_found, &found);
    CHECK(found);
    return 0;
}

static void look_up_rows(struct store *store, const char *path)
{
    const struct store_observer nobody = {.context = NULL}; /* nothing is told: no loop runs */
    struct store_session *session;
    struct problems problems;
    uv_loop_t loop;

    CHECK(uv_loop_init(&loop) == 0);
    session = store_session_open(store, &loop, &nobody);
    CHECK(session && problems_init(&problems, "input") == 0);
    CHECK(device_csv_read(path, look_up_row, session, &problems) == 0);
    CHECK(problems.count == 0);
    problems_deinit(&problems);
    store_session_close(session);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
}

static void open_store(const char *path, uint64_t problems)
{
    const struct log quiet = {.level = LOG_ERROR, .fd = -1};
    struct store *store;
    char *error;
    int result = memory_store_open(&store, path, &quiet, &error);

    CHECK((result == 0) == (store != NULL));
    CHECK(result != 0 || problems == 0);
    if (store)
        look_up_rows(store, path);
    store_close(store);
    free(error);
}

/* As simgatectl reads a file that it imports, in both formats. */
static void read_for_import(const char *path)
{
    struct problems problems;
    uint64_t rows = 0;
    const struct device_reading reading = {.any_addresses = true,
                                           .from_line = 1,
                                           .take = check_row,
                                           .context = &rows,
                                           .problems = &problems};

    CHECK(problems_init(&problems, "input") == 0);
    device_csv_read_as(path, &reading);
    device_jsonl_read(path, &reading);
    problems_deinit(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    struct problems problems;
    uint64_t rows = 0, found;
    const char *path;

    if (length > LENGTH_MAX)
        return 0;
    path = input_file_write(bytes, length);
    CHECK(problems_init(&problems, "input") == 0);
    device_csv_read(path, check_row, &rows, &problems);
    found = problems.count;
    problems_deinit(&problems);
    open_store(path, found);
    read_for_import(path);
    return 0;
}
