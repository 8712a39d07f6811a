#include "storage/store.h"

#include "storage/memory.h"
#include "storage/redis/redis_store.h"

#include <errno.h>
#include <string.h>

#define ERRORS "simgate_store_errors_total"

const struct counter_description store_counters[STORE_COUNTERS] = {
    [STORE_CONNECTS] = {"simgate_store_connects_total", "", "Connections to the store."},
    [STORE_DISCONNECTS] = {"simgate_store_disconnects_total", "", "Of these, the ones that broke."},
    [STORE_SESSIONS_UP] = {"simgate_store_connections", "",
                           "Workers whose connection to the store is up.", COUNTER_GAUGE},
    [STORE_COMMANDS] = {"simgate_store_commands_total", "", "Commands that the store was sent."},
    [STORE_IN_FLIGHT] = {"simgate_store_commands_in_flight", "",
                         "Commands that the store has not answered yet.", COUNTER_GAUGE},
    [STORE_ERRORS_REFUSED] = {ERRORS, "reason=\"refused\"",
                              "Questions that the store did not answer, by reason."},
    [STORE_ERRORS_TIMED_OUT] = {ERRORS, "reason=\"timed_out\""},
    [STORE_ERRORS_OVERLOADED] = {ERRORS, "reason=\"overloaded\""},
    [STORE_ERRORS_UNREACHABLE] = {ERRORS, "reason=\"unreachable\""},
    [STORE_CHANGES] = {"simgate_store_changes_total", "",
                       "Changes of devices, addresses and templates that the store told of."},
    [STORE_DOUBTS] =
        {"simgate_store_doubts_total", "",
         "Times that changes may have gone unnoticed, so that all is looked up again."},
    [STORE_OUTCOMES_LOST] = {"simgate_store_outcomes_lost_total", "",
                             "Outcomes of exchanges that did not reach the store: another gateway "
                             "may publish a late repeat again."},
};

/* What is behind the scheme, or NULL when the URL has another. */
static const char *behind(const char *url, const char *scheme)
{
    size_t length = strlen(scheme);

    return strncmp(url, scheme, length) == 0 ? url + length : NULL;
}

/* The URL itself is not repeated: it may have a password in it. */
static int refuse(char **error, const char *what)
{
    *error = strdup(what);
    return -EINVAL;
}

int store_open(struct store **store, const struct store_settings *settings, const struct log *log,
               char **error)
{
    const char *url = settings->url;
    const char *path = behind(url, "memory:");

    *store = NULL;
    if (redis_url_is_one(url))
        return redis_store_open(store, settings, log, error);
    if (!path)
        return refuse(error, "the scheme is unknown: legal are memory:FILE.csv, "
                             "redis://HOST:PORT/DB and redis+unix:///PATH?db=N");
    if (!*path)
        return refuse(error, "the memory store needs a file: legal is memory:FILE.csv");
    return memory_store_open(store, path, log, error);
}
