/*
 * The Lua script by which simgatectl changes a device in Redis: what a device's hash and its
 * addresses' keys say changes in one step, or not at all.
 *
 * KEYS: the device's key, then those of the addresses that it is to have.
 * ARGV: the ICCID; what is to be done; what addresses' keys begin with; "take" where an address may
 * be taken from another device; the name of the pre-shared key's hash, a new key of a user's, and
 * its format, where "reset" means that there is to be none and "" that nothing changes; the name of
 * the location's hash, which like the other is removed with the device, and a new one as
 * "LONGITUDE,LATITUDE,SOURCE,TIME", where "" means that nothing changes; then names and values of
 * fields, where "" means that there is to be no such field. Without a field "addresses" the device
 * keeps those that it has.
 *
 * Where a key that was good is good no more, the device's field "psk_epoch" changes: gateways look
 * the device up again, and end associations that were made under another epoch.
 *
 * What is to be done is "add" (there is no such device yet), "set" (there is), "put" (either) or
 * "remove". The answer is an array: "added", "updated", "unchanged", "removed", "exists", "absent",
 * or "taken" with the address and the ICCID that has it, in which case nothing was changed.
 */
#ifndef SIMGATE_STORAGE_CTL_DEVICE_SCRIPT_H
#define SIMGATE_STORAGE_CTL_DEVICE_SCRIPT_H

extern const char device_script[];

#endif
