#include "workers/coap/exchange.h"

#define MESSAGES   "simgate_coap_messages_received_total"
#define DROPPED    "simgate_coap_messages_dropped_total"
#define DUPLICATES "simgate_coap_duplicates_total"

const struct counter_description coap_counters[COAP_COUNTERS] = {
    [COAP_RECEIVED_CON] = {MESSAGES, "type=\"con\"",
                           "CoAP messages by type; requests are CON and NON."},
    [COAP_RECEIVED_NON] = {MESSAGES, "type=\"non\""},
    [COAP_RECEIVED_ACK] = {MESSAGES, "type=\"ack\""},
    [COAP_RECEIVED_RST] = {MESSAGES, "type=\"rst\""},
    [COAP_DROPPED_NO_MESSAGE] = {DROPPED, "reason=\"no_message\"",
                                 "CoAP messages that were not processed, by reason."},
    [COAP_DROPPED_MALFORMED] = {DROPPED, "reason=\"malformed\""},
    [COAP_DROPPED_UNEXPECTED] = {DROPPED, "reason=\"unexpected\""},
    [COAP_DUPLICATES_ANSWERED] = {DUPLICATES, "outcome=\"answered\"",
                                  "Requests that came again, by what was done."},
    [COAP_DUPLICATES_IN_PROGRESS] = {DUPLICATES, "outcome=\"in_progress\""},
    [COAP_DUPLICATES_NON] = {DUPLICATES, "outcome=\"dropped\""},
    [COAP_MID_CONFLICTS] = {"simgate_mid_conflicts_total", "",
                            "Requests that used a remembered Message ID with other bytes."},
    [COAP_RESETS_SENT] = {"simgate_coap_resets_sent_total", "", "Messages rejected by a reset."},
    [COAP_EMPTY_ACKS_SENT] = {"simgate_coap_empty_acks_sent_total", "",
                              "Requests acknowledged before their response, or without one."},
    [COAP_SEPARATE_RESPONSES] = {"simgate_coap_separate_responses_total", "",
                                 "Responses sent as confirmable messages of their own."},
    [COAP_RETRANSMISSIONS] = {"simgate_coap_retransmissions_total", "",
                              "Separate responses sent again."},
    [COAP_SEPARATE_GIVEN_UP] = {"simgate_coap_separate_responses_given_up_total", "",
                                "Separate responses that were never acknowledged."},
    [COAP_SEPARATE_NO_ROOM] = {"simgate_coap_separate_responses_not_sent_total", "",
                               "Separate responses that found no room."},
    [COAP_OVERLOADED] = {"simgate_coap_overloaded_total", "",
                         "Requests refused with 5.03 because coap.max_exchanges were in progress."},
    [COAP_DEDUP_ENTRIES] = {"simgate_dedup_entries", "", "Requests remembered for deduplication.",
                            COUNTER_GAUGE},
    [COAP_DEDUP_EVICTED] = {"simgate_dedup_evicted_total", "",
                            "Remembered requests that the memory budget ended before their time."},
    [COAP_EXCHANGES] = {"simgate_coap_exchanges", "", "Requests being worked on.", COUNTER_GAUGE},
};
