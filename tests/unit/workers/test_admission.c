#include "workers/admission.h"

#include "base/clock.h"

#include <criterion/criterion.h>

static struct admission *open_admission(uint32_t rate, uint32_t burst)
{
    struct admission_settings s = {
        .network_count = 2, .ipv6_prefix = 64, .device_rate = rate, .device_burst = burst};
    struct admission *a = calloc(1, sizeof(*a));

    net_prefix_parse(&s.networks[0], "10.0.0.0/8");
    net_prefix_parse(&s.networks[1], "fd00::/8");
    cr_assert_eq(admission_init(a, &s), 0);
    return a;
}

static void close_admission(struct admission *a)
{
    admission_deinit(a);
    free(a);
}

/* The identity of a source as text, or "none". */
static const char *identity_of(struct admission *a, const char *source)
{
    static char text[NET_ADDRESS_TEXT];
    struct net_address peer;
    uint8_t identity[16];

    cr_assert(net_address_parse(&peer, source));
    return admission_identity(a, &peer, identity) ? net_ip_format(identity, text) : "none";
}

Test(admission, an_identity_is_an_address_or_a_prefix_of_the_networks)
{
    struct admission *a = open_admission(0, 1);

    cr_assert_str_eq(identity_of(a, "10.1.2.3:5683"), "10.1.2.3");
    cr_assert_str_eq(identity_of(a, "11.1.2.3:5683"), "none");
    cr_assert_str_eq(identity_of(a, "[fd00:1:2:3:4:5:6:7]:5683"), "fd00:1:2:3::");
    cr_assert_str_eq(identity_of(a, "[2001:db8::1]:5683"), "none");
    cr_assert_eq(a->counters[ADMISSION_OUTSIDE_NETWORKS], 2);
    close_admission(a);
}

static uint8_t learn_and_check(struct admission *a, uint64_t now, const struct device *device)
{
    static const uint8_t identity[16] = {10};

    return admission_check(a, now, admission_learn(a, now, identity, device));
}

Test(admission, lets_active_devices_in)
{
    struct admission *a = open_admission(0, 1);
    struct device device = {.iccid = "89", .active = true};

    cr_assert_eq(learn_and_check(a, 0, &device), 0);
    device.active = false;
    cr_assert_eq(learn_and_check(a, 0, &device), COAP_UNAUTHORIZED);
    cr_assert_eq(learn_and_check(a, 0, NULL), COAP_UNAUTHORIZED);
    cr_assert_eq(a->counters[ADMISSION_INACTIVE], 1);
    cr_assert_eq(a->counters[ADMISSION_UNKNOWN], 1);
    close_admission(a);
}

Test(admission, limits_the_rate)
{
    struct admission *a = open_admission(1, 2);
    struct device device = {.iccid = "89", .active = true};

    cr_assert_eq(learn_and_check(a, 0, &device), 0);
    cr_assert_eq(learn_and_check(a, 0, &device), 0);
    cr_assert_eq(learn_and_check(a, 0, &device), COAP_TOO_MANY_REQUESTS);
    cr_assert_eq(learn_and_check(a, CLOCK_SECOND, &device), 0);
    cr_assert_eq(a->counters[ADMISSION_RATE_LIMITED], 1);
    close_admission(a);
}

Test(admission, believes_in_devices_for_a_minute_and_in_strangers_for_five_seconds)
{
    static const uint8_t identity[16] = {10}, other[16] = {11};
    struct admission *a = open_admission(0, 1);
    struct device device = {.iccid = "89", .active = true};

    cr_assert_null(admission_find(a, 0, identity));
    admission_learn(a, 0, identity, &device);
    admission_learn(a, 0, other, NULL);
    cr_assert_not_null(admission_find(a, 59 * CLOCK_SECOND, identity));
    cr_assert_null(admission_find(a, 60 * CLOCK_SECOND, identity));
    cr_assert_not_null(admission_find(a, 4 * CLOCK_SECOND, other));
    cr_assert_null(admission_find(a, 5 * CLOCK_SECOND, other));
    close_admission(a);
}
