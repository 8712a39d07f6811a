#include "loadtest/report/colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool colour_is_wanted(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return isatty(fileno(stream)) && !(no_color && no_color[0]) &&
           !(term && strcmp(term, "dumb") == 0);
}

const char *colour_on(enum colour colour, bool wanted)
{
    static const char *const codes[] = {
        [COLOUR_PLAIN] = "",        [COLOUR_DIM] = "\033[2m",      [COLOUR_BOLD] = "\033[1m",
        [COLOUR_GOOD] = "\033[32m", [COLOUR_WARNING] = "\033[33m", [COLOUR_BAD] = "\033[31m"};

    return wanted ? codes[colour] : "";
}

const char *colour_off(enum colour colour, bool wanted)
{
    return wanted && colour != COLOUR_PLAIN ? "\033[0m" : "";
}
