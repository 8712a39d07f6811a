#include "storage/memory_rewrite.h"

#include "storage/csv.h"

#include <errno.h>
#include <string.h>

struct rewriting {
    const struct memory_rewrite *change;
    struct csv_reader reader;
    FILE *from; /* the file once more, for its bytes */
    FILE *to;
    uint64_t copied; /* bytes of `from` that are dealt with */
    const char *ending;
    unsigned count; /* of the file's columns */
    enum device_column columns[CSV_FIELDS_MAX];
    uint32_t missing; /* bits of columns that are added */
};

static void format_address(const struct net_prefix *p, char text[MEMORY_REWRITE_TEXT])
{
    char address[NET_ADDRESS_TEXT];

    net_ip_format(p->ip, address);
    if (p->bits == 128)
        snprintf(text, MEMORY_REWRITE_TEXT, "%s", address);
    else
        snprintf(text, MEMORY_REWRITE_TEXT, "%s/%d", address,
                 p->bits - (net_ip_is_v4(p->ip) ? 96 : 0));
}

void memory_rewrite_text(const struct device_row *row, enum device_column column,
                         char text[MEMORY_REWRITE_TEXT])
{
    const char *const values[DEVICE_COLUMNS] = {
        [DEVICE_COLUMN_ICCID] = row->iccid,
        [DEVICE_COLUMN_STATUS] = row->active ? "active" : "inactive",
        [DEVICE_COLUMN_IMSI] = row->imsi,
        [DEVICE_COLUMN_PSK] = row->psk,
        [DEVICE_COLUMN_PSK_FORMAT] = *row->psk && row->psk_is_hex ? "hex" : "",
        [DEVICE_COLUMN_LOCATION_ALLOWED] = row->location_allowed ? "yes" : "no",
        [DEVICE_COLUMN_LONGITUDE] = row->location.longitude,
        [DEVICE_COLUMN_LATITUDE] = row->location.latitude,
        [DEVICE_COLUMN_SOURCE] = row->location.source,
        [DEVICE_COLUMN_SAMPLE_TIME] = row->location.sample_time,
        [DEVICE_COLUMN_TEMPLATE] = row->template,
    };

    if (column == DEVICE_COLUMN_ADDRESS)
        format_address(&row->address, text);
    else
        memcpy(text, values[column], strlen(values[column]) + 1);
}

/* Which columns the file has, and which it lacks for the row. */
static void read_header(struct rewriting *w)
{
    uint32_t seen = 0;

    w->count = w->reader.count;
    for (unsigned i = 0; i < w->count; i++) {
        unsigned column = 0;

        while (column < DEVICE_COLUMNS - 1 &&
               strcmp(w->reader.fields[i], device_column_name(column)) != 0)
            column++;
        w->columns[i] = column;
        seen |= DEVICE_COLUMN_BIT(column);
    }
    for (unsigned i = 0; w->change && w->change->row && i < DEVICE_COLUMNS; i++) {
        uint32_t bit = DEVICE_COLUMN_BIT(i);
        char text[MEMORY_REWRITE_TEXT];

        memory_rewrite_text(w->change->row, i, text);
        if ((w->change->columns & bit) && !(seen & bit) && *text &&
            (i != DEVICE_COLUMN_LOCATION_ALLOWED || w->change->row->location_allowed))
            w->missing |= bit;
    }
}

static int copy_until(struct rewriting *w, uint64_t offset)
{
    char bytes[65536];

    while (w->copied < offset) {
        uint64_t left = offset - w->copied;
        size_t wanted = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
        size_t got = fread(bytes, 1, wanted, w->from);

        if (got == 0)
            return ferror(w->from) ? -errno : -EIO; /* it became shorter */
        if (fwrite(bytes, 1, got, w->to) != got)
            return -errno;
        w->copied += got;
    }
    return 0;
}

static int skip_until(struct rewriting *w, uint64_t offset)
{
    w->copied = offset;
    return fseeko(w->from, (off_t)offset, SEEK_SET) < 0 ? -errno : 0;
}

/* The row as it is to be: what it had, where that does not change. `fields` may be NULL. */
static void write_record(struct rewriting *w, const char *const *fields)
{
    char text[MEMORY_REWRITE_TEXT];

    for (unsigned i = 0; i < w->count; i++) {
        bool changes = w->change->columns & DEVICE_COLUMN_BIT(w->columns[i]);

        if (changes)
            memory_rewrite_text(w->change->row, w->columns[i], text);
        fputs(i ? "," : "", w->to);
        csv_field_write(w->to, changes ? text : fields ? fields[i] : "");
    }
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (w->missing & DEVICE_COLUMN_BIT(i)) {
            memory_rewrite_text(w->change->row, i, text);
            fputc(',', w->to);
            csv_field_write(w->to, text);
        }
    explicit_bzero(text, sizeof(text));
}

static int rewrite_header(struct rewriting *w)
{
    int error = copy_until(w, w->reader.end);

    w->ending = w->reader.width == 2 ? "\r\n" : "\n";
    for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
        if (w->missing & DEVICE_COLUMN_BIT(i))
            fprintf(w->to, ",%s", device_column_name(i));
    return error;
}

static int rewrite_record(struct rewriting *w)
{
    const struct csv_reader *r = &w->reader;
    int error;

    if (r->line != w->change->line) {
        error = w->missing ? copy_until(w, r->end) : 0;
        for (unsigned i = 0; i < DEVICE_COLUMNS; i++)
            if (w->missing & DEVICE_COLUMN_BIT(i))
                fputc(',', w->to);
        return error;
    }
    error = copy_until(w, r->begin);
    if (error)
        return error;
    if (!w->change->row)
        return skip_until(w, r->offset);
    write_record(w, r->fields);
    return skip_until(w, r->end);
}

/* Adds the row behind the last line, which may not be ended. */
static int add_record(struct rewriting *w)
{
    if (fseeko(w->from, -1, SEEK_END) < 0)
        return -errno;
    if (fgetc(w->from) != '\n')
        fputs(w->ending, w->to);
    write_record(w, NULL);
    fputs(w->ending, w->to);
    return 0;
}

static int rewrite(struct rewriting *w)
{
    int result = csv_next(&w->reader);

    if (result != CSV_RECORD)
        return result < 0 ? result : -EINVAL;
    read_header(w);
    result = rewrite_header(w);
    while (result == 0 && (result = csv_next(&w->reader)) == CSV_RECORD)
        result = rewrite_record(w);
    if (result == CSV_END)
        result = copy_until(w, w->reader.offset);
    if (result == 0 && !w->change->line)
        result = add_record(w);
    return result > 0 ? -EINVAL : result;
}

int memory_rewrite_run(const struct memory_rewrite *change, const char *path, FILE *to)
{
    struct rewriting w = {.change = change, .to = to, .from = fopen(path, "re")};
    int error = w.from ? csv_open(&w.reader, path) : -errno;

    if (!error)
        error = rewrite(&w);
    csv_close(&w.reader);
    if (w.from)
        fclose(w.from);
    return error;
}

int memory_rewrite_read(const char *path, uint32_t line, struct device_row *row)
{
    struct rewriting w = {.change = NULL};
    int result = csv_open(&w.reader, path);

    *row = (struct device_row){.line = line};
    if (result == 0)
        result = csv_next(&w.reader);
    if (result == CSV_RECORD)
        read_header(&w);
    while (result == CSV_RECORD && w.reader.line != line)
        result = csv_next(&w.reader);
    for (unsigned i = 0; result == CSV_RECORD && i < w.reader.count && i < w.count; i++)
        device_row_read(row, w.columns[i], w.reader.fields[i]);
    csv_close(&w.reader);
    return result < 0 ? result : result == CSV_RECORD ? 0 : -ENOENT;
}
