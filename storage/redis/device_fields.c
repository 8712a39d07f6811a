#include "storage/redis/device_fields.h"

#include "storage/device_row.h"
#include "storage/template_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EPOCH_DIGITS 19 /* fit 64 bits */

static const enum device_column columns[DEVICE_FIELDS] = {
    [DEVICE_FIELD_STATUS] = DEVICE_COLUMN_STATUS,
    [DEVICE_FIELD_IMSI] = DEVICE_COLUMN_IMSI,
    [DEVICE_FIELD_LOCATION_ALLOWED] = DEVICE_COLUMN_LOCATION_ALLOWED,
    [DEVICE_FIELD_TEMPLATE] = DEVICE_COLUMN_TEMPLATE,
};

const char *device_field_name(enum device_field field)
{
    if (field == DEVICE_FIELD_ADDRESSES)
        return "addresses";
    return field == DEVICE_FIELD_PSK_EPOCH ? "psk_epoch" : device_column_name(columns[field]);
}

/* Copies a number of so many digits. */
static bool read_digits(char *to, const struct redis_field *field, size_t min, size_t max)
{
    to[0] = 0;
    if (!field->text || field->length < min || field->length > max)
        return false;
    for (size_t i = 0; i < field->length; i++)
        if (field->text[i] < '0' || field->text[i] > '9')
            return false;
    memcpy(to, field->text, field->length);
    to[field->length] = 0;
    return true;
}

bool device_fields_read_iccid(char iccid[DEVICE_ICCID_MAX + 1], const struct redis_field *field)
{
    return read_digits(iccid, field, DEVICE_ICCID_MIN, DEVICE_ICCID_MAX);
}

static bool is_missing(const struct redis_field *field)
{
    return !field->text || field->length == 0;
}

static bool equals(const struct redis_field *field, const char *text)
{
    return field->text && field->length == strlen(text) &&
           memcmp(field->text, text, field->length) == 0;
}

/* Whether the field is one of two words. */
static bool read_choice(bool *is_first, const struct redis_field *field, const char *first,
                        const char *second)
{
    *is_first = equals(field, first);
    return *is_first || equals(field, second);
}

/* 0 where it is missing, or no number. False: it is no number. */
static bool read_epoch(uint64_t *epoch, const struct redis_field *field)
{
    char digits[EPOCH_DIGITS + 1];
    bool is_number = read_digits(digits, field, 1, EPOCH_DIGITS);

    *epoch = is_number ? strtoull(digits, NULL, 10) : 0;
    return is_number || is_missing(field);
}

/* STORE_TEMPLATE_ACTIVE where it is missing, or cannot be had. False: the latter. */
static bool read_template(uint16_t *number, const struct redis_field *field,
                          struct template_names *templates)
{
    *number = STORE_TEMPLATE_ACTIVE;
    if (is_missing(field))
        return true;
    return templates ? template_names_number(templates, field->text, field->length, number)
                     : template_name_is_legal(field->text, field->length);
}

const char *device_fields_read(struct device *device, const char *iccid,
                               const struct redis_field fields[DEVICE_FIELDS_ASKED],
                               struct template_names *templates)
{
    const struct redis_field *imsi = &fields[DEVICE_FIELD_IMSI];
    const struct redis_field *allowed = &fields[DEVICE_FIELD_LOCATION_ALLOWED];
    enum device_field wrong = DEVICE_FIELDS;

    *device = (struct device){.active = false};
    snprintf(device->iccid, sizeof(device->iccid), "%s", iccid);
    if (!read_digits(device->imsi, imsi, DEVICE_IMSI_MIN, DEVICE_IMSI_MAX) && !is_missing(imsi))
        wrong = DEVICE_FIELD_IMSI;
    if (!read_choice(&device->location_allowed, allowed, "true", "false") && !is_missing(allowed))
        wrong = DEVICE_FIELD_LOCATION_ALLOWED;
    if (!read_epoch(&device->psk_epoch, &fields[DEVICE_FIELD_PSK_EPOCH]))
        wrong = DEVICE_FIELD_PSK_EPOCH;
    if (!read_template(&device->template, &fields[DEVICE_FIELD_TEMPLATE], templates))
        wrong = DEVICE_FIELD_TEMPLATE;
    if (!read_choice(&device->active, &fields[DEVICE_FIELD_STATUS], "active", "inactive"))
        wrong = DEVICE_FIELD_STATUS;
    return wrong == DEVICE_FIELDS ? NULL : device_field_name(wrong);
}

static struct redis_field field_of(const char *text)
{
    return (struct redis_field){.text = text, .length = strlen(text)};
}

void device_fields_write(const struct device *device,
                         struct redis_field fields[DEVICE_FIELDS_ASKED])
{
    fields[DEVICE_FIELD_PSK_EPOCH] = (struct redis_field){.text = NULL};
    fields[DEVICE_FIELD_TEMPLATE] = (struct redis_field){.text = NULL};
    fields[DEVICE_FIELD_STATUS] = field_of(device->active ? "active" : "inactive");
    fields[DEVICE_FIELD_IMSI] = field_of(device->imsi);
    fields[DEVICE_FIELD_LOCATION_ALLOWED] = field_of(device->location_allowed ? "true" : "false");
}
