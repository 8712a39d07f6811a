#include "loadtest/report/judgement.h"

#include "loadtest/report/figures.h"

struct judgement judgement_of(const struct results *r, const struct thresholds *t)
{
    struct judgement j = {.verification_failed = figures_verification_failed(r)};

    j.count = thresholds_judge(t, r, j.outcomes);
    for (unsigned i = 0; i < j.count; i++)
        j.missed += !j.outcomes[i].passed;
    j.passed = j.missed == 0 && !j.verification_failed;
    return j;
}
