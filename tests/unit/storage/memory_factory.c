#include "tests/unit/storage/memory_factory.h"

#include "base/log.h"
#include "tests/unit/storage/temp_file.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

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
    char *text = as_csv(devices, count, &length), *error = NULL, url[80], state[80];
    struct store_settings settings = {.url = url};
    struct temp_file file;
    struct store *store = NULL;

    if (temp_file_write(&file, text, length) == 0) {
        snprintf(url, sizeof(url), "memory:%s", file.path);
        snprintf(state, sizeof(state), "%s.state", file.path);
        close(open(state, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
        if (store_open(&store, &settings, &log, &error) != 0)
            fprintf(stderr, "%s\n", error);
        unlink(state); /* the store has it open, and nobody else needs it */
    }
    temp_file_remove(&file);
    free(text);
    free(error);
    return store;
}

const struct store_factory memory_factory = {.open = open_memory};
