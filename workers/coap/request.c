#include "workers/coap/request.h"

#define QUERY_MAX 255 /* RFC 7252 §5.10 */

static uint32_t value_of(const struct coap_option *o)
{
    struct cursor c = cursor_over(o->value, o->length);

    return cursor_uint(&c, o->length);
}

/* RFC 7959 §2.2 */
static struct coap_block read_block(const struct coap_option *o)
{
    uint32_t value = value_of(o);

    return (struct coap_block){
        .present = true, .more = value >> 3 & 1, .szx = value & 7, .number = value >> 4};
}

/* The longest legal value of the options that may come once, or -1 of those that we do not know. */
static int longest_value(uint16_t number)
{
    switch (number) {
    case COAP_OPTION_URI_HOST:
    case COAP_OPTION_PROXY_SCHEME:
        return 255;
    case COAP_OPTION_PROXY_URI:
        return 1034;
    case COAP_OPTION_URI_PORT:
    case COAP_OPTION_ACCEPT:
        return 2;
    case COAP_OPTION_BLOCK1:
    case COAP_OPTION_BLOCK2:
        return 3;
    case COAP_OPTION_SIZE1:
        return 4;
    case COAP_OPTION_NO_RESPONSE:
        return 1;
    default:
        return -1;
    }
}

static void add_segment(struct coap_request *r, const struct coap_option *o)
{
    if (o->length > 255) {
        r->bad_option = true;
        return;
    }
    if (r->path_count == COAP_REQUEST_SEGMENTS)
        return;
    r->path[r->path_count++] = (struct coap_text){.bytes = o->value, .length = o->length};
}

/* Options that may come once. A second one, or one of an illegal length, counts as one that we do
 * not know (RFC 7252 §5.4.3, §5.4.5): ignored when elective, an error when critical. */
static void read_single(struct coap_request *r, const struct coap_option *o, bool repeated)
{
    if (repeated || longest_value(o->number) < o->length) {
        r->bad_option |= o->number & 1;
        return;
    }
    switch (o->number) {
    case COAP_OPTION_ACCEPT:
        r->accept = (int32_t)value_of(o);
        break;
    case COAP_OPTION_BLOCK1:
        r->block1 = read_block(o);
        break;
    case COAP_OPTION_BLOCK2:
        r->block2 = read_block(o);
        break;
    case COAP_OPTION_SIZE1:
        r->size1 = value_of(o);
        break;
    case COAP_OPTION_NO_RESPONSE:
        r->no_response = (uint8_t)value_of(o);
        break;
    case COAP_OPTION_PROXY_URI:
    case COAP_OPTION_PROXY_SCHEME:
        r->proxying = true;
        break;
    default: /* Uri-Host and Uri-Port: any value is ours */
        break;
    }
}

void coap_request_read(struct coap_request *r, const struct coap_message *m)
{
    struct coap_options options = coap_message_options(m);
    struct coap_option o;
    int32_t previous = -1;

    *r = (struct coap_request){.accept = -1};
    for (; coap_option_next(&options, &o); previous = o.number) {
        if (o.number == COAP_OPTION_URI_PATH)
            add_segment(r, &o);
        else if (o.number == COAP_OPTION_URI_QUERY || o.number == COAP_OPTION_LOCATION_QUERY)
            r->query_too_long |= o.length > QUERY_MAX;
        else
            read_single(r, &o, previous == o.number);
    }
}
