/*
 * The random numbers of our build of wolfSSL (CUSTOM_RAND_GENERATE_BLOCK). wolfSSL asks for a few
 * bytes for each session and record, and gives no context, so that the pool they come from has to
 * be the thread's. Filled by getrandom(2), and wiped as it is used: what was given out is not here
 * any more. Any thread.
 */
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <wolfssl/options.h>

#ifdef CUSTOM_RAND_GENERATE_BLOCK /* not where wolfSSL is the system's */

#define POOL_SIZE 4096

struct random_pool {
    unsigned int left; /* bytes at the end that were not given out */
    unsigned char bytes[POOL_SIZE];
};

static __thread struct random_pool pool;

static int fill(unsigned char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t got = getrandom(bytes, length, 0);

        if (got < 0 && errno != EINTR)
            return -1;
        if (got > 0) {
            bytes += got;
            length -= (size_t)got;
        }
    }
    return 0;
}

int simgate_wolfssl_random(unsigned char *output, unsigned int length)
{
    unsigned char *from;

    if (length > POOL_SIZE)
        return fill(output, length);
    if (pool.left < length) {
        if (fill(pool.bytes, POOL_SIZE) != 0)
            return -1;
        pool.left = POOL_SIZE;
    }
    from = pool.bytes + POOL_SIZE - pool.left;
    memcpy(output, from, length);
    explicit_bzero(from, length);
    pool.left -= length;
    return 0;
}

#endif
