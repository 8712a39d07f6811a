#include "storage/redis/locations.h"

void redis_location_find(struct store_session *session, const char *iccid, store_location_fn *done,
                         void *context)
{
    done(context, STORE_ABSENT, NULL);
}

void redis_location_set(struct store_session *session, const char *iccid,
                        const struct location *location)
{
}
