#include "workers/resources/templates.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY_MIN 16

_Static_assert(STORE_TEMPLATE_TEXT_MAX <= TEMPLATE_TEXT_MAX, "what is stored can be compiled");

void templates_init(struct templates *t, struct store_session *store, const struct log *log)
{
    *t = (struct templates){.store = store, .log = log};
}

void templates_deinit(struct templates *t)
{
    for (uint32_t i = 0; i < t->capacity; i++) {
        if (t->slots[i])
            template_free(t->slots[i]->compiled);
        free(t->slots[i]);
    }
    free(t->slots);
    free(t->output);
}

static bool grow(struct templates *t, uint16_t number)
{
    uint32_t capacity = t->capacity ? t->capacity : CAPACITY_MIN;
    struct template_slot **slots;

    while (capacity <= number)
        capacity *= 2;
    if (capacity == t->capacity)
        return true;
    slots = realloc(t->slots, capacity * sizeof(struct template_slot *));
    if (!slots)
        return false;
    memset(slots + t->capacity, 0, (capacity - t->capacity) * sizeof(struct template_slot *));
    t->slots = slots;
    t->capacity = capacity;
    return true;
}

/* NULL when there is no memory. */
static struct template_slot *slot_of(struct templates *t, uint16_t number)
{
    struct template_slot *slot;

    if (!t->output)
        t->output = malloc(TEMPLATE_OUTPUT_MAX);
    if (!t->output || !grow(t, number))
        return NULL;
    slot = t->slots[number];
    if (slot)
        return slot;
    slot = calloc(1, sizeof(*slot));
    if (!slot)
        return NULL;
    slot->templates = t;
    slot->number = number;
    list_init(&slot->waiting);
    t->slots[number] = slot;
    return slot;
}

static void replace(struct template_slot *slot, struct template *compiled, enum template_lack lack)
{
    template_free(slot->compiled);
    slot->compiled = compiled;
    slot->lack = lack;
}

/* What does not compile changes nothing, where one is in force. */
static void take_text(struct template_slot *slot, const struct store_template *found)
{
    struct templates *t = slot->templates;
    struct template_problem problem = {.reason = "out of memory"};
    struct template *compiled;

    if (template_compile(&compiled, found->text, found->length, &problem) == 0) {
        replace(slot, compiled, TEMPLATE_NOT_LACKING);
        return;
    }
    t->refused++;
    log_error(t->log, "template %s:%u:%u: %s; %s", found->name, problem.line, problem.column,
              problem.reason,
              slot->compiled ? "the one that was in force stays" : "its devices go without");
    if (!slot->compiled)
        slot->lack = TEMPLATE_BROKEN;
}

/* A key of another kind, a text that is too long, or rights that are missing: the store's log says
 * which. */
static void take_refusal(struct template_slot *slot)
{
    if (!slot->compiled)
        slot->lack = TEMPLATE_BROKEN;
}

/* That none is active is nothing to complain of. */
static void take_absence(struct template_slot *slot)
{
    replace(slot, NULL,
            slot->number == STORE_TEMPLATE_ACTIVE ? TEMPLATE_NOT_LACKING : TEMPLATE_MISSING);
}

static void tell(struct template_slot *slot, enum store_result result)
{
    struct list_node *node;

    while ((node = list_first(&slot->waiting))) {
        struct template_waiter *waiter = container_of(node, struct template_waiter, node);

        list_remove(node);
        waiter->done(waiter, result);
    }
}

static void on_template(void *context, enum store_result result, const struct store_template *found)
{
    struct template_slot *slot = context;

    slot->asked = false;
    slot->refused = result == STORE_REFUSED;
    if (result == STORE_OK)
        take_text(slot, found);
    else if (result == STORE_ABSENT)
        take_absence(slot);
    else if (result == STORE_REFUSED)
        take_refusal(slot);
    if (result == STORE_OK || result == STORE_ABSENT || result == STORE_REFUSED) {
        slot->known = slot->used = true;
        result = STORE_OK;
    }
    tell(slot, result);
}

void templates_load(struct templates *t, uint16_t number, struct template_waiter *waiter)
{
    struct template_slot *slot = slot_of(t, number);

    waiter->node = (struct list_node){0};
    if (!slot) {
        waiter->done(waiter, STORE_OVERLOADED);
        return;
    }
    list_append(&slot->waiting, &waiter->node);
    if (slot->asked)
        return;
    slot->asked = true;
    store_template_find(t->store, number, on_template, slot);
}

void templates_doubt(struct templates *t)
{
    for (uint32_t i = 0; i < t->capacity; i++)
        if (t->slots[i])
            t->slots[i]->known = false;
}

struct template *templates_find(const struct templates *t, uint16_t number,
                                enum template_lack *lack)
{
    const struct template_slot *slot = number < t->capacity ? t->slots[number] : NULL;

    *lack = slot ? slot->lack : TEMPLATE_NOT_LACKING;
    return slot ? slot->compiled : NULL;
}
