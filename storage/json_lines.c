#include "storage/json_lines.h"

#include <errno.h>
#include <string.h>

int json_lines_open(struct json_lines *j, const char *path)
{
    j->line = 0;
    j->read_error = 0;
    j->file = fopen(path, "re");
    return j->file ? 0 : -errno;
}

void json_lines_close(struct json_lines *j)
{
    if (j->file)
        fclose(j->file);
    j->file = NULL;
}

/* The first error of a line is the one to tell. */
static bool fail(struct json_lines *j, const char *error)
{
    if (!j->error)
        j->error = error;
    return false;
}

/* The next byte, without taking it; -1 at the end. */
static int peek(const struct json_lines *j)
{
    struct cursor c = j->at;

    return cursor_left(&c) ? cursor_u8(&c) : -1;
}

static int skip_blanks(struct json_lines *j)
{
    int c = peek(j);

    while (c == ' ' || c == '\t' || c == '\r') {
        cursor_u8(&j->at);
        c = peek(j);
    }
    return c;
}

/* Takes this byte if it comes next. */
static bool passes(struct json_lines *j, char byte)
{
    if (skip_blanks(j) != byte)
        return false;
    cursor_u8(&j->at);
    return true;
}

/* Takes this word if it comes next. */
static bool passes_word(struct json_lines *j, const char *word)
{
    struct cursor c = j->at;
    size_t length = strlen(word);

    if (cursor_left(&c) < length || memcmp(cursor_bytes(&c, length), word, length) != 0)
        return false;
    j->at = c;
    return true;
}

/* The four digits of \uXXXX. False when they are none. */
static bool read_unit(struct json_lines *j, uint32_t *unit)
{
    static const char digits[] = "0123456789abcdefABCDEF";

    *unit = 0;
    for (unsigned i = 0; i < 4; i++) {
        uint8_t c = cursor_u8(&j->at);
        const char *digit = c ? strchr(digits, c) : NULL;

        if (!digit)
            return fail(j, "\\u without four hexadecimal digits");
        *unit = *unit * 16 + (uint32_t)(digit - digits - (digit - digits > 15 ? 6 : 0));
    }
    return true;
}

/* Writes a character in UTF-8 (RFC 3629 §3). */
static void put_character(struct json_lines *j, uint32_t c)
{
    if (c < 0x80) {
        writer_u8(&j->text, (uint8_t)c);
        return;
    }
    if (c < 0x800) {
        writer_u8(&j->text, (uint8_t)(0xc0 | c >> 6));
    } else {
        if (c < 0x10000) {
            writer_u8(&j->text, (uint8_t)(0xe0 | c >> 12));
        } else {
            writer_u8(&j->text, (uint8_t)(0xf0 | c >> 18));
            writer_u8(&j->text, (uint8_t)(0x80 | (c >> 12 & 0x3f)));
        }
        writer_u8(&j->text, (uint8_t)(0x80 | (c >> 6 & 0x3f)));
    }
    writer_u8(&j->text, (uint8_t)(0x80 | (c & 0x3f)));
}

/* What stands behind \u: a character, or the first half of one (RFC 8259 §7). */
static bool read_escaped_unit(struct json_lines *j)
{
    uint32_t unit, second;

    if (!read_unit(j, &unit))
        return false;
    if (unit == 0)
        return fail(j, "a NUL in a text");
    if (unit >= 0xd800 && unit < 0xdc00) {
        if (!passes_word(j, "\\u") || !read_unit(j, &second) || second < 0xdc00 || second > 0xdfff)
            return fail(j, "half a character in a text");
        unit = 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00);
    } else if (unit >= 0xdc00 && unit < 0xe000) {
        return fail(j, "half a character in a text");
    }
    put_character(j, unit);
    return true;
}

/* What stands behind a backslash. */
static bool read_escaped(struct json_lines *j)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint8_t c = cursor_u8(&j->at);
    const char *letter = c ? strchr(letters, c) : NULL;

    if (c == 'u')
        return read_escaped_unit(j);
    if (!letter)
        return fail(j, "an unknown letter behind a backslash");
    writer_u8(&j->text, (uint8_t)meanings[letter - letters]);
    return true;
}

/* A text, whose first quote is taken, without a NUL at its end. */
static bool read_text(struct json_lines *j)
{
    for (;;) {
        uint8_t c = cursor_u8(&j->at);

        if (j->at.failed)
            return fail(j, "a text is not closed");
        if (c == '"')
            return true;
        if (c < ' ')
            return fail(j, "a control character in a text");
        if (c != '\\')
            writer_u8(&j->text, c);
        else if (!read_escaped(j))
            return false;
    }
}

/* A run of digits is copied. False when there is none. */
static bool read_digits(struct json_lines *j)
{
    unsigned count = 0;

    for (int c = peek(j); c >= '0' && c <= '9'; c = peek(j), count++)
        writer_u8(&j->text, cursor_u8(&j->at));
    return count > 0 || fail(j, "no legal value");
}

/* RFC 8259 §6. */
static bool read_number(struct json_lines *j)
{
    bool is_zero;
    int c;

    if (peek(j) == '-')
        writer_u8(&j->text, cursor_u8(&j->at));
    is_zero = peek(j) == '0';
    if (is_zero)
        writer_u8(&j->text, cursor_u8(&j->at));
    else if (!read_digits(j))
        return false;
    c = peek(j);
    if (is_zero && c >= '0' && c <= '9')
        return fail(j, "a number with a zero in front");
    if (c == '.') {
        writer_u8(&j->text, cursor_u8(&j->at));
        if (!read_digits(j))
            return false;
        c = peek(j);
    }
    if (c == 'e' || c == 'E')
        return fail(j, "a number with an exponent");
    return true;
}

/* An array of texts, whose bracket is taken. */
static bool read_array(struct json_lines *j)
{
    if (passes(j, ']'))
        return true;
    do {
        size_t before = writer_length(&j->text), after;

        if (!passes(j, '"'))
            return fail(j, "an array has something other than texts");
        if (!read_text(j))
            return false;
        after = writer_length(&j->text);
        if (after == before || memchr(j->texts + before, ',', after - before))
            return fail(j, "an array has a text that is empty or has a comma");
        if (!passes(j, ','))
            break;
        writer_u8(&j->text, ',');
    } while (true);
    return passes(j, ']') || fail(j, "an array is not closed");
}

static bool read_value(struct json_lines *j, struct json_member *member)
{
    int c = skip_blanks(j);

    member->is_array = c == '[';
    if (passes(j, '"'))
        return read_text(j);
    if (passes(j, '['))
        return read_array(j);
    if (passes_word(j, "null"))
        return true;
    if (passes_word(j, "true")) {
        writer_text(&j->text, "true");
        return true;
    }
    if (passes_word(j, "false")) {
        writer_text(&j->text, "false");
        return true;
    }
    return c == '{' ? fail(j, "an object in the object") : read_number(j);
}

/* What comes next begins here, and gets a NUL at its end by end_text(). */
static const char *begin_text(struct json_lines *j)
{
    return j->texts + writer_length(&j->text);
}

static bool end_text(struct json_lines *j)
{
    writer_u8(&j->text, 0);
    return !j->text.failed || fail(j, "the line has more than 4096 bytes");
}

static bool read_member(struct json_lines *j)
{
    struct json_member *member = &j->members[j->count];

    if (j->count == JSON_MEMBERS_MAX)
        return fail(j, "the object has more than 32 members");
    member->name = begin_text(j);
    if (!passes(j, '"'))
        return fail(j, "no name where a member should be");
    if (!read_text(j) || !end_text(j))
        return false;
    if (!passes(j, ':'))
        return fail(j, "no colon behind a member's name");
    member->value = begin_text(j);
    if (!read_value(j, member) || !end_text(j))
        return false;
    j->count++;
    return true;
}

static bool read_object(struct json_lines *j)
{
    if (!passes(j, '{'))
        return fail(j, "not an object");
    if (!passes(j, '}')) {
        do {
            if (!read_member(j))
                return false;
        } while (passes(j, ','));
        if (!passes(j, '}'))
            return fail(j, "the object is not closed");
    }
    return skip_blanks(j) == -1 || fail(j, "something stands behind the object");
}

/* Reads the bytes of a line, without its end. False when there is none any more. */
static bool read_line(struct json_lines *j)
{
    struct writer w = writer_over(j->bytes, sizeof(j->bytes));
    int c = getc_unlocked(j->file);
    bool is_there = c != EOF;

    j->error = NULL;
    j->line += is_there;
    for (; c != EOF && c != '\n'; c = getc_unlocked(j->file))
        writer_u8(&w, (uint8_t)c);
    if (ferror_unlocked(j->file))
        j->read_error = -errno;
    if (w.failed)
        fail(j, "the line has more than 4096 bytes");
    j->at = cursor_over(j->bytes, writer_length(&w));
    if (j->line == 1) /* RFC 8259 §8.1 */
        passes_word(j, "\xef\xbb\xbf");
    return is_there;
}

int json_lines_next(struct json_lines *j)
{
    do {
        if (!read_line(j) || j->read_error)
            return j->read_error ? j->read_error : JSON_LINES_END;
    } while (!j->error && skip_blanks(j) == -1);
    j->text = writer_over(j->texts, sizeof(j->texts));
    j->count = 0;
    return !j->error && read_object(j) ? JSON_LINES_OBJECT : JSON_LINES_MALFORMED;
}
