/*
 * One device's keys in the memory store, and the lines of FILE.csv.state that are about them:
 *
 *     ICCID CALLED[/RESET] text|hex KEY   the newest generated key, and the device's last call
 *     ICCID proved[/RESET] text|hex KEY   the last of them that a handshake proved
 *     ICCID reset TIME                    all keys before are over
 *
 * Times are milliseconds since 1970; a key may have spaces. A call that changes no key is not
 * written: who reads the file may take the last one to be older than it is. RESET is the time of
 * the last reset that the writer knew of: a gateway that had not read of a later one may have
 * written former keys behind it, and these are passed over.
 *
 * Data and computation: its owner's thread.
 */
#ifndef SIMGATE_STORAGE_MEMORY_KEY_H
#define SIMGATE_STORAGE_MEMORY_KEY_H

#include "base/list.h"
#include "storage/iccid_map.h"
#include "storage/psk.h"

/* Texts are allocated, since most keys are short. */
struct memory_key {
    struct iccid_entry entry;
    bool is_users;
    bool newest_is_hex;
    bool proved_is_hex;
    char *newest; /* NULL: none */
    char *proved; /* NULL: none */
    uint64_t called;
    uint64_t reset;           /* when a user ended earlier keys last, or 0 */
    uint32_t generated, kept; /* how many newest keys; the last of them that is on the disk */
    uint32_t proofs;          /* how many */
    struct list_node unkept;
};

/* NULL when there is no memory. */
struct memory_key *memory_key_new(const char *iccid);
void memory_key_free(struct memory_key *e);

struct psk_record memory_key_record(const struct memory_key *e);

/* Returns 0 or -ENOMEM. */
int memory_key_set(struct memory_key *e, const struct psk_record *r);

/* Takes what a line says, `what` and the rest or NULL. False when it makes no sense. */
bool memory_key_take(struct memory_key *e, char *what, char *rest);

/* The lines, that of the reset too where that is asked for; a user's key is none of them. Returns
 * how many bytes. */
size_t memory_key_format(const struct memory_key *e, bool with_reset, char *text, size_t room);

#endif
