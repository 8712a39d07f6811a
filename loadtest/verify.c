#include "loadtest/verify.h"

#include "loadtest/subscriber.h"

#include <errno.h>
#include <stdio.h>

int verify_open(struct verify *v, const struct options *o, uint32_t run, char problem[160])
{
    *v = (struct verify){0};
    if (ledger_init(&v->ledger, run, o->devices, LEDGER_MESSAGES) != 0) {
        snprintf(problem, 160, "no memory");
        return -ENOMEM;
    }
    return subscriber_open(&v->subscriber, o, &v->ledger, problem);
}

void verify_close(struct verify *v)
{
    subscriber_close(v->subscriber);
    ledger_deinit(&v->ledger);
    v->subscriber = NULL;
}

/* What makes the sums untrustworthy. */
static void judge(const struct verify *v, struct results_verification *result)
{
    const char *trouble = subscriber_trouble(v->subscriber);

    result->state = RESULTS_VERIFIED;
    if (trouble && result->lost > 0) {
        result->state = RESULTS_VERIFY_IMPOSSIBLE;
        snprintf(result->problem, sizeof(result->problem), "%s", trouble);
    } else if (v->ledger.beyond > 0) {
        result->state = RESULTS_VERIFY_IMPOSSIBLE;
        snprintf(result->problem, sizeof(result->problem),
                 "%llu acknowledged messages are more than the table holds",
                 (unsigned long long)v->ledger.beyond);
    }
}

void verify_finish(struct verify *v, uint64_t quiet, struct results_verification *result,
                   uint32_t (*sent)(const void *owner, uint32_t device), const void *owner)
{
    if (!v->subscriber)
        return;
    result->waited = subscriber_wait(v->subscriber, quiet);
    result->reconnects = subscriber_stop(v->subscriber);
    ledger_settle(&v->ledger, result, sent, owner);
    judge(v, result);
}
