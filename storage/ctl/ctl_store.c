#include "storage/ctl/ctl_store.h"

#include "base/writer.h"
#include "storage/ctl/ctl.h"
#include "storage/ctl/memory_devices.h"
#include "storage/memory_files.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int ctl_store_open(struct ctl_store *s, const struct ctl_arguments *a)
{
    const char *url = ctl_option_value(a, OPTION_STORE);

    *s = (struct ctl_store){.locations = &ctl_redis_locations, .templates = &ctl_redis_templates};
    if (redis_url_is_one(url))
        return ctl_connection_open(&s->connection, a);
    *s = (struct ctl_store){.locations = &ctl_memory_locations,
                            .templates = &ctl_memory_templates,
                            .path = ctl_memory_path(a)};
    if (!s->path)
        return CTL_USAGE;
    /* or a wrong name would get templates beside a file that is not there */
    if (access(s->path, R_OK) == 0)
        return CTL_OK;
    fprintf(stderr, "%s: %s\n", s->path, strerror(errno));
    return CTL_NO;
}

void ctl_store_keep_active(char active[CTL_ACTIVE_MAX], const struct template_text *text)
{
    struct writer w = writer_over(active, CTL_ACTIVE_MAX);
    size_t length = text->length < CTL_ACTIVE_MAX ? text->length : CTL_ACTIVE_MAX - 1;

    for (size_t i = 0; i < length; i++)
        writer_u8(&w, isgraph((unsigned char)text->bytes[i]) ? (uint8_t)text->bytes[i] : '?');
    if (text->is_other)
        writer_u8(&w, '?');
    writer_terminate(&w);
}

void ctl_store_tell(const struct ctl_store *s, const char *name, const char *what)
{
    printf("%s %s\n", name, what);
    if (s->path)
        ctl_memory_note();
}

int ctl_store_complain(int error, char *text)
{
    fprintf(stderr, "%s\n", text ? text : strerror(-error));
    free(text);
    return error == -EINVAL || error == -ENOENT || error == -EEXIST ? CTL_NO : CTL_STORE;
}

void ctl_store_close(struct ctl_store *s)
{
    ctl_connection_close(&s->connection);
    if (s->files)
        memory_files_deinit(s->files);
    if (s->loaded)
        memory_templates_deinit(s->loaded);
    free(s->files);
    free(s->loaded);
}
