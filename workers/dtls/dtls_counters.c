#include "workers/dtls/dtls.h"

#define DROPPED    "simgate_dtls_dropped_total"
#define HANDSHAKES "simgate_dtls_handshakes_total"
#define ENDED      "simgate_dtls_associations_ended_total"
#define IDENTITIES "simgate_dtls_identities_refused_total"
#define SUITES     "simgate_dtls_suites_total"
#define RECORDS    "simgate_dtls_records_total"

const struct counter_description dtls_counters[DTLS_COUNTERS] = {
    [DTLS_DROPPED_MALFORMED] = {DROPPED, "reason=\"malformed\"",
                                "DTLS datagrams and records dropped, by reason."},
    [DTLS_DROPPED_NO_ASSOCIATION] = {DROPPED, "reason=\"no_association\""},
    [DTLS_DROPPED_FILTERED] = {DROPPED, "reason=\"filtered\""},
    [DTLS_DROPPED_HELLO] = {DROPPED, "reason=\"client_hello\""},
    [DTLS_DROPPED_NO_ROOM] = {DROPPED, "reason=\"no_room\""},
    [DTLS_DROPPED_UNDECRYPTED] = {DROPPED, "reason=\"undecrypted\""},
    [DTLS_DROPPED_MOVED] = {DROPPED, "reason=\"foreign_address\""},
    [DTLS_HELLO_VERIFY_REQUESTS] = {"simgate_dtls_hello_verify_requests_total", "",
                                    "Cookies sent to clients without one."},
    [DTLS_HANDSHAKES_STARTED] = {"simgate_dtls_handshakes_started_total", "",
                                 "Handshakes of clients with a good cookie."},
    [DTLS_HANDSHAKES_DONE] = {HANDSHAKES, "outcome=\"done\"", "Handshakes ended, by outcome."},
    [DTLS_HANDSHAKES_FAILED] = {HANDSHAKES, "outcome=\"failed\""},
    [DTLS_HANDSHAKES_TIMED_OUT] = {HANDSHAKES, "outcome=\"timed_out\""},
    [DTLS_HANDSHAKES_EVICTED] = {HANDSHAKES, "outcome=\"evicted\""},
    [DTLS_HANDSHAKES_UNAVAILABLE] = {HANDSHAKES, "outcome=\"unavailable\""},
    [DTLS_HANDSHAKES_BAD_FINISHED] = {"simgate_dtls_bad_finished_total", "",
                                      "Handshakes with a Finished made with another key."},
    [DTLS_SUITE_CCM_8] = {SUITES, "suite=\"PSK_WITH_AES_128_CCM_8\"",
                          "Handshakes that were done, by cipher suite."},
    [DTLS_SUITE_CCM] = {SUITES, "suite=\"PSK_WITH_AES_128_CCM\""},
    [DTLS_SUITE_GCM] = {SUITES, "suite=\"PSK_WITH_AES_128_GCM_SHA256\""},
    [DTLS_SUITE_CBC] = {SUITES, "suite=\"PSK_WITH_AES_128_CBC_SHA256\""},
    [DTLS_IDENTITY_UNKNOWN] = {IDENTITIES, "reason=\"unknown\"",
                               "PSK identities refused, by reason."},
    [DTLS_IDENTITY_MISMATCHES] = {IDENTITIES, "reason=\"mismatch\""},
    [DTLS_RETRANSMISSIONS] = {"simgate_dtls_retransmissions_total", "",
                              "Flights sent again for want of an answer."},
    [DTLS_RECORDS_IN] = {RECORDS, "direction=\"in\"", "Records with a message, by direction."},
    [DTLS_RECORDS_OUT] = {RECORDS, "direction=\"out\""},
    [DTLS_MOVES] = {"simgate_dtls_moves_total", "",
                    "Associations that went on from another address."},
    [DTLS_SEND_LIMITED] = {"simgate_dtls_send_limited_total", "",
                           "Messages not sent to an address that was not proved."},
    [DTLS_ENDED_REPLACED] = {ENDED, "reason=\"replaced\"", "Associations ended, by reason."},
    [DTLS_ENDED_CLOSED] = {ENDED, "reason=\"closed\""},
    [DTLS_ENDED_BROKEN] = {ENDED, "reason=\"broken\""},
    [DTLS_ENDED_IDLE] = {ENDED, "reason=\"idle\""},
    [DTLS_ENDED_EVICTED] = {ENDED, "reason=\"evicted\""},
    [DTLS_ENDED_ASKED] = {ENDED, "reason=\"key_changed\""},
    [DTLS_THAWED] = {"simgate_dtls_associations_woken_total", "",
                     "Associations that slept and were used again."},
    [DTLS_ASLEEP] = {"simgate_dtls_associations_asleep", "",
                     "Living associations that gave their memory back.", COUNTER_GAUGE},
    [DTLS_ASSOCIATIONS] = {"simgate_dtls_associations", "", "Living associations.", COUNTER_GAUGE},
    [DTLS_HANDSHAKES] = {"simgate_dtls_handshakes", "", "Handshakes in progress.", COUNTER_GAUGE},
};
