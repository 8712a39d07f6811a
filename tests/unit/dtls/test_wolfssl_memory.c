#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <wolfssl/options.h>

#ifdef SIMGATE_WOLFSSL

#define MANY  20000
#define SIZES 9000 /* also some that are large */

static size_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    size_t pages = 0;

    cr_assert_eq(fscanf(f, "%*u %zu", &pages), 1);
    fclose(f);
    return pages * 4096;
}

/* Each object is filled with a value of its own, which is still there when all are. */
Test(wolfssl_memory, objects_do_not_overlap)
{
    static uint8_t *objects[SIZES];

    for (int round = 0; round < 2; round++) {
        for (size_t size = 0; size < SIZES; size += 7) {
            objects[size] = simgate_wolfssl_allocate(size);
            cr_assert_not_null(objects[size]);
            cr_assert_eq((uintptr_t)objects[size] % 16, 0);
            memset(objects[size], (int)(size % 251), size);
        }
        for (size_t size = 0; size < SIZES; size += 7) {
            for (size_t i = 0; i < size; i++)
                cr_assert_eq(objects[size][i], size % 251);
            simgate_wolfssl_free(objects[size]);
        }
    }
    simgate_wolfssl_free(NULL);
}

Test(wolfssl_memory, keeps_what_fits_when_it_is_reallocated)
{
    static const size_t sizes[] = {1, 33, 32, 4096, 4097, 300000, 20};
    uint8_t *object = simgate_wolfssl_reallocate(NULL, 1);

    *object = 'x';
    for (size_t i = 1; i < sizeof(sizes) / sizeof(*sizes); i++) {
        object = simgate_wolfssl_reallocate(object, sizes[i]);
        cr_assert_eq(object[0], 'x');
        if (i > 1 && sizes[i] >= 32 && sizes[i - 1] >= 32)
            cr_assert_eq(object[19], 'y');
        object[19] = 'y';
        object[sizes[i] - 1] = 'z';
    }
    simgate_wolfssl_free(object);
}

static void *free_all(void *objects)
{
    for (int i = 0; i < MANY; i++)
        simgate_wolfssl_free(((void **)objects)[i]);
    return NULL;
}

static void take_all(void *objects[MANY], size_t size)
{
    for (int i = 0; i < MANY; i++) {
        objects[i] = simgate_wolfssl_allocate(size);
        memset(objects[i], 1, size);
    }
}

static void free_elsewhere(void *objects[MANY])
{
    pthread_t thread;

    cr_assert_eq(pthread_create(&thread, NULL, free_all, objects), 0);
    pthread_join(thread, NULL);
}

/* A sanitizer's memory is not ours, and nothing can be said about it. */
static bool is_ours(void)
{
    return simgate_wolfssl_in_use() > 0;
}

Test(wolfssl_memory, goes_back_to_the_system)
{
    static void *objects[MANY];
    size_t before = resident_bytes();
    bool ours;

    take_all(objects, 1000);
    ours = is_ours();
    cr_assert_gt(resident_bytes(), before + MANY * 1000);
    free_all(objects);
    cr_assert_eq(simgate_wolfssl_in_use(), 0);
    cr_assert(!ours || resident_bytes() < before + 2000000);
}

Test(wolfssl_memory, comes_back_from_other_threads)
{
    static void *objects[MANY];
    size_t before = resident_bytes();
    bool ours = false;

    for (int round = 0; round < 20; round++) {
        take_all(objects, 1000);
        ours = is_ours();
        free_elsewhere(objects);
    }
    cr_assert(!ours || resident_bytes() < before + 3 * MANY * 1000);
}

#endif
