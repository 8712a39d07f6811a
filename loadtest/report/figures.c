#include "loadtest/report/figures.h"

#include "base/clock.h"
#include "loadtest/report/format.h"

#include <stdio.h>
#include <string.h>

const struct figures_quantile figures_quantiles[FIGURES_QUANTILES] = {
    {"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}, {"p99.9", 0.999}};

static double per(double amount, double divisor)
{
    return divisor > 0 ? amount / divisor : 0;
}

double figures_throughput(const struct results *r)
{
    return per((double)r->measured_answered * (double)CLOCK_SECOND, (double)r->elapsed);
}

double figures_retransmissions(const struct results *r)
{
    return per((double)r->totals.retransmissions, (double)r->totals.sent);
}

uint64_t figures_lost(const struct results *r)
{
    return r->totals.timeouts + r->totals.open + r->totals.unsent;
}

uint64_t figures_failed(const struct results *r)
{
    return r->totals.refused + r->totals.rejected + r->totals.failed_handshakes;
}

static double share_of_due(const struct results *r, uint64_t count)
{
    return per((double)count, (double)(r->totals.sent + r->totals.unsent));
}

double figures_loss(const struct results *r)
{
    return share_of_due(r, figures_lost(r));
}

double figures_errors(const struct results *r)
{
    return share_of_due(r, figures_failed(r));
}

double figures_server_cpu(const struct results *r)
{
    return per((double)r->server_cpu, (double)r->measured_answered);
}

double figures_own_cpu(const struct results *r)
{
    return per((double)r->own_cpu, (double)r->measured_answered);
}

double figures_server_load(const struct results *r)
{
    return per((double)r->server_cpu, (double)r->elapsed);
}

double figures_own_load(const struct results *r)
{
    return per((double)r->own_cpu, (double)r->elapsed);
}

double figures_mean_latency(const struct results *r)
{
    return per((double)r->latency.sum, (double)histogram_count(&r->latency));
}

const char *figures_setting(const struct results *r, const char *name, const char *otherwise)
{
    for (uint32_t i = 0; i < r->setting_count; i++)
        if (strcmp(r->settings[i].name, name) == 0)
            return r->settings[i].value;
    return otherwise;
}

const char *figures_latency_from(const struct results *r)
{
    return r->open_loop ? "the scheduled time" : "sending";
}

bool figures_verification_failed(const struct results *r)
{
    return r->verification.state == RESULTS_VERIFY_IMPOSSIBLE || r->verification.lost > 0;
}

const char *figures_verdict(const struct results *r, char text[static FIGURES_SENTENCE])
{
    const struct results_verification *v = &r->verification;
    char lost[FORMAT_TEXT], acknowledged[FORMAT_TEXT];

    format_count(lost, v->lost);
    format_count(acknowledged, v->acknowledged);
    if (v->state == RESULTS_NOT_VERIFIED)
        snprintf(text, FIGURES_SENTENCE, "delivery was not verified");
    else if (v->state == RESULTS_VERIFY_IMPOSSIBLE)
        snprintf(text, FIGURES_SENTENCE, "delivery could not be verified: %s", v->problem);
    else if (v->lost)
        snprintf(text, FIGURES_SENTENCE, "%s of %s acknowledged messages %s never delivered", lost,
                 acknowledged, v->lost == 1 ? "was" : "were");
    else if (v->acknowledged == 0)
        snprintf(text, FIGURES_SENTENCE, "no message was acknowledged, so none could be lost");
    else
        snprintf(text, FIGURES_SENTENCE, "every acknowledged message was delivered");
    return text;
}

bool figures_has_step(const struct results *r, enum results_step step)
{
    return r->steps[step].started > 0;
}

const char *figures_code(char text[static FIGURES_CODE], unsigned code)
{
    if (code >> 5 < 2)
        snprintf(text, FIGURES_CODE, "echoed");
    else
        snprintf(text, FIGURES_CODE, "%u.%02u", code >> 5, code & 31);
    return text;
}
