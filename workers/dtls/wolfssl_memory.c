/*
 * The memory of our build of wolfSSL (XMALLOC_OVERRIDE). Of the objects that a handshake allocates,
 * an association keeps a few, and on the C library's heap these lie between the holes that the
 * others left: each took twice its bytes, and when they were frozen hardly a page could go back to
 * the system. Here objects of one size share chunks, so that what one association gives back is
 * what the next one needs, and a chunk whose objects are all gone is unmapped.
 *
 * Any thread. wolfSSL gives no context, so that the pool has to be the thread's. What another
 * thread frees comes back to its pool by a stack without locks, when the pool runs out; so a pool
 * outlives its thread.
 */
#include "base/pages.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <wolfssl/options.h>

#ifdef SIMGATE_WOLFSSL /* not where wolfSSL is the system's */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LEAVE_TO_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LEAVE_TO_SANITIZER
#endif
#endif

#ifdef LEAVE_TO_SANITIZER /* which looks at each object by itself */
void *simgate_wolfssl_allocate(size_t size)
{
    return malloc(size);
}

void *simgate_wolfssl_reallocate(void *object, size_t size)
{
    return realloc(object, size);
}

void simgate_wolfssl_free(void *object)
{
    free(object);
}

size_t simgate_wolfssl_in_use(void)
{
    return 0;
}
#else

#define CHUNK  ((size_t)256 << 10) /* bytes, and alignment */
#define STEP   32                  /* of sizes, and alignment of objects */
#define SIZES  128                 /* what is larger has a chunk of its own */
#define HEADER 64
#define PAGE   4096
#define STRIDE ((size_t)32 << 10) /* bytes of a chunk that are asked of the system at a time */

struct object {
    struct object *next; /* while it is free */
};

struct chunk {
    struct pool *pool;             /* NULL: it is one large object */
    struct chunk *next, *previous; /* of this size, those with room */
    struct object *free;
    size_t size;  /* of its objects; of a large one the bytes that are mapped */
    size_t fresh; /* offset of the first object that was never used */
    size_t ready; /* offset up to which the system was asked for pages */
    uint32_t used;
};

_Static_assert(sizeof(struct chunk) <= HEADER, "objects are behind the header");

struct pool {
    struct chunk *with_room[SIZES + 1];
    size_t in_use;                     /* bytes of the objects that are out */
    _Atomic(struct object *) returned; /* by other threads */
};

static __thread struct pool *pool;

static struct chunk *chunk_of(const void *object)
{
    return (struct chunk *)((uintptr_t)object & ~(CHUNK - 1));
}

static void *map_aligned(size_t bytes)
{
    uint8_t *pages =
        mmap(NULL, bytes + CHUNK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (pages == MAP_FAILED)
        return NULL;
    before = -(uintptr_t)pages & (CHUNK - 1);
    if (before)
        munmap(pages, before);
    munmap(pages + before + bytes, CHUNK - before);
    return pages + before;
}

static void link_chunk(struct chunk *c)
{
    struct chunk **first = &c->pool->with_room[c->size / STEP];

    c->previous = NULL;
    c->next = *first;
    if (c->next)
        c->next->previous = c;
    *first = c;
}

static void unlink_chunk(struct chunk *c)
{
    if (c->previous)
        c->previous->next = c->next;
    else
        c->pool->with_room[c->size / STEP] = c->next;
    if (c->next)
        c->next->previous = c->previous;
}

static bool is_full(const struct chunk *c)
{
    return !c->free && c->fresh + c->size > CHUNK;
}

static void give_back(void *memory)
{
    struct chunk *c = chunk_of(memory);
    struct object *object = memory;

    if (is_full(c))
        link_chunk(c);
    object->next = c->free;
    c->free = object;
    c->pool->in_use -= c->size;
    c->used--;
    if (c->used || (!c->next && !c->previous)) /* the last one stays, for the next object */
        return;
    unlink_chunk(c);
    munmap(c, CHUNK);
}

static void take_back_returned(void)
{
    struct object *object = atomic_exchange(&pool->returned, NULL);

    while (object) {
        struct object *next = object->next;

        give_back(object);
        object = next;
    }
}

static struct chunk *open_chunk(size_t size)
{
    struct chunk *c = map_aligned(CHUNK);

    if (!c)
        return NULL;
    *c = (struct chunk){.pool = pool, .size = size, .fresh = HEADER};
    link_chunk(c);
    return c;
}

static struct chunk *find_chunk(size_t size)
{
    if (!pool)
        pool = pages_map(sizeof(*pool));
    if (!pool)
        return NULL;
    if (!pool->with_room[size / STEP])
        take_back_returned();
    return pool->with_room[size / STEP] ? pool->with_room[size / STEP] : open_chunk(size);
}

static void *allocate_large(size_t size)
{
    size_t mapped = (HEADER + size + PAGE - 1) / PAGE * PAGE;
    struct chunk *c = size < PTRDIFF_MAX - 2 * CHUNK ? map_aligned(mapped) : NULL;

    if (!c)
        return NULL;
    *c = (struct chunk){.size = mapped};
    return (uint8_t *)c + HEADER;
}

/* The next object that was never used. Its page would be faulted in, as those behind it would one
 * after the other, each for the price of some of these requests. Without the kernel's help (before
 * Linux 5.14) that is what happens. */
static struct object *take_fresh(struct chunk *c)
{
    struct object *object = (struct object *)((uint8_t *)c + c->fresh);

    c->fresh += c->size;
#ifdef MADV_POPULATE_WRITE
    if (c->fresh > c->ready) {
        madvise((uint8_t *)c + c->ready, STRIDE, MADV_POPULATE_WRITE);
        c->ready += STRIDE;
    }
#endif
    return object;
}

void *simgate_wolfssl_allocate(size_t size)
{
    size_t rounded = size ? (size + STEP - 1) / STEP * STEP : STEP;
    struct object *object;
    struct chunk *c;

    if (size > SIZES * STEP)
        return allocate_large(size);
    c = find_chunk(rounded);
    if (!c)
        return NULL;
    object = c->free;
    if (object)
        c->free = object->next;
    else
        object = take_fresh(c);
    pool->in_use += rounded;
    c->used++;
    if (is_full(c))
        unlink_chunk(c);
    return object;
}

void simgate_wolfssl_free(void *memory)
{
    struct object *object = memory;
    struct chunk *c = chunk_of(memory);

    if (!memory)
        return;
    if (!c->pool) {
        munmap(c, c->size);
    } else if (c->pool == pool) {
        give_back(memory);
    } else {
        object->next = atomic_load(&c->pool->returned);
        while (!atomic_compare_exchange_weak(&c->pool->returned, &object->next, object))
            ;
    }
}

void *simgate_wolfssl_reallocate(void *memory, size_t size)
{
    void *larger = simgate_wolfssl_allocate(size);
    size_t room;

    if (!memory || !larger)
        return larger;
    room = chunk_of(memory)->pool ? chunk_of(memory)->size : chunk_of(memory)->size - HEADER;
    memcpy(larger, memory, room < size ? room : size);
    simgate_wolfssl_free(memory);
    return larger;
}

size_t simgate_wolfssl_in_use(void)
{
    return pool ? pool->in_use : 0;
}

#endif
#endif
