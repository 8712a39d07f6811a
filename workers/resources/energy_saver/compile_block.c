#include "workers/resources/energy_saver/compiler.h"

#include <errno.h>

/* `*end` is where the next statement is to be linked in. */
static int compile_block(struct compiler *c, struct place block, unsigned depth,
                         struct statement ***end);

static int compile_own_block(struct compiler *c, struct place entry, unsigned depth,
                             const struct statement **block)
{
    struct place value = outline_member(&c->outline, entry, "do");
    struct statement *first = NULL, **end = &first;
    int result;

    if (!value.json)
        return compiler_refuse(c, entry, "the entry of \"on\" has no \"do\"");
    result = compile_block(c, value, depth, &end);
    *block = first;
    return result;
}

static int compile_choice(struct compiler *c, struct place entry, struct place value,
                          unsigned depth, const struct selector *s, struct choice ***end)
{
    struct choice *choice = arena_alloc(&c->template->arena, sizeof(*choice));
    int result;

    if (!choice)
        return -ENOMEM;
    result = compile_case(c, value, s, &choice->value);
    if (result)
        return result;
    **end = choice;
    *end = &choice->next;
    return compile_own_block(c, entry, depth, &choice->block);
}

/* Cases keep their order; a default counts last, wherever it stands. */
static int compile_entries(struct compiler *c, struct place on, unsigned depth,
                           struct control *control)
{
    struct choice **end = &control->choices;
    struct place entry = outline_first(&c->outline, on);
    bool has_default = false;
    int result = 0;

    for (size_t i = 1; result == 0 && entry.json; i++) {
        struct place value = outline_member(&c->outline, entry, "case");
        struct place otherwise = outline_member(&c->outline, entry, "default");

        if (!json_is_object(entry.json))
            return compiler_refuse(c, entry, "an entry of \"on\" is an object");
        if (!value.json == !otherwise.json)
            return compiler_refuse(c, entry,
                                   "an entry of \"on\" has either a \"case\" or a \"default\"");
        if (otherwise.json && !json_is_true(otherwise.json))
            return compiler_refuse(c, otherwise, "\"default\" is true");
        if (otherwise.json && has_default)
            return compiler_refuse(c, otherwise, "the switch has a \"default\" already");
        has_default = has_default || otherwise.json;
        result = value.json ? compile_choice(c, entry, value, depth, &control->selector, &end)
                            : compile_own_block(c, entry, depth, &control->otherwise);
        entry = outline_next(&c->outline, on, entry, i);
    }
    return result;
}

static int compile_control(struct compiler *c, struct place statement, unsigned depth,
                           struct control *control)
{
    struct place on = outline_member(&c->outline, statement, "on");
    int result =
        compile_selector(c, outline_member(&c->outline, statement, "switch"), &control->selector);

    if (result)
        return result;
    if (!on.json)
        return compiler_refuse(c, statement, "the switch has no \"on\"");
    if (!json_is_array(on.json))
        return compiler_refuse(c, on, "\"on\" is a list of cases");
    return compile_entries(c, on, depth, control);
}

static int compile_statement(struct compiler *c, struct place value, unsigned depth,
                             struct statement *s)
{
    struct arena *arena = &c->template->arena;
    bool is_mapping = json_object_get(value.json, "asset");
    bool is_control = json_object_get(value.json, "switch");

    if (!json_is_object(value.json))
        return compiler_refuse(c, value, "a statement is an object with \"asset\" or \"switch\"");
    if (is_mapping == is_control)
        return compiler_refuse(c, value, "a statement has either \"asset\" or \"switch\"");
    if (is_mapping) {
        s->mapping = arena_alloc(arena, sizeof(*s->mapping));
        return s->mapping ? compile_mapping(c, value, s->mapping) : -ENOMEM;
    }
    s->control = arena_alloc(arena, sizeof(*s->control));
    return s->control ? compile_control(c, value, depth, s->control) : -ENOMEM;
}

static int add_statement(struct compiler *c, struct place value, unsigned depth,
                         struct statement ***end)
{
    struct statement *s = arena_alloc(&c->template->arena, sizeof(*s));

    if (!s)
        return -ENOMEM;
    **end = s;
    *end = &s->next;
    return compile_statement(c, value, depth, s);
}

static int compile_block(struct compiler *c, struct place block, unsigned depth,
                         struct statement ***end)
{
    struct place element = outline_first(&c->outline, block);
    int result = 0;

    if (!json_is_array(block.json))
        return compiler_refuse(c, block, "a block is a list of statements");
    if (depth == PROGRAM_DEPTH_MAX)
        return compiler_refuse(c, block, "blocks within blocks: more than %d", PROGRAM_DEPTH_MAX);
    for (size_t i = 1; result == 0 && element.json; i++) {
        result = json_is_array(element.json) ? compile_block(c, element, depth + 1, end)
                                             : add_statement(c, element, depth + 1, end);
        element = outline_next(&c->outline, block, element, i);
    }
    return result;
}

int compile_template(struct compiler *c, struct place root)
{
    struct place sense = outline_member(&c->outline, root, "sense");
    struct statement **end = &c->template->block;

    if (!json_is_object(root.json))
        return compiler_refuse(c, root, "a template is a JSON object");
    if (!sense.json)
        return compiler_refuse(c, root, "the template has no \"sense\"");
    return compile_block(c, sense, 0, &end);
}
