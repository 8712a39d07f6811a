#include "workers/device_name.h"

#include "base/net_address.h"
#include "storage/store.h"

#include <criterion/criterion.h>

Test(device_name, iccids_have_names_of_their_own)
{
    static const char *const iccids[] = {"8988280666000002864",
                                         "8988280666000002865",
                                         "89882806660000028640",
                                         "08988280666000002864",
                                         "8988280666000002864123",
                                         "0",
                                         "00"};
    uint8_t names[sizeof(iccids) / sizeof(*iccids)][DEVICE_NAME_SIZE];

    for (size_t i = 0; i < sizeof(iccids) / sizeof(*iccids); i++) {
        memset(names[i], 0x5a, DEVICE_NAME_SIZE);
        cr_assert(device_name_of_iccid(names[i], iccids[i]), "%s", iccids[i]);
        cr_expect(device_name_is_iccid(names[i]));
        for (size_t j = 0; j < i; j++)
            cr_expect_neq(memcmp(names[i], names[j], DEVICE_NAME_SIZE), 0);
    }
}

Test(device_name, what_is_no_iccid_has_none)
{
    static const char *const texts[] = {"", "898828066600000286x", " 8988",
                                        "89882806660000028641234", "-1"};
    uint8_t name[DEVICE_NAME_SIZE];

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
        cr_expect_not(device_name_of_iccid(name, texts[i]), "%s", texts[i]);
}

Test(device_name, addresses_are_no_iccids)
{
    static const char *const texts[] = {"10.0.0.1", "255.255.255.255", "::1", "fd00::1",
                                        "2001:db8::"};
    uint8_t ip[16];

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        cr_assert(net_ip_parse(ip, texts[i]));
        cr_expect_not(device_name_is_iccid(ip), "%s", texts[i]);
    }
}
