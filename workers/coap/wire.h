/*
 * Every constant of CoAP on the wire, on one page.
 */
#ifndef SIMGATE_WORKERS_COAP_WIRE_H
#define SIMGATE_WORKERS_COAP_WIRE_H

#define COAP_VERSION        1
#define COAP_HEADER_SIZE    4
#define COAP_TOKEN_MAX      8
#define COAP_PAYLOAD_MARKER 0xff

/* RFC 7252 §3 */
enum coap_type { COAP_CON, COAP_NON, COAP_ACK, COAP_RST };

/* A code is three bits of class and five of detail (RFC 7252 §3). */
#define COAP_CODE(class, detail) ((class) << 5 | (detail))
#define COAP_CODE_CLASS(code)    ((code) >> 5)
#define COAP_CODE_DETAIL(code)   ((code)&0x1f)

enum coap_code {
    COAP_EMPTY = COAP_CODE(0, 0),
    COAP_GET = COAP_CODE(0, 1),
    COAP_POST = COAP_CODE(0, 2),
    COAP_PUT = COAP_CODE(0, 3),
    COAP_DELETE = COAP_CODE(0, 4),
    /* RFC 7252 §12.1.2 */
    COAP_CHANGED = COAP_CODE(2, 4),
    COAP_CONTENT = COAP_CODE(2, 5),
    COAP_CONTINUE = COAP_CODE(2, 31), /* RFC 7959 §2.9.1 */
    COAP_BAD_REQUEST = COAP_CODE(4, 0),
    COAP_UNAUTHORIZED = COAP_CODE(4, 1),
    COAP_BAD_OPTION = COAP_CODE(4, 2),
    COAP_FORBIDDEN = COAP_CODE(4, 3),
    COAP_NOT_FOUND = COAP_CODE(4, 4),
    COAP_METHOD_NOT_ALLOWED = COAP_CODE(4, 5),
    COAP_NOT_ACCEPTABLE = COAP_CODE(4, 6),
    COAP_REQUEST_ENTITY_INCOMPLETE = COAP_CODE(4, 8), /* RFC 7959 §2.9.2 */
    COAP_REQUEST_ENTITY_TOO_LARGE = COAP_CODE(4, 13),
    COAP_TOO_MANY_REQUESTS = COAP_CODE(4, 29), /* RFC 8516 */
    COAP_INTERNAL_SERVER_ERROR = COAP_CODE(5, 0),
    COAP_BAD_GATEWAY = COAP_CODE(5, 2),
    COAP_SERVICE_UNAVAILABLE = COAP_CODE(5, 3),
    COAP_GATEWAY_TIMEOUT = COAP_CODE(5, 4),
    COAP_PROXYING_NOT_SUPPORTED = COAP_CODE(5, 5),
};

/* RFC 7252 §12.2 and, where it says so, others. Odd numbers are critical (§5.4.6). */
enum coap_option_number {
    COAP_OPTION_URI_HOST = 3,
    COAP_OPTION_ETAG = 4,
    COAP_OPTION_URI_PORT = 7,
    COAP_OPTION_URI_PATH = 11,
    COAP_OPTION_CONTENT_FORMAT = 12,
    COAP_OPTION_MAX_AGE = 14,
    COAP_OPTION_URI_QUERY = 15,
    COAP_OPTION_ACCEPT = 17,
    COAP_OPTION_LOCATION_QUERY = 20,
    COAP_OPTION_BLOCK2 = 23, /* RFC 7959 §2.1 */
    COAP_OPTION_BLOCK1 = 27,
    COAP_OPTION_SIZE2 = 28, /* RFC 7959 §4 */
    COAP_OPTION_PROXY_URI = 35,
    COAP_OPTION_PROXY_SCHEME = 39,
    COAP_OPTION_SIZE1 = 60,
    COAP_OPTION_NO_RESPONSE = 258, /* RFC 7967 §2 */
};

/* RFC 7252 §12.3 */
enum coap_content_format {
    COAP_TEXT_PLAIN = 0,
    COAP_LINK_FORMAT = 40,
};

/* Seconds (RFC 7252 §4.8.2): how long a Message ID may still come back. */
#define COAP_EXCHANGE_LIFETIME 247
#define COAP_NON_LIFETIME      145

/* The largest block is 2^10 bytes; a size exponent of 7 is reserved (RFC 7959 §2.2). */
#define COAP_BLOCK_SZX_MAX 6

/* The largest message that we send: RFC 7252 §4.6. */
#define COAP_MESSAGE_MAX 1152

#endif
