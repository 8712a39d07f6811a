#include "loadtest/report/json_writer.h"

#include "loadtest/report/escape.h"

#include <inttypes.h>
#include <math.h>

static bool on_one_line(const struct json_writer *w)
{
    return w->inner && w->depth >= w->inner;
}

static void new_line(const struct json_writer *w)
{
    if (w->depth && !on_one_line(w))
        fprintf(w->to, "\n%*s", 2 * (int)w->depth, "");
}

static void begin(struct json_writer *w, const char *key)
{
    if (w->follows)
        fputs(on_one_line(w) ? ", " : ",", w->to);
    new_line(w);
    if (key) {
        escape_json(w->to, key);
        fputs(": ", w->to);
    }
    w->follows = true;
}

static void open(struct json_writer *w, const char *key, char bracket)
{
    begin(w, key);
    fputc(bracket, w->to);
    w->depth++;
    w->follows = false;
}

static void end(struct json_writer *w, char bracket)
{
    bool inner = on_one_line(w);

    w->depth--;
    if (w->depth < w->inner)
        w->inner = 0;
    if (w->follows && !inner)
        fprintf(w->to, "\n%*s", 2 * (int)w->depth, "");
    fputc(bracket, w->to);
    w->follows = true;
    if (w->depth == 0)
        fputc('\n', w->to);
}

void json_writer_object(struct json_writer *w, const char *key)
{
    open(w, key, '{');
}

void json_writer_array(struct json_writer *w, const char *key)
{
    open(w, key, '[');
}

void json_writer_on_one_line(struct json_writer *w)
{
    if (!w->inner)
        w->inner = w->depth + 1;
}

void json_writer_end_object(struct json_writer *w)
{
    end(w, '}');
}

void json_writer_end_array(struct json_writer *w)
{
    end(w, ']');
}

void json_writer_text(struct json_writer *w, const char *key, const char *text)
{
    begin(w, key);
    escape_json(w->to, text);
}

void json_writer_count(struct json_writer *w, const char *key, uint64_t count)
{
    begin(w, key);
    fprintf(w->to, "%" PRIu64, count);
}

void json_writer_bool(struct json_writer *w, const char *key, bool value)
{
    begin(w, key);
    fputs(value ? "true" : "false", w->to);
}

void json_writer_null(struct json_writer *w, const char *key)
{
    begin(w, key);
    fputs("null", w->to);
}

void json_writer_number(struct json_writer *w, const char *key, double number)
{
    begin(w, key);
    if (isfinite(number)) /* JSON has no others */
        fprintf(w->to, "%.10g", number);
    else
        fputs("null", w->to);
}

void json_writer_seconds(struct json_writer *w, const char *key, uint64_t nanoseconds)
{
    begin(w, key);
    fprintf(w->to, "%" PRIu64 ".%09" PRIu64, nanoseconds / 1000000000, nanoseconds % 1000000000);
}
