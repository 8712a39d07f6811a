/* Sessions of one store on several threads at once, for ThreadSanitizer. Exits with 0 when the
 * answers are right. */
#include "tests/unit/storage/memory_factory.h"
#include "tests/unit/storage/store_conformance.h"

#include <stdio.h>

int main(void)
{
    const char *failure = conformance_serves_sessions_on_threads(&memory_factory);

    if (failure)
        fprintf(stderr, "%s\n", failure);
    return failure != NULL;
}
