#include "storage/ctl/redis_keys.h"

#include "base/writer.h"
#include "storage/redis/keys.h"

#include <hiredis/hiredis.h>
#include <string.h>

#define PAGE "1000" /* keys that Redis looks at for one */

/* Every key of the kind, with what a pattern gives a meaning escaped. */
static void make_pattern(char pattern[2 * REDIS_KEY_MAX], const char *prefix, const char *kind)
{
    struct writer w = writer_over(pattern, 2 * REDIS_KEY_MAX);

    for (const char *c = prefix; *c; c++) {
        if (strchr("*?[]\\^", *c))
            writer_u8(&w, '\\');
        writer_u8(&w, (uint8_t)*c);
    }
    writer_text(&w, kind);
    writer_literal(&w, "*");
    writer_terminate(&w);
}

static bool are_keys(const redisReply *keys, size_t shortest)
{
    if (keys->type != REDIS_REPLY_ARRAY)
        return false;
    for (size_t i = 0; i < keys->elements; i++)
        if (keys->element[i]->type != REDIS_REPLY_STRING || keys->element[i]->len < shortest)
            return false;
    return true;
}

/* The two parts of an answer to SCAN. */
static bool is_page(const redisReply *reply, size_t shortest)
{
    return reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
           reply->element[0]->type == REDIS_REPLY_STRING && reply->element[0]->len < 32 &&
           are_keys(reply->element[1], shortest);
}

bool redis_keys(struct ctl_connection *c, const char *kind, redis_keys_fn *take, void *context)
{
    char pattern[2 * REDIS_KEY_MAX], cursor[32] = "0";
    const char *words[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", PAGE};
    redisReply *page;
    bool fine;

    make_pattern(pattern, c->prefix, kind);
    do {
        page = ctl_connection_ask(c, 6, words);
        if (!page)
            return false;
        fine = is_page(page, strlen(c->prefix) + strlen(kind));
        if (fine) {
            memcpy(cursor, page->element[0]->str, page->element[0]->len + 1);
            fine = take(context, page->element[1]);
        } else {
            ctl_connection_complain_unexpected(c);
        }
        freeReplyObject(page);
    } while (fine && strcmp(cursor, "0") != 0);
    return fine;
}
