#include "loadtest/report/table_lines.h"

#include "loadtest/report/figures.h"
#include "loadtest/report/format.h"

#include <stdarg.h>
#include <string.h>

#define COLUMNS 80

void table_section(struct table *t, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fprintf(t->to, "%s%s", t->begun ? "\n" : "", colour_on(COLOUR_BOLD, t->colour));
    vfprintf(t->to, format, arguments);
    fprintf(t->to, "%s\n", colour_off(COLOUR_BOLD, t->colour));
    va_end(arguments);
    t->begun = true;
}

void table_figure(struct table *t, enum colour colour, const char *name, const char *note,
                  const char *figure)
{
    fprintf(t->to, "  %-30s %s%16s%s%s%s\n", name, colour_on(colour, t->colour), figure,
            colour_off(colour, t->colour), *note ? "   " : "", note);
}

/* Control characters of a text from outside are nothing that a terminal should follow. */
static void print_text(FILE *to, const char *text)
{
    for (; *text; text++)
        fputc((unsigned char)*text < 0x20 || *text == 0x7f ? '?' : *text, to);
}

void table_words(struct table *t, const char *name, const char *format, ...)
{
    char text[256];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    fprintf(t->to, "  %-20s ", name);
    print_text(t->to, text);
    fputc('\n', t->to);
}

void table_row(struct table *t, const char *name, const char *a, const char *b, const char *c,
               const char *d, const char *e)
{
    fprintf(t->to, "  %-12s %12s %12s %12s %11s %11s\n", name, a, b, c, d, e);
}

void table_warning(struct table *t, const char *text)
{
    static const char label[] = "Warning:";
    size_t column = sizeof(label) - 1;

    fprintf(t->to, "\n%s%s%s", colour_on(COLOUR_WARNING, t->colour), label,
            colour_off(COLOUR_WARNING, t->colour));
    while (*text) {
        size_t word = strcspn(text, " ");

        fputs(column + 1 + word > COLUMNS ? "\n" : " ", t->to);
        column = (column + 1 + word > COLUMNS ? 0 : column + 1) + word;
        fwrite(text, 1, word, t->to);
        text += word + strspn(text + word, " ");
    }
    fputc('\n', t->to);
}

/* "pass" or "FAIL", which says it without colour too. */
static void print_mark(struct table *t, bool passed)
{
    enum colour colour = passed ? COLOUR_GOOD : COLOUR_BAD;

    fprintf(t->to, "  %s%s%s  ", colour_on(colour, t->colour), passed ? "pass" : "FAIL",
            colour_off(colour, t->colour));
}

static void print_names(struct table *t, const char *what,
                        const char names[RESULTS_NAMES][RESULTS_NAME], uint32_t count)
{
    for (uint32_t i = 0; i < count && i < RESULTS_NAMES; i++)
        table_words(t, what, "%s", names[i]);
}

static void print_count(struct table *t, const char *what, uint64_t count)
{
    char text[FORMAT_TEXT];

    if (count)
        table_figure(t, COLOUR_PLAIN, what, "", format_count(text, count));
}

static void print_verification(struct table *t, const struct results *r)
{
    const struct results_verification *v = &r->verification;
    char text[FIGURES_SENTENCE];

    table_section(t, "Verification");
    if (v->state == RESULTS_NOT_VERIFIED) {
        fprintf(t->to, "  %s (--verify mqtt://HOST)\n", figures_verdict(r, text));
        return;
    }
    print_mark(t, !figures_verification_failed(r));
    print_text(t->to, figures_verdict(r, text));
    fputc('\n', t->to);
    print_names(t, "lost", v->lost_name, v->lost_names);
    print_count(t, "acknowledged", v->acknowledged);
    print_count(t, "  of them delivered", v->delivered);
    print_count(t, "  of them lost", v->lost);
    print_count(t, "delivered, not acknowledged", v->unacknowledged);
    print_count(t, "delivered more than once", v->duplicated);
    print_names(t, "twice", v->duplicated_name, v->duplicated_names);
    print_count(t, "delivered, but never sent", v->unknown);
    print_count(t, "publications of others", v->foreign);
    print_count(t, "reconnections to the broker", v->reconnects);
}

static void print_threshold(struct table *t, const struct threshold_outcome *o)
{
    char actual[THRESHOLD_TEXT], limit[THRESHOLD_TEXT];

    print_mark(t, o->passed);
    fprintf(t->to, "%-24s %14s   %s%s\n", threshold_name(o->kind),
            threshold_actual(o, actual, FORMAT_US_ASCII),
            threshold_limit(o, limit, FORMAT_US_ASCII), o->asked ? "" : " (default)");
}

void table_verdict(struct table *t, const struct results *r, const struct judgement *j)
{
    print_verification(t, r);
    table_section(t, "Thresholds");
    for (unsigned i = 0; i < j->count; i++)
        print_threshold(t, &j->outcomes[i]);
}
