#include "base/pages.h"

#include <sys/mman.h>

#define HUGE_PAGE (2u << 20)

void *pages_map(size_t bytes)
{
    void *pages = mmap(NULL, bytes ? bytes : 1, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (pages == MAP_FAILED)
        return NULL;
    /* Look-ups are random: with small pages most of them would miss the TLB as well. A refusal is
     * fine. */
    if (bytes >= HUGE_PAGE)
        madvise(pages, bytes, MADV_HUGEPAGE);
    return pages;
}

void pages_unmap(void *pages, size_t bytes)
{
    if (pages)
        munmap(pages, bytes ? bytes : 1);
}
