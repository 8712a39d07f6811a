#include "storage/device_csv.h"
#include "tests/unit/storage/temp_file.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 8

struct reading {
    int result;
    unsigned count;
    struct device_row rows[ROWS_MAX];
    struct problems problems;
    char *text;
};

static int take(void *context, const struct device_row *row)
{
    struct reading *reading = context;

    if (reading->count == ROWS_MAX)
        return -E2BIG;
    reading->rows[reading->count++] = *row;
    return 0;
}

static struct reading *read_bytes(const char *text, size_t length)
{
    struct reading *reading = calloc(1, sizeof(*reading));
    struct temp_file file;

    cr_assert_eq(temp_file_write(&file, text, length), 0);
    cr_assert_eq(problems_init(&reading->problems, "F"), 0);
    reading->result = device_csv_read(file.path, take, reading, &reading->problems);
    reading->text = problems_take(&reading->problems);
    temp_file_remove(&file);
    return reading;
}

static struct reading *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static void done(struct reading *reading)
{
    problems_deinit(&reading->problems);
    free(reading->text);
    free(reading);
}

/* The file gives `rows` rows and exactly these problems. */
static void expect(const char *file, unsigned rows, const char *problems)
{
    struct reading *reading = read_text(file);

    cr_expect_eq(reading->result, 0);
    cr_expect_eq(reading->count, rows, "%u rows of %s", reading->count, file);
    cr_expect_str_eq(reading->text, problems);
    done(reading);
}

/* One value is put into the column of an otherwise flawless row. */
static bool accepts(const char *column, const char *value)
{
    char text[1024];
    struct reading *reading;
    bool accepted;

    snprintf(text, sizeof(text),
             "iccid,address,status,%s\n8988280666000002864,10.0.0.1,active,%s\n", column, value);
    reading = read_text(text);
    accepted = reading->result == 0 && reading->problems.count == 0 && reading->count == 1;
    done(reading);
    return accepted;
}

#define HEADER "iccid,address,status\n"
#define ROW    "8988280666000002864,10.0.0.1,active\n"

Test(device_csv, reads_every_column_in_any_order)
{
    struct reading *r =
        read_text("status,template,sample_time,source,latitude,longitude,location_allowed,"
                  "psk_format,psk,imsi,address,iccid\n"
                  "inactive,meter-2,1700000000,GPS,-52.520008,013.40,yes,hex,00112233445566fF,"
                  "901405100002864,10.1.0.0/16,8988280666000002864\n");
    const struct device_row *row = &r->rows[0];

    cr_assert_eq(r->count, 1, "%s", r->text);
    cr_expect_not(row->active);
    cr_expect(row->location_allowed);
    cr_expect(row->psk_is_hex);
    cr_expect_eq(row->line, 2);
    cr_expect_eq(row->address.bits, 96 + 16);
    cr_expect_str_eq(row->iccid, "8988280666000002864");
    cr_expect_str_eq(row->imsi, "901405100002864");
    cr_expect_str_eq(row->psk, "00112233445566fF");
    cr_expect_str_eq(row->location.longitude, "013.40", "kept as it was written");
    cr_expect_str_eq(row->location.latitude, "-52.520008");
    cr_expect_str_eq(row->location.source, "GPS");
    cr_expect_str_eq(row->location.sample_time, "1700000000");
    cr_expect_str_eq(row->template, "meter-2");
    done(r);
}

Test(device_csv, optional_columns_have_defaults)
{
    struct reading *r = read_text(HEADER ROW);

    cr_assert_eq(r->count, 1, "%s", r->text);
    cr_expect(r->rows[0].active);
    cr_expect_not(r->rows[0].location_allowed);
    cr_expect_not(r->rows[0].psk_is_hex);
    cr_expect_str_empty(r->rows[0].imsi);
    cr_expect_str_empty(r->rows[0].psk);
    done(r);
}

Test(device_csv, skips_mark_blank_lines_comments_and_takes_crlf)
{
    expect("\xef\xbb\xbf# a, \"comment\r\n\r\niccid,address,status\r\n\r\n#\r\n"
           "8988280666000002864,10.0.0.1,active\r\n\n8988280666000002865,10.0.0.2,active",
           2, "");
}

Test(device_csv, counts_lines_as_an_editor_does)
{
    expect("# one\n\n" HEADER "\n" ROW "x,10.0.0.1,active\n", 1,
           "F:6: column iccid: \"x\" is not legal: 18 to 22 digits are");
}

Test(device_csv, quoted_fields)
{
    struct reading *r =
        read_text("iccid,address,\"status\",psk\n"
                  "\"8988280666000002864\",10.0.0.1,active,\"say \"\"hello\"\"\"\n");

    cr_assert_eq(r->count, 1, "%s", r->text);
    cr_expect_str_eq(r->rows[0].psk, "say \"hello\"");
    done(r);
}

Test(device_csv, malformed_records_do_not_hide_the_next)
{
    expect(HEADER "\"8988\"1,10.0.0.1,active\n" ROW "8988\"1,10.0.0.1,active\n" ROW
                  "8988280666000002864,10.0.0.1\n" ROW "a,\"b\n\n",
           3,
           "F:2: something stands behind a closing quote\n"
           "F:4: a quote stands inside a field that does not begin with one\n"
           "F:6: 2 fields: the header names 3 columns\n"
           "F:8: a quote is not closed");
}

Test(device_csv, nul_byte_and_endless_record_are_errors)
{
    static const char nul[] = HEADER "89882806660000028\00064,10.0.0.1,active\n";
    static char endless[100001];
    struct reading *r = read_bytes(nul, sizeof(nul) - 1);

    cr_expect_str_eq(r->text, "F:2: the record has a NUL byte");
    done(r);
    memset(endless, 'a', sizeof(endless) - 1);
    endless[0] = '"';
    r = read_text(endless);
    cr_expect_eq(r->count, 0);
    cr_expect_neq((void *)strstr(r->text, "F:1: the record has more than 4096 bytes"), NULL);
    done(r);
}

Test(device_csv, header_errors)
{
    expect("", 0, "F: no header: the first line names the columns");
    expect("8988280666000002864,10.0.0.1,active,a-key-of-mine\n", 0,
           "F:1: no header: the first line names the columns");
    expect("iccid,status,iccid\n" ROW, 0,
           "F:1: column iccid: named twice: once is legal\n"
           "F:1: column address: missing: every file has it");
    expect("iccid,address,status,colour\n" ROW, 0,
           "F:1: there is no column \"colour\": legal are iccid, address, status, imsi, psk, "
           "psk_format, location_allowed, longitude, latitude, source, sample_time, template");
}

Test(device_csv, required_values)
{
    expect(HEADER ",,\n", 0,
           "F:2: column iccid: \"\" is not legal: 18 to 22 digits are\n"
           "F:2: column address: \"\" is not legal: an IPv4 or IPv6 address is, or a prefix such "
           "as 10.0.0.0/8 whose bits behind the length are 0\n"
           "F:2: column status: \"\" is not legal: active and inactive are");
    expect(HEADER "8988280666000002864,10.0.0.1/8,Active\n", 0,
           "F:2: column address: \"10.0.0.1/8\" is not legal: an IPv4 or IPv6 address is, or a "
           "prefix such as 10.0.0.0/8 whose bits behind the length are 0\n"
           "F:2: column status: \"Active\" is not legal: active and inactive are");
}

Test(device_csv, iccid_length)
{
    expect(HEADER "89882806660000028,10.0.0.1,active\n898828066600000286,10.0.0.1,active\n"
                  "8988280666000002864999,10.0.0.1,active\n89882806660000028649999,::1,active\n",
           2,
           "F:2: column iccid: \"89882806660000028\" is not legal: 18 to 22 digits are\n"
           "F:5: column iccid: \"89882806660000028649999\" is not legal: 18 to 22 digits are");
}

Test(device_csv, imsi_values)
{
    cr_expect(accepts("imsi", "123456"));
    cr_expect(accepts("imsi", "123456789012345"));
    cr_expect(accepts("imsi", ""));
    cr_expect_not(accepts("imsi", "12345"));
    cr_expect_not(accepts("imsi", "1234567890123456"));
    cr_expect_not(accepts("imsi", "12345a"));
}

Test(device_csv, coordinates)
{
    cr_expect(accepts("longitude,latitude", "180,-90"));
    cr_expect(accepts("longitude,latitude", "-180.000,90.0"));
    cr_expect(accepts("longitude,latitude", "0.5,-0"));
    cr_expect_not(accepts("longitude,latitude", "180.001,0"));
    cr_expect_not(accepts("longitude,latitude", "0,90.00000000000001"));
    cr_expect_not(accepts("longitude,latitude", "0,-91"));
    cr_expect_not(accepts("longitude,latitude", "1e2,0"));
    cr_expect_not(accepts("longitude,latitude", ".5,0"));
    cr_expect_not(accepts("longitude,latitude", "5.,0"));
    cr_expect_not(accepts("longitude,latitude", "+5,0"));
    cr_expect_not(accepts("longitude,latitude", "1.5.5,0"));
    cr_expect_not(accepts("longitude,latitude", "0x5,0"));
    cr_expect_not(accepts("longitude,latitude", "5,"), "one without the other");
}

Test(device_csv, words_and_numbers)
{
    cr_expect(accepts("location_allowed", "no"));
    cr_expect(accepts("location_allowed", "1"));
    cr_expect_not(accepts("location_allowed", "maybe"));
    cr_expect(accepts("source", "GPS"));
    cr_expect_not(accepts("source", "two words"));
    cr_expect_not(accepts("source", "0123456789abcdef"));
    cr_expect(accepts("sample_time", "1700000000"));
    cr_expect_not(accepts("sample_time", "-1"));
    cr_expect_not(accepts("sample_time", "1234567890123"));
    cr_expect(accepts("template", "meter_v2.1"));
    cr_expect_not(accepts("template", "a/b"));
}

Test(device_csv, psk_as_text)
{
    char longest[DEVICE_PSK_TEXT_MAX + 2];

    memset(longest, 'k', sizeof(longest));
    longest[DEVICE_PSK_TEXT_MAX] = 0;
    cr_expect(accepts("psk", longest));
    longest[DEVICE_PSK_TEXT_MAX] = 'k';
    longest[DEVICE_PSK_TEXT_MAX + 1] = 0;
    cr_expect_not(accepts("psk", longest));
    cr_expect(accepts("psk", "12345 78"));
    cr_expect_not(accepts("psk", "1234567"));
    cr_expect_not(accepts("psk", "\"1234,5678\""));
    cr_expect_not(accepts("psk", "12345\t678"));
    cr_expect_not(accepts("psk", "1234567\xc3\xa9"));
    cr_expect_not(accepts("psk_format", "base64"));
}

Test(device_csv, psk_as_hex_wherever_its_format_stands)
{
    char longest[DEVICE_PSK_HEX_MAX + 3];

    cr_expect(accepts("psk,psk_format", "0011223344556677,hex"));
    cr_expect(accepts("psk_format,psk", "hex,0011223344556677"));
    cr_expect_not(accepts("psk_format,psk", "hex,00112233445566"), "7 bytes");
    cr_expect_not(accepts("psk_format,psk", "hex,00112233445566778"), "half a byte");
    cr_expect_not(accepts("psk_format,psk", "hex,001122334455667g"));
    memset(longest, 0, sizeof(longest));
    memset(longest, 'a', DEVICE_PSK_HEX_MAX);
    cr_expect(accepts("psk_format,psk", strcat((char[512]){"hex,"}, longest)), "128 bytes");
}

Test(device_csv, a_wrong_psk_is_not_shown)
{
    expect("iccid,address,status,psk\n8988280666000002864,10.0.0.1,active,secret\n", 0,
           "F:2: column psk: the value is not legal: "
           "8 to 256 printable ASCII characters without a comma are");
}

Test(device_csv, many_problems_are_counted)
{
    char text[2048] = HEADER;
    struct reading *r;

    for (int i = 0; i < 23; i++)
        strcat(text, "1,10.0.0.1,active\n");
    r = read_text(text);
    cr_expect_eq(r->problems.count, 23);
    cr_expect_neq((void *)strstr(r->text, "\nF:21: column iccid"), NULL, "%s", r->text);
    cr_expect_eq((void *)strstr(r->text, "F:22:"), NULL);
    cr_expect_str_eq(strrchr(r->text, '\n'), "\nand 3 more");
    done(r);
}

Test(device_csv, the_taker_can_end_it)
{
    char text[1024] = HEADER;
    struct reading *r;

    for (int i = 0; i <= ROWS_MAX; i++)
        strcat(text, ROW);
    r = read_text(text);
    cr_expect_eq(r->result, -E2BIG);
    done(r);
}

Test(device_csv, a_file_that_cannot_be_read)
{
    struct problems problems;

    cr_assert_eq(problems_init(&problems, "F"), 0);
    cr_expect_eq(device_csv_read("/nonexistent/devices.csv", take, NULL, &problems), -ENOENT);
    cr_expect_eq(device_csv_read("/tmp", take, NULL, &problems), -EISDIR);
    problems_deinit(&problems);
}
