/*
 * A doubly linked list through nodes that live inside their owners. One thread. A node is in one
 * list or in none; a node of zeros is in none.
 */
#ifndef SIMGATE_BASE_LIST_H
#define SIMGATE_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list_node {
    struct list_node *previous;
    struct list_node *next;
};

/* The list is a ring through its head. */
struct list {
    struct list_node head;
};

static inline void list_init(struct list *l)
{
    l->head.previous = l->head.next = &l->head;
}

static inline bool list_is_empty(const struct list *l)
{
    return l->head.next == &l->head;
}

/* Whether the node is in a list. */
static inline bool list_has(const struct list_node *n)
{
    return n->next != NULL;
}

static inline void list_append(struct list *l, struct list_node *n)
{
    n->previous = l->head.previous;
    n->next = &l->head;
    n->previous->next = n;
    l->head.previous = n;
}

/* Accepts a node that is in no list. */
static inline void list_remove(struct list_node *n)
{
    if (!list_has(n))
        return;
    n->previous->next = n->next;
    n->next->previous = n->previous;
    n->previous = n->next = NULL;
}

/* The oldest node, or NULL. */
static inline struct list_node *list_first(const struct list *l)
{
    return list_is_empty(l) ? NULL : l->head.next;
}

#define container_of(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#endif
