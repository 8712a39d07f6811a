#include "tests/unit/storage/memory_factory.h"

#include "base/log.h"
#include "tests/unit/storage/temp_file.h"

#include <stdio.h>
#include <stdlib.h>

static char *as_csv(const struct conformance_device *devices, size_t count, size_t *length)
{
    char *text = NULL;
    FILE *stream = open_memstream(&text, length);

    fputs("iccid,address,status,imsi,location_allowed\n", stream);
    for (size_t i = 0; i < count; i++) {
        const struct device *d = &devices[i].device;

        fprintf(stream, "%s,%s,%s,%s,%s\n", d->iccid, devices[i].address,
                d->active ? "active" : "inactive", d->imsi, d->location_allowed ? "yes" : "no");
    }
    fclose(stream);
    return text;
}

static struct store *open_memory(const struct conformance_device *devices, size_t count)
{
    const struct log log = log_to_stderr(LOG_ERROR);
    size_t length;
    char *text = as_csv(devices, count, &length), *error = NULL, url[80];
    struct store_settings settings = {.url = url};
    struct temp_file file;
    struct store *store = NULL;

    if (temp_file_write(&file, text, length) == 0) {
        snprintf(url, sizeof(url), "memory:%s", file.path);
        if (store_open(&store, &settings, &log, &error) != 0)
            fprintf(stderr, "%s\n", error);
    }
    temp_file_remove(&file);
    free(text);
    free(error);
    return store;
}

const struct store_factory memory_factory = {.open = open_memory};
