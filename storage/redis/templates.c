#include "storage/redis/templates.h"

void redis_template_find(struct store_session *session, uint16_t number, store_template_fn *done,
                         void *context)
{
    done(context, STORE_ABSENT, NULL);
}
