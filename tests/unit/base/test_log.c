#include "base/log.h"

#include "base/clock.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <regex.h>
#include <string.h>
#include <unistd.h>

#define STAMP "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{3}Z "

/* A log whose other end can be read. */
struct log_pipe {
    struct log log;
    int reading;
    char text[4096]; /* what was last read */
};

static struct log_pipe pipe_open(enum log_level level)
{
    int ends[2];

    cr_assert_eq(pipe2(ends, O_NONBLOCK), 0);
    return (struct log_pipe){.log = {.level = level, .fd = ends[1]}, .reading = ends[0]};
}

static void pipe_close(struct log_pipe *p)
{
    close(p->log.fd);
    close(p->reading);
}

/* Everything that was logged since. */
static const char *pipe_read(struct log_pipe *p)
{
    ssize_t length = read(p->reading, p->text, sizeof(p->text) - 1);

    p->text[length > 0 ? length : 0] = 0;
    return p->text;
}

static void expect_match(const char *text, const char *pattern)
{
    regex_t regex;

    cr_assert_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    cr_assert_eq(regexec(&regex, text, 0, NULL, 0), 0, "no match: %s", text);
    regfree(&regex);
}

Test(log, a_line_has_time_level_and_text)
{
    struct log_pipe p = pipe_open(LOG_INFO);

    log_warning(&p.log, "%s took %d ms", "it", 12);
    expect_match(pipe_read(&p), STAMP "warning it took 12 ms\n$");
    log_info(&p.log, "100%%");
    expect_match(pipe_read(&p), STAMP "info    100%\n$");
    pipe_close(&p);
}

Test(log, leaves_out_what_is_less_urgent)
{
    struct log_pipe p = pipe_open(LOG_WARNING);

    log_info(&p.log, "no");
    log_debug(&p.log, "no");
    cr_assert_str_empty(pipe_read(&p));
    log_warning(&p.log, "yes");
    log_error(&p.log, "yes");
    expect_match(pipe_read(&p), "warning yes\n[^\n]*error   yes\n$");
    pipe_close(&p);
}

Test(log, a_long_text_is_cut_and_the_line_still_ends)
{
    struct log_pipe p = pipe_open(LOG_INFO);
    char text[3000];

    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = 0;
    log_info(&p.log, "%s", text);
    expect_match(pipe_read(&p), STAMP "info    x+\n$");
    cr_assert_gt(strlen(p.text), 400);
    cr_assert_lt(strlen(p.text), 1024);
    pipe_close(&p);
}

Test(log, colours_only_the_level)
{
    struct log_pipe p = pipe_open(LOG_INFO);

    p.log.colour = true;
    log_error(&p.log, "text");
    expect_match(pipe_read(&p), STAMP "\033\\[31merror  \033\\[0m text\n$");
    pipe_close(&p);
}

Test(log, survives_a_reader_that_went_away)
{
    struct log log = {.level = LOG_INFO, .fd = -1};

    log_error(&log, "into the void");
}

Test(log_limit, one_line_a_period_and_says_what_was_left_out)
{
    struct log_limit limit = {0};
    uint64_t suppressed = 99;
    uint64_t now = 5 * CLOCK_SECOND;

    cr_assert(log_limit_pass(&limit, now, CLOCK_SECOND, &suppressed), "the first goes");
    cr_assert_eq(suppressed, 0);
    for (int i = 0; i < 3; i++)
        cr_assert_not(log_limit_pass(&limit, now + CLOCK_SECOND - 1, CLOCK_SECOND, &suppressed));
    cr_assert(log_limit_pass(&limit, now + CLOCK_SECOND, CLOCK_SECOND, &suppressed));
    cr_assert_eq(suppressed, 3);
    cr_assert(log_limit_pass(&limit, now + 9 * CLOCK_SECOND, CLOCK_SECOND, &suppressed));
    cr_assert_eq(suppressed, 0, "counted afresh");
}
