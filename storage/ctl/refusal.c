#include "storage/ctl/refusal.h"

#include <stddef.h>
#include <string.h>

struct refusal {
    const char *begins;
    const char *explanation;
};

static const struct refusal refusals[] = {
    {"WRONGPASS", "the user name or the password is wrong"},
    {"NOAUTH", "it wants a password: --password-file FILE, or SIMGATE_REDIS_PASSWORD"},
    {"NOPERM", "its user lacks a right: docs/redis.md has those that simgatectl needs"},
    {"ERR The user executing the script",
     "its user lacks a right: docs/redis.md has those that simgatectl needs"},
    {"ERR unknown command 'HELLO'", "it is too old: simgate needs Redis 7.0 or newer"},
    {"ERR unknown command `HELLO`", "it is too old: simgate needs Redis 7.0 or newer"},
    {"ERR DB index is out of range", "it has no database with this number"},
    {"ERR max number of clients", "it has as many connections as it takes"},
    {"DENIED", "it runs in protected mode: only its own host may use it without a password"},
    {"LOADING", "it is still reading its data: try again shortly"},
    {"BUSY", "it is busy with somebody's script"},
    {"READONLY", "it is a replica, which takes no changes: use the primary"},
    {"MASTERDOWN", "it is a replica that has lost its primary"},
    {"NOREPLICAS", "it has fewer replicas than its configuration demands"},
    {"MISCONF", "it cannot save its data, and takes no changes until it can"},
    {"OOM", "its memory is full: raise maxmemory"},
    {"WRONGTYPE", "a key has another type than docs/redis.md says"},
    {"NOSCRIPT", "somebody just removed its scripts: try again"},
};

const char *refusal_explain(const char *error)
{
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
        if (strncmp(error, refusals[i].begins, strlen(refusals[i].begins)) == 0)
            return refusals[i].explanation;
    return NULL;
}
